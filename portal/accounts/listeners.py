"""Signing in and what it takes: Django, allauth and axes tell of it, the audit keeps it, and what follows is done here. No address and no
secret is kept, and of what a stranger types at the door only a keyed hash."""

from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.http import HttpRequest

from portal.audit.services import hashed, record

from . import access, limits, lockout
from .models import User

user_locked_out.connect(lockout.record_lock)

TOLD = {
    account.password_changed: "account.password_changed",
    account.password_set: "account.password_set",
    account.password_reset: "account.password_reset",
    account.email_added: "account.email_added",
    account.email_changed: "account.email_changed",
    account.email_removed: "account.email_removed",
    mfa.authenticator_removed: "account.mfa_removed",
    mfa.authenticator_reset: "account.mfa_reset",
}


def _note(signal: Any, user: User, authenticator: Any = None, **kwargs: Any) -> None:
    detail = {"type": authenticator.type} if authenticator is not None else {}
    record(TOLD[signal], user, actor=user, patient=user, **detail)


for each in TOLD:
    each.connect(_note, dispatch_uid="audit")


@receiver(post_save, sender=Authenticator)
def note_a_second_step(sender: type, instance: Authenticator, created: bool, **kwargs: Any) -> None:
    """allauth's own signal comes after the commit, when an event that can not be written would stop nothing any more."""
    if created:
        record("account.mfa_added", instance.user, actor=instance.user, patient=instance.user, type=instance.type)


@receiver(account.email_confirmed)
def note_a_confirmed_address(sender: Any, email_address: Any, **kwargs: Any) -> None:
    record("account.email_confirmed", email_address.user, actor=email_address.user, patient=email_address.user)


@receiver(user_logged_in)
def note_a_sign_in(sender: Any, user: User, **kwargs: Any) -> None:
    record("account.signed_in", user, actor=user, patient=user)


@receiver(user_logged_out)
def note_a_sign_out(sender: Any, user: User | None, **kwargs: Any) -> None:
    if user is not None:
        record("account.signed_out", user, actor=user, patient=user)


@receiver(user_login_failed)
def note_a_failure(sender: Any, credentials: dict[str, Any], **kwargs: Any) -> None:
    """`patient` is whose account was tried, where there is one. Looked for either way, so that the time it takes tells nothing."""
    typed = str(credentials.get("email") or credentials.get("username") or "")
    user = User.objects.filter(email=typed.strip().lower()).first()
    record("account.sign_in_failed", user or User(), patient=user, typed=hashed(typed))


@receiver(mfa.authentication_failed)
def note_a_wrong_code(sender: Any, user: User, authenticator: Any = None, **kwargs: Any) -> None:
    record("account.mfa_failed", user, patient=user, type=getattr(authenticator, "type", ""))


@receiver(mfa.authenticator_added)
def end_sessions_without_it(sender: Any, request: HttpRequest, user: Any, authenticator: Any, **kwargs: Any) -> None:
    """Other browsers and programs signed in with a password alone: they come back with the factor."""
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        access.sign_out_everywhere(user=user, keep=request.session.session_key)


@receiver(user_logged_in)
def begin_session(sender: Any, request: HttpRequest, **kwargs: Any) -> None:
    if hasattr(request, "session"):
        limits.begin(request.session)
