"""A practitioner's own flag: how soon a scan should be read, whatever the rule says."""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.audit.services import record

from . import targets
from .errors import ReviewError
from .models import Review, UrgencyFlag
from .readers import require_reader


def flag(*, review: Review, practitioner: Any, urgency: int, reason: str) -> Review:
    """Raise or lower the urgency of an open review. It is due anew from when it was asked for. Raises ReviewError."""
    require_reader(review, practitioner)
    reason = " ".join(reason.split())
    if urgency not in Review.Urgency.values:
        raise ReviewError("unknown_choice", _("Choose urgent, soon or routine."))
    if not 3 <= len(reason) <= 200:
        raise ReviewError("reason_required", _("Say why, in 3 to 200 characters: the next reader sees it."))
    with transaction.atomic():
        review = Review.objects.select_for_update().get(pk=review.pk)
        if not review.is_open:
            raise ReviewError("not_open", _("This review is not open any more."))
        old, review.urgency = review.urgency, urgency
        review.due_at = review.asked_at + targets.of(review)
        review.save(update_fields=["urgency", "due_at"])
        values = {"practitioner": practitioner, "urgency": urgency, "reason": reason, "set_at": timezone.now()}
        UrgencyFlag.objects.update_or_create(review=review, defaults=values)
        record("review.flagged", review, actor=practitioner, patient=review.patient, old=old, new=urgency, reason=reason)
    return review
