"""What the start page, which lies in a room below, shows of the worklist."""

from typing import Any

from django import template

from portal.reviews.models import CriticalNotice, Review

register = template.Library()


@register.simple_tag
def queue_counts(user: Any) -> dict[str, int]:
    """How many scans are open, how many of them are late, and how many this practitioner holds."""
    queue = Review.objects.queue_of(user)
    return {
        "open": queue.filter(status__in=[Review.Status.WAITING, Review.Status.CLAIMED]).count(),
        "mine": queue.filter(practitioner=user, status=Review.Status.CLAIMED).count(),
        "overdue": queue.overdue().count(),
        "signed": queue.filter(practitioner=user, status=Review.Status.SIGNED).count(),
    }


@register.simple_tag
def patients_to_tell(user: Any) -> int:
    """How many patients have not been told of a critical finding, as far as it is this person's to do."""
    return CriticalNotice.objects.visible_to(user).open().count()
