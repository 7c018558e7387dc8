"""What follows from news of the libraries that sign people in."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed
from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from portal.audit.services import record

from . import access, limits, lockout

user_locked_out.connect(lockout.record_lock)


@receiver(authenticator_added)
def end_sessions_without_it(sender: Any, request: HttpRequest, user: Any, authenticator: Any, **kwargs: Any) -> None:
    """Other browsers and programs signed in with a password alone: they come back with the factor."""
    record("account.factor_added", user, actor=user, patient=user, kind=authenticator.type)
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        access.sign_out_everywhere(user=user, keep=request.session.session_key)


@receiver(authenticator_removed)
def record_removal(sender: Any, request: HttpRequest, user: Any, authenticator: Any, **kwargs: Any) -> None:
    record("account.factor_removed", user, actor=user, patient=user, kind=authenticator.type)


@receiver(user_logged_in)
def begin_session(sender: Any, request: HttpRequest, **kwargs: Any) -> None:
    if hasattr(request, "session"):
        limits.begin(request.session)
