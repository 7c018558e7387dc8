"""Telling that scans are overdue: once for each review."""

from django.db import transaction
from django.utils import timezone

from portal.audit.services import record_many

from .models import Review
from .signals import reviews_overdue

AT_ONCE = 500


def tell_overdue() -> int:
    """Send the news of what fell due since the last time. Returns how many that were."""
    with transaction.atomic():
        untold = Review.objects.overdue().filter(overdue_told_at__isnull=True).order_by("due_at", "id")
        late = list(untold.select_for_update(skip_locked=True, of=("self",)).select_related("patient")[:AT_ONCE])
        if late:
            Review.objects.filter(pk__in=[review.pk for review in late]).update(overdue_told_at=timezone.now())
            record_many("review.overdue", late, patients=[review.patient for review in late])
            reviews_overdue.send(Review, reviews=late)
    return len(late)
