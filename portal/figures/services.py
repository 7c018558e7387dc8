"""Counting, in the background, and what was counted last."""

from django.utils import timezone

from .live import settled, weekly
from .models import Counted
from .readers import pairs, signed, turnarounds


def count() -> Counted:
    """Everything, now; in five queries, however many readers and models there are. Not kept."""
    now = timezone.now()
    return Counted(pk=1, counted_at=now, signed=signed(), pairs=pairs(), turnarounds=turnarounds(), settled=settled(), weeks=weekly())


def keep() -> None:
    """Count, for everybody who looks from now on."""
    count().save()


def counted() -> Counted:
    """What was counted last; where nothing is kept yet, now."""
    return Counted.objects.first() or count()
