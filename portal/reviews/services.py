"""Every step of a second opinion. Each one locks or compares the row, writes the audit and sends its news in one transaction."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from portal.analyses.models import Analysis
from portal.audit.services import record, record_many

from .models import Addendum, Opinion, Review, finding_choices
from .signals import addendum_added, claim_expired, review_declined, review_signed, reviews_opened
from .urgency import TARGET, urgency_of


class ReviewError(Exception):
    """A step that is not possible now. `code` is for programs, `message` for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def open_reviews(analyses: Sequence[Analysis]) -> None:
    """Put answered analyses into the queue, each once."""
    there = set(Review.objects.filter(analysis__in=analyses).values_list("analysis", flat=True)) if analyses else set()
    reviews = [_opened(analysis) for analysis in analyses if analysis.pk not in there]
    if reviews:
        Review.objects.bulk_create(reviews)
        details = [{"urgency": review.urgency} for review in reviews]
        record_many("review.opened", reviews, patients=[review.patient for review in reviews], details=details)
        reviews_opened.send(Review, reviews=reviews)


def _opened(analysis: Analysis) -> Review:
    urgency = urgency_of(analysis)
    return Review(analysis=analysis, patient=analysis.patient, urgency=urgency, due_at=timezone.now() + TARGET[urgency])


def claim(*, review: Review, practitioner: Any) -> Review:
    """Take a review for 30 minutes. Of two who try, one wins and the other is told. Raises ReviewError."""
    _require_reader(review, practitioner)
    now = timezone.now()
    earlier = Opinion.objects.filter(review=review, practitioner=practitioner, stage=Opinion.Stage.INDEPENDENT).first()
    with transaction.atomic():
        mine = Q(status=Review.Status.CLAIMED, practitioner=practitioner)
        free = Q(status=Review.Status.WAITING) | Q(status=Review.Status.CLAIMED, claim_expires_at__lte=now)
        taken = Review.objects.filter(mine | free, pk=review.pk).update(
            status=Review.Status.CLAIMED,
            practitioner=practitioner,
            claimed_at=now,
            claim_expires_at=_expiry(),
            revealed_at=now if earlier else None,
        )
        if taken:
            record("review.claimed", review, actor=practitioner, patient=review.patient)
    review.refresh_from_db()
    if not taken:
        if review.status == Review.Status.CLAIMED:
            raise ReviewError("already_claimed", f"{review.practitioner} is reading this scan already.")
        raise ReviewError("not_open", "This review is not open any more.")
    return review


def release(*, review: Review, practitioner: Any) -> Review:
    """Give a claimed review back to the queue; a reading that was kept stays with the one who made it."""
    with transaction.atomic():
        review = _held(review, practitioner)
        _back_to_queue(review)
        record("review.released", review, actor=practitioner, patient=review.patient)
    return review


def release_expired() -> int:
    """Give back every claim that has run out; its practitioner is told."""
    count = 0
    for pk in Review.objects.filter(status=Review.Status.CLAIMED, claim_expires_at__lte=timezone.now()).values_list("pk", flat=True):
        with transaction.atomic():
            review = Review.objects.select_for_update().get(pk=pk)
            if review.status != Review.Status.CLAIMED or not review.is_claimable:
                continue
            practitioner = review.practitioner
            _back_to_queue(review)
            record("review.claim_expired", review, patient=review.patient)
            claim_expired.send(Review, review=review, practitioner=practitioner)
            count += 1
    return count


def record_reading(*, review: Review, practitioner: Any, finding: str, confidence: str, recommendation: str, notes: str = "") -> Opinion:
    """Keep the independent reading, once; only then is the model's answer revealed. Raises ReviewError."""
    with transaction.atomic():
        review = _held(review, practitioner)
        opinion = _keep(review, practitioner, Opinion.Stage.INDEPENDENT, finding, confidence, recommendation, notes)
        review.revealed_at, review.claim_expires_at = timezone.now(), _expiry()
        review.save(update_fields=["revealed_at", "claim_expires_at"])
        record("review.read", review, actor=practitioner, patient=review.patient)
    return opinion


