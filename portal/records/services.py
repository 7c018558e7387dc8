"""Leaving: what is asked for, called off, and set by administrators. Carrying it out is erasure.py's."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.access import sign_out_everywhere
from portal.accounts.models import Role, User
from portal.audit.services import record
from portal.notifications.models import Notification
from portal.notifications.services import notify

from .models import Erasure, RetentionPolicy


class ClosingRefused(Exception):
    """The account can not be closed now."""

    code = "last_administrator"

    @property
    def message(self) -> str:
        return _("You are the only administrator: without one nobody looks after the portal. Make somebody else one first.")


@transaction.atomic
def set_policy(*, by: Any, **changes: Any) -> RetentionPolicy:
    """From now on; what people asked for before happens as they were told."""
    policy = RetentionPolicy.current()
    old = {name: getattr(policy, name) for name in changes}
    for name, value in changes.items():
        setattr(policy, name, value)
    policy.full_clean(validate_unique=False)
    policy.save()
    record("retention.set", policy, actor=by, old=old, new=changes)
    return policy


def ask_to_close(*, user: User) -> Erasure:
    """Close the account after the days of grace; until then signing in calls it off. Asking twice changes nothing.

    Everybody who is signed in as this person is signed out: whoever comes back in wants to stay. Raises ClosingRefused.
    """
    administrators = User.objects.filter(role=Role.ADMINISTRATOR, is_active=True)
    with transaction.atomic():
        # locked, so that the last two do not leave in the same moment
        others = [pk for pk in administrators.select_for_update().values_list("pk", flat=True) if pk != user.pk]
        leaving = Erasure.objects.open().filter(kind=Erasure.Kind.ACCOUNT, user__in=others).count()
        if user.is_administrator and len(others) <= leaving:
            raise ClosingRefused
        policy = RetentionPolicy.current()
        years = 0 if policy.erases_on_closing else policy.keep_years
        erasure, created = Erasure.objects.open().get_or_create(
            user=user, kind=Erasure.Kind.ACCOUNT, defaults={"due_at": _after_grace(policy), "keep_years": years}
        )
        if created:
            record("account.closing_asked", user, actor=user, patient=user, due=erasure.due_at, keep_years=years)
            notify(user=user, kind=Notification.Kind.CLOSING, subject_id=erasure.pk, url=reverse("records:index"))
        sign_out_everywhere(user=user)
    return erasure


def keep_account(*, user: User) -> bool:
    """Call the closing off, unless it has started. True when there was one."""
    with transaction.atomic():
        called_off = _call_off(user, Erasure.Kind.ACCOUNT)
        if called_off:
            record("account.closing_cancelled", user, actor=user, patient=user)
    return called_off


def ask_to_erase_record(*, user: User) -> Erasure:
    """Erase scans, answers and opinions after the days of grace; until then agreeing again calls it off."""
    erasure, created = Erasure.objects.open().get_or_create(
        user=user, kind=Erasure.Kind.RECORD, defaults={"due_at": _after_grace(RetentionPolicy.current())}
    )
    if created:
        record("record.erasure_asked", user, actor=user, patient=user, due=erasure.due_at)
    return erasure


def keep_record(*, user: User) -> None:
    if _call_off(user, Erasure.Kind.RECORD):
        record("record.erasure_cancelled", user, actor=user, patient=user)


def _after_grace(policy: RetentionPolicy) -> Any:
    return timezone.now() + timedelta(days=policy.grace_days)


def _call_off(user: User, kind: str) -> bool:
    return bool(Erasure.objects.open().filter(user=user, kind=kind, started_at__isnull=True).update(cancelled_at=timezone.now()))
