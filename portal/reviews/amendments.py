"""Amending a signed answer: a new version beside the old ones, never instead of them."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from portal.audit.services import record

from . import critical
from .errors import ReviewError
from .models import Opinion, Review
from .readers import require_reader
from .services import keep
from .signals import opinion_amended


def amend(*, review: Review, practitioner: Any, reason: str, **reading: Any) -> Opinion:
    """Sign the next version of one's answer, with the reason; the newest counts, all stay visible. `reading` is what `services.sign` takes
    (finding, confidence, recommendation, urgency, details, measurements, notes). Raises ReviewError."""
    require_reader(review, practitioner)
    with transaction.atomic():
        review = Review.objects.select_for_update().get(pk=review.pk)
        if review.status != Review.Status.SIGNED or review.practitioner_id != practitioner.pk:
            raise ReviewError("not_signed_by_you", _("Only the practitioner whose opinion is the answer amends it."))
        if not reason.strip():
            raise ReviewError("reason_required", _("Say why you amend your opinion: the patient reads it."))
        latest = review.final
        assert latest is not None  # noqa: S101  (a signed case has a final opinion)
        reading["urgency"] = reading.get("urgency") or Opinion.usual_urgency(reading["recommendation"])
        if all((reading.get(name) or "") == (getattr(latest, name) or "") for name in Opinion.SAID):
            raise ReviewError("nothing_changed", _("Nothing differs from what you signed. To say more, add an addendum."))
        opinion = keep(
            review,
            practitioner,
            Opinion.Stage.FINAL,
            version=latest.version + 1,
            role=latest.role,
            change_reason=latest.change_reason,
            amend_reason=reason.strip(),
            **reading,
        )
        record("review.amended", review, actor=practitioner, patient=review.patient, version=opinion.version)
        if not critical.rules_for(review.analysis, latest):
            critical.open_if_critical(review, opinion)
        opinion_amended.send(Review, review=review, opinion=opinion)
    return opinion