def sign(
    *,
    review: Review,
    practitioner: Any,
    finding: str,
    confidence: str,
    recommendation: str,
    notes: str = "",
    change_reason: str = "",
) -> Opinion:
    """Sign the final opinion: the report becomes final and can not be changed, only added to. Raises ReviewError."""
    with transaction.atomic():
        review = _held(review, practitioner)
        independent = review.independent
        if independent is None or review.revealed_at is None:
            raise ReviewError("read_first", "Record your own reading first; the model's answer is shown after that.")
        if finding != independent.finding and not change_reason.strip():
            raise ReviewError("reason_required", "You changed your finding after seeing the model's answer. Say why.")
        reason = change_reason if finding != independent.finding else ""
        opinion = _keep(review, practitioner, Opinion.Stage.FINAL, finding, confidence, recommendation, notes, reason)
        review.status, review.signed_at = Review.Status.SIGNED, timezone.now()
        review.save(update_fields=["status", "signed_at"])
        record("review.signed", review, actor=practitioner, patient=review.patient, changed=finding != independent.finding)
        review_signed.send(Review, review=review)
    return opinion


def add_addendum(*, review: Review, practitioner: Any, text: str) -> Addendum:
    """Add to one's own signed opinion. Raises ReviewError."""
    if review.status != Review.Status.SIGNED or review.practitioner_id != practitioner.pk or not practitioner.is_verified_practitioner:
        raise ReviewError("not_signed_by_you", "Only the practitioner who signed an opinion adds to it.")
    if not text.strip():
        raise ReviewError("empty", "Write what you want to add.")
    with transaction.atomic():
        addendum = Addendum.objects.create(review=review, author=practitioner, text=text.strip())
        record("review.addendum", review, actor=practitioner, patient=review.patient)
        addendum_added.send(Review, review=review, addendum=addendum)
    return addendum


def decline(*, review: Review, patient: Any) -> Review:
    """The patient does not want a practitioner to read the scan. Not after it was signed. Raises ReviewError."""
    if review.patient_id != patient.pk:
        raise ReviewError("not_yours", "Only the patient can decline the reading.")
    with transaction.atomic():
        review = Review.objects.select_for_update().get(pk=review.pk)
        if not review.is_open:
            raise ReviewError("not_open", "A practitioner has answered already, or you have declined before.")
        practitioner = review.practitioner
        review.practitioner = review.revealed_at = review.claimed_at = review.claim_expires_at = None
        review.status = Review.Status.DECLINED
        review.save()
        record("review.declined", review, actor=patient, patient=patient)
        review_declined.send(Review, review=review, practitioner=practitioner)
    return review


def _expiry():  # type: ignore[no-untyped-def]
    return timezone.now() + timedelta(minutes=settings.REVIEW_CLAIM_MINUTES)


def _require_reader(review: Review, practitioner: Any) -> None:
    if not practitioner.is_verified_practitioner:
        raise ReviewError("not_verified", "Only a verified practitioner reads scans.")
    if review.patient_id == practitioner.pk:
        raise ReviewError("own_scan", "Nobody reviews their own scan.")


def _held(review: Review, practitioner: Any) -> Review:
    """The locked row, held by this practitioner. Raises ReviewError."""
    _require_reader(review, practitioner)
    review = Review.objects.select_for_update().get(pk=review.pk)
    if review.status == Review.Status.SIGNED:
        raise ReviewError("already_signed", "A signed opinion can not be changed. Add an addendum.")
    if review.status != Review.Status.CLAIMED or review.practitioner_id != practitioner.pk:
        raise ReviewError("not_claimed", "You do not hold this review: your claim may have run out. Claim it again; your reading is kept.")
    return review


def _back_to_queue(review: Review) -> None:
    review.status = Review.Status.WAITING
    review.practitioner = review.claimed_at = review.claim_expires_at = review.revealed_at = None
    review.save()


def _keep(
    review: Review,
    practitioner: Any,
    stage: str,
    finding: str,
    confidence: str,
    recommendation: str,
    notes: str,
    change_reason: str = "",
) -> Opinion:
    for value, allowed in (
        (finding, finding_choices(review.analysis)),
        (confidence, Opinion.Confidence.values),
        (recommendation, Opinion.Recommendation.values),
    ):
        if value not in allowed:
            raise ReviewError("unknown_choice", f"'{value}' is not one of: {', '.join(allowed)}.")
    try:
        with transaction.atomic():
            return Opinion.objects.create(
                review=review,
                practitioner=practitioner,
                stage=stage,
                finding=finding,
                confidence=confidence,
                recommendation=recommendation,
                notes=notes.strip(),
                change_reason=change_reason.strip(),
            )
    except IntegrityError as error:
        raise ReviewError("already_read", "Your reading is kept already; it is not changed after the model's answer was shown.") from error
