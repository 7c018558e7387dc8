"""What the start page, which lies in a room below, shows of the worklist."""

from datetime import timedelta
from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.reviews import urgency, worklist
from portal.reviews.models import CriticalNotice, Review

register = template.Library()


@register.simple_tag
def queue_counts(user: Any) -> dict[str, int]:
    """How many scans are open, how many of them are late, and how many this practitioner holds."""
    return worklist.counts(user, worklist.parts(user))


@register.simple_tag
def patients_to_tell(user: Any) -> int:
    """How many patients have not been told of a critical finding, as far as it is this person's to do."""
    return CriticalNotice.objects.visible_to(user).open().count()


@register.filter
def capped(count: int) -> str:
    """As people need to know it: 42, 999+."""
    return f"{worklist.CAP - 1}+" if count >= worklist.CAP else str(count)


@register.filter
def in_hours(span: timedelta) -> str:
    """A target: 6 h, 3 days."""
    hours = round(span.total_seconds() / 3600)
    if hours < 48 or hours % 24:
        return _("{hours} h").format(hours=hours)
    return ngettext("{days} day", "{days} days", hours // 24).format(days=hours // 24)


@register.filter
def because(review: Review, user: Any) -> str:
    """For a row of the list: what the model's answer adds is said to whom holds the review only, which needs no further query."""
    reasons = urgency.reasons_of(review, revealed=review.practitioner_id == user.pk and review.revealed_at is not None)
    return "; ".join(str(reason.words) for reason in reasons)
