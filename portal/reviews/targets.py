"""The service targets: in how many hours a scan of a disease and urgency should be read. An administrator sets them."""

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from portal.audit.services import record

from .errors import ReviewError
from .models import Review, ServiceTarget

# Where no row says otherwise, as for a disease that is new in the catalogue.
DEFAULT_HOURS = {Review.Urgency.URGENT: 2, Review.Urgency.SOON: 6, Review.Urgency.ROUTINE: 24}


def spans() -> dict[tuple[str, int], timedelta]:
    """Every target that is set."""
    rows = ServiceTarget.objects.values_list("disease", "urgency", "hours")
    return {(disease, urgency): timedelta(hours=hours) for disease, urgency, hours in rows}


def span_of(disease: str, urgency: int, known: dict[tuple[str, int], timedelta]) -> timedelta:
    return known.get((disease, urgency)) or timedelta(hours=DEFAULT_HOURS[Review.Urgency(urgency)])


def of(review: Review) -> timedelta:
    """The one in force for this review, as urgent as it is now."""
    return span_of(review.analysis.disease, review.urgency, spans())


def check(*, disease: str, urgency: int, hours: int) -> None:
    """Raises ReviewError for hours out of range, or that would let a less urgent scan of the disease be due before a more urgent one."""
    if not 1 <= hours <= 720:
        raise ReviewError("out_of_range", _("A target is between 1 and 720 hours."))
    others = {**{level.value: span for level, span in DEFAULT_HOURS.items()}}
    others |= dict(ServiceTarget.objects.filter(disease=disease).values_list("urgency", "hours"))
    if any((level < urgency and other > hours) or (level > urgency and other < hours) for level, other in others.items()):
        raise ReviewError("out_of_order", _("A more urgent scan can not have a longer target than a less urgent one of the same disease."))


def change(*, target: ServiceTarget, hours: int, by: Any) -> int:
    """Set a target. What is open moves with it, and what was signed keeps the time it was due at. Returns how many moved."""
    check(disease=target.disease, urgency=target.urgency, hours=hours)
    with transaction.atomic():
        old = ServiceTarget.objects.select_for_update().filter(pk=target.pk).values_list("hours", flat=True).first()
        target.hours = hours
        target.save()
        opened = Review.objects.open().filter(analysis__disease=target.disease, urgency=target.urgency)
        moved = opened.update(due_at=F("asked_at") + timedelta(hours=hours))
        record("service_target.changed", target, actor=by, old=old, new=hours, moved=moved)
    return int(moved)
