"""The practitioners' daily digest: for whom the hour has come, and what waits. Numbers only."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings

from portal.accounts.models import User, Verification
from portal.questions.models import Question
from portal.reviews.models import Review

from .models import Notification

CATCH_UP_HOURS = 3  # how much later than its hour a digest still goes out, when the portal was down


def due(now: datetime) -> Iterator[tuple[User, date]]:
    """Every verified practitioner whose hour has come and who was not told yet on this day of theirs, with that day."""
    readers = User.objects.filter(is_active=True, practitioner_profile__verification=Verification.VERIFIED)
    told = set(
        Notification.objects.filter(kind=Notification.Kind.DIGEST, subject_id__in=[day.isoformat() for day in _days(now)]).values_list(
            "user", "subject_id"
        )
    )
    for reader in readers.select_related("digest_time", "practitioner_profile").order_by("pk"):
        chosen = getattr(reader, "digest_time", None)
        hour, zone = (chosen.hour, chosen.time_zone) if chosen else (settings.DIGEST_HOUR, settings.TIME_ZONE)
        there = now.astimezone(ZoneInfo(zone))
        day = there.date()
        if hour <= there.hour < hour + CATCH_UP_HOURS and (reader.pk, day.isoformat()) not in told:
            yield reader, day


def _days(now: datetime) -> set[date]:
    """The dates that it is somewhere on Earth."""
    return {now.astimezone(ZoneInfo(zone)).date() for zone in ("Pacific/Kiritimati", "UTC", "Etc/GMT+12")}


def what_waits(user: Any) -> dict[str, int]:
    """For one practitioner."""
    queue = Review.objects.queue_of(user)
    return {
        "open": queue.filter(status__in=[Review.Status.WAITING, Review.Status.CLAIMED]).count(),
        "overdue": queue.overdue().count(),
        "yours": queue.filter(practitioner=user, status=Review.Status.CLAIMED).count(),
        "questions": Question.objects.to_answer(user).count(),
    }
