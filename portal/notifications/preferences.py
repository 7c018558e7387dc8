"""Where each person is told of each kind: what they chose, else the kind's rule; what is fixed stays on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import available_timezones

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from portal.audit.services import record

from .kinds import RULES, Rule, kinds_for
from .models import DigestTime, Notification, Preference

CHANNELS = ("portal", "email")


class PreferenceError(Exception):
    """A choice that can not be made. `code` is for programs, `message` for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


@dataclass(frozen=True)
class Choice:
    """Where one person is told of one kind."""

    kind: str
    portal: bool
    email: bool

    @property
    def rule(self) -> Rule:
        return RULES[self.kind]

    @property
    def words(self) -> str:
        return str(Notification.Kind(self.kind).label)

    @property
    def portal_is_fixed(self) -> bool:
        return "portal" in self.rule.fixed

    @property
    def email_is_fixed(self) -> bool:
        return "email" in self.rule.fixed


def _choice(kind: str, row: Preference | None) -> Choice:
    rule = RULES[kind]
    if row is None:
        return Choice(kind, rule.portal, rule.email)
    return Choice(kind, row.portal or "portal" in rule.fixed, row.email or "email" in rule.fixed)


def choices_of(user: Any) -> list[Choice]:
    """Every kind that concerns this person."""
    rows = {row.kind: row for row in Preference.objects.filter(user=user)}
    return [_choice(kind, rows.get(kind)) for kind in kinds_for(user)]


def choices_for(pairs: Iterable[tuple[int, str]]) -> dict[tuple[int, str], Choice]:
    """The choice of each (user, kind), in one query."""
    asked = set(pairs)
    found = Preference.objects.filter(user__in={user for user, _kind in asked}, kind__in={kind for _user, kind in asked})
    rows = {(row.user_id, row.kind): row for row in found}
    return {(user, kind): _choice(kind, rows.get((user, kind))) for user, kind in asked}


def choose(*, user: Any, choices: Mapping[str, Mapping[str, bool]], way: str = "settings") -> list[Choice]:
    """Keep what a person chose: {kind: {"portal": ..., "email": ...}}; what is not named stays. Raises PreferenceError.

    `way` says in the audit how they did it: on the page, by the API, or by the link in a mail.
    """
    with transaction.atomic():
        present = {choice.kind: choice for choice in choices_of(user)}
        for kind, wanted in choices.items():
            if kind not in present:
                raise PreferenceError("unknown_kind", _("'{kind}' is not one of: {kinds}.").format(kind=kind, kinds=", ".join(present)))
            before = present[kind]
            after = Choice(kind, wanted.get("portal", before.portal), wanted.get("email", before.email))
            if any(not getattr(after, channel) for channel in after.rule.fixed):
                words = _("'{kind}' can not be switched off there. {why}").format(kind=after.words, why=after.rule.why)
                raise PreferenceError("always_on", words)
            if after != before:
                row, _created = Preference.objects.update_or_create(
                    user=user, kind=kind, defaults={"portal": after.portal, "email": after.email}
                )
                detail = {"kind": kind, "portal": after.portal, "email": after.email, "way": way}
                record("notifications.chosen", row, actor=user, **detail)
    return choices_of(user)


def digest_time_of(user: Any) -> DigestTime:
    """What the practitioner chose, else the portal's own."""
    found = DigestTime.objects.filter(user=user).first()
    return found or DigestTime(user=user, hour=settings.DIGEST_HOUR, time_zone=settings.TIME_ZONE)


def time_zones() -> list[str]:
    """Places as people know them, and UTC."""
    return sorted(name for name in available_timezones() if name == "UTC" or ("/" in name and not name.startswith(("Etc/", "SystemV/"))))


@transaction.atomic
def choose_digest_time(*, user: Any, hour: int, time_zone: str) -> DigestTime:
    """Raises PreferenceError."""
    if not user.is_practitioner:
        raise PreferenceError("not_a_practitioner", _("Only practitioners get the daily digest."))
    if not 0 <= hour <= 23 or time_zone not in available_timezones():
        raise PreferenceError("unknown_time", _("Choose a full hour from 0 to 23, and a time zone such as Asia/Kolkata."))
    found, _created = DigestTime.objects.update_or_create(user=user, defaults={"hour": hour, "time_zone": time_zone})
    record("notifications.digest_time", found, actor=user, hour=hour, time_zone=time_zone)
    return found
