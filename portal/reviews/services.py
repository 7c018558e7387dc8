"""Every step of a second opinion. Each one locks or compares the row, writes the audit and sends its news in one transaction."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.analyses.models import Analysis
from portal.audit.services import record, record_many

from . import critical, policy, targets
from . import measurements as measurements_of
from .errors import ReviewError
from .models import Addendum, Draft, Opinion, Review, Role, finding_choices
from .readers import require_new_reader, require_reader
from .signals import addendum_added, claim_expired, reading_signed, review_declined, review_signed, reviews_opened
from .structured import DetailsRefused, checked
from .urgency import urgency_of


def open_reviews(analyses: Sequence[Analysis]) -> None:
    """Put answered analyses into the queue, each once."""
    there = set(Review.objects.filter(analysis__in=analyses).values_list("analysis", flat=True)) if analyses else set()
    known = targets.spans()
    reviews = [_opened(analysis, known) for analysis in analyses if analysis.pk not in there]
    if reviews:
        Review.objects.bulk_create(reviews)
        details = [{"urgency": review.urgency} for review in reviews]
        record_many("review.opened", reviews, patients=[review.patient for review in reviews], details=details)
        reviews_opened.send(Review, reviews=reviews)


def _opened(analysis: Analysis, known: dict[tuple[str, int], timedelta]) -> Review:
    urgency = urgency_of(analysis)
    now = timezone.now()
    due_at = now + targets.span_of(analysis.disease, urgency, known)
    return Review(analysis=analysis, patient=analysis.patient, urgency=urgency, asked_at=now, due_at=due_at)


def claim(*, review: Review, practitioner: Any) -> Review:
    """Take a review for REVIEW_CLAIM_MINUTES. Of two who try, one wins and the other is told: nobody reads a case twice. Raises
    ReviewError."""
    require_reader(review, practitioner)
    with transaction.atomic():
        review = Review.objects.select_for_update().get(pk=review.pk)
        mine = review.status == Review.Status.CLAIMED and review.practitioner_id == practitioner.pk
        if not (mine or review.is_claimable):
            if review.status == Review.Status.CLAIMED:
                raise ReviewError("already_claimed", _("{name} is reading this scan already.").format(name=review.practitioner))
            raise ReviewError("not_open", _("This review is not open any more."))
        require_new_reader(review, practitioner)
        now = timezone.now()
        earlier = Opinion.objects.filter(review=review, practitioner=practitioner, stage=Opinion.Stage.INDEPENDENT).exists()
        review.status, review.practitioner = Review.Status.CLAIMED, practitioner
        review.claimed_at, review.revealed_at = now, now if earlier else None
        kept = review.claim_expires_at if mine else None  # a case that was handed over is held for longer than a claim lasts
        review.claim_expires_at = max(claim_expiry(), kept) if kept else claim_expiry()
        review.save(update_fields=["status", "practitioner", "claimed_at", "claim_expires_at", "revealed_at"])
        record("review.claimed", review, actor=practitioner, patient=review.patient, role=review.role)
    return review


def release(*, review: Review, practitioner: Any) -> Review:
    """Give a claimed review back to the queue; a reading that was kept stays with the one who made it."""
    with transaction.atomic():
        review = held(review, practitioner)
        back_to_queue(review)
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
            back_to_queue(review)
            record("review.claim_expired", review, patient=review.patient)
            claim_expired.send(Review, review=review, practitioner=practitioner)
            count += 1
    return count


def record_reading(*, review: Review, practitioner: Any, **said: Any) -> Opinion:
    """Keep the independent reading, once; only then is the model's answer revealed. `said` is what `keep` takes. Raises ReviewError."""
    with transaction.atomic():
        review = held(review, practitioner)
        opinion = keep(review, practitioner, Opinion.Stage.INDEPENDENT, **said)
        Draft.objects.filter(review=review, practitioner=practitioner, stage=Opinion.Stage.INDEPENDENT).delete()
        review.revealed_at, review.claim_expires_at = timezone.now(), claim_expiry()
        review.save(update_fields=["revealed_at", "claim_expires_at"])
        record("review.read", review, actor=practitioner, patient=review.patient)
    return opinion


def sign(*, review: Review, practitioner: Any, finding: str, change_reason: str = "", **said: Any) -> Opinion:
    """Sign one's opinion. The case is settled by it, and the report final; or another practitioner reads it next (reviews.policy). What is
    signed is not changed, only added to or amended. Raises ReviewError."""
    with transaction.atomic():
        review = held(review, practitioner)
        independent = review.independent
        if independent is None or review.revealed_at is None:
            raise ReviewError("read_first", _("Record your own reading first; the model's answer is shown after that."))
        if finding != independent.finding and not change_reason.strip():
            raise ReviewError("reason_required", _("You changed your finding after seeing the model's answer. Say why."))
        reason = change_reason if finding != independent.finding else ""
        opinion = keep(review, practitioner, Opinion.Stage.FINAL, finding=finding, change_reason=reason, **said)
        Draft.objects.filter(review=review, practitioner=practitioner).delete()
        changed = finding != independent.finding
        record("review.signed", review, actor=practitioner, patient=review.patient, changed=changed, role=review.role)
        critical.open_if_critical(review, opinion)
        following = policy.next_role(review, opinion, independent)
        if following is None:
            _settle(review)
        else:
            _ask_another(review, following)
            reading_signed.send(Review, review=review, opinion=opinion)
    return opinion


def _settle(review: Review) -> None:
    """The patient has an answer: the practitioner of the case is now the one whose opinion it is."""
    review.practitioner = policy.answer(review).practitioner
    review.status, review.signed_at = Review.Status.SIGNED, timezone.now()
    review.revealed_at = review.revealed_at or review.signed_at  # nobody held it when a second reading was waived
    review.save(update_fields=["status", "practitioner", "signed_at", "revealed_at"])
    if review.role != Role.FIRST:
        record("review.settled", review, patient=review.patient, by=review.practitioner_id, role=review.role)
    review_signed.send(Review, review=review)


def _ask_another(review: Review, role: Role) -> None:
    """Back into the queue for the next reading, with a target of its own."""
    review.role, review.wanted_speciality = role, ""
    review.asked_at, review.overdue_told_at = timezone.now(), None
    review.due_at = review.asked_at + targets.of(review)
    back_to_queue(review)
    record("review.next_reading", review, patient=review.patient, role=role)
    reviews_opened.send(Review, reviews=[review])


def waive_second_reading(*, review: Review, by: Any) -> Review:
    """An administrator lets the first reading be the answer, where nobody else can read. Not while somebody holds it, and not where two
    readers disagree. Raises ReviewError."""
    if not by.is_administrator:
        raise ReviewError("not_administrator", _("Only an administrator lets one reading be enough."))
    with transaction.atomic():
        review = Review.objects.select_for_update().get(pk=review.pk)
        if review.role != Role.SECOND or not review.is_claimable:
            raise ReviewError("no_second_reading", _("No second reading waits here."))
        record("review.second_reading_waived", review, actor=by, patient=review.patient)
        _settle(review)
    return review


def add_addendum(*, review: Review, practitioner: Any, text: str) -> Addendum:
    """Add to one's own signed opinion. Raises ReviewError."""
    with transaction.atomic():
        review = Review.objects.select_for_update().get(pk=review.pk)
        if review.status != Review.Status.SIGNED or review.practitioner_id != practitioner.pk or not practitioner.is_verified_practitioner:
            raise ReviewError("not_signed_by_you", _("Only the practitioner who signed an opinion adds to it."))
        if not text.strip():
            raise ReviewError("empty", _("Write what you want to add."))
        addendum = Addendum.objects.create(review=review, author=practitioner, text=text.strip())
        record("review.addendum", review, actor=practitioner, patient=review.patient)
        addendum_added.send(Review, review=review, addendum=addendum)
    return addendum


def decline(*, review: Review, patient: Any) -> Review:
    """The patient does not want a practitioner to read the scan. Not after it was signed. Raises ReviewError."""
    if review.patient_id != patient.pk:
        raise ReviewError("not_yours", _("Only the patient can decline the reading."))
    with transaction.atomic():
        review = Review.objects.select_for_update().get(pk=review.pk)
        if not review.is_open or review.role != Role.FIRST:
            raise ReviewError("not_open", _("A practitioner has read it already, or you have declined before."))
        practitioner = review.practitioner
        review.practitioner = review.revealed_at = review.claimed_at = review.claim_expires_at = None
        review.status = Review.Status.DECLINED
        review.save()
        Draft.objects.filter(review=review).delete()
        record("review.declined", review, actor=patient, patient=patient)
        review_declined.send(Review, review=review, practitioner=practitioner)
    return review


def claim_expiry() -> datetime:
    return timezone.now() + timedelta(minutes=settings.REVIEW_CLAIM_MINUTES)


def held(review: Review, practitioner: Any) -> Review:
    """The locked row, held by this practitioner. Raises ReviewError."""
    require_reader(review, practitioner)
    review = Review.objects.select_for_update().get(pk=review.pk)
    if review.status == Review.Status.SIGNED:
        raise ReviewError("already_signed", _("A signed opinion can not be changed. Add an addendum."))
    if review.status != Review.Status.CLAIMED or review.practitioner_id != practitioner.pk:
        raise ReviewError(
            "not_claimed", _("You do not hold this review: your claim may have run out. Claim it again; your reading is kept.")
        )
    return review


def back_to_queue(review: Review) -> None:
    review.status = Review.Status.WAITING
    review.practitioner = review.claimed_at = review.claim_expires_at = review.revealed_at = None
    review.save()


def keep(
    review: Review,
    practitioner: Any,
    stage: str,
    *,
    finding: str,
    confidence: str,
    recommendation: str,
    urgency: str = "",
    details: Any = None,
    measurements: Any = None,
    notes: str = "",
    change_reason: str = "",
    role: str = "",
    **version: Any,
) -> Opinion:
    """Write an opinion in the caller's transaction; `role` is the case's unless an earlier one is amended. Where nobody says how soon, the
    recommendation's usual urgency counts. Raises ReviewError."""
    findings = finding_choices(review.analysis)
    usual = Opinion.usual_urgency(recommendation)
    for value, allowed in (
        (finding, findings),
        (confidence, Opinion.Confidence.values),
        (recommendation, Opinion.Recommendation.values),
        (urgency, ["", *Opinion.Urgency.values]),
    ):
        if value not in allowed:
            raise ReviewError(
                "unknown_choice", _("'{value}' is not one of: {codes}.").format(value=value, codes=", ".join(filter(None, allowed)))
            )
    if urgency and not usual:
        raise ReviewError(
            "nothing_to_do", _("Where nothing more is needed, nothing is urgent. Recommend something, or leave out how soon.")
        )
    try:
        kept = checked(disease=review.analysis.disease, finding=finding, finding_words=findings[finding], details=details or {})
    except DetailsRefused as refused:
        raise ReviewError(refused.code, refused.message) from refused
    try:
        measured = measurements_of.checked(review.analysis.scan, measurements)
    except measurements_of.MeasurementsRefused as refused:
        raise ReviewError(refused.code, refused.message) from refused
    try:
        with transaction.atomic():
            return Opinion.objects.create(
                review=review,
                practitioner=practitioner,
                stage=stage,
                role=role or review.role,
                finding=finding,
                confidence=confidence,
                recommendation=recommendation,
                urgency=urgency or usual,
                details=kept,
                measurements=measured,
                notes=notes.strip(),
                change_reason=change_reason.strip(),
                **version,
            )
    except IntegrityError as error:
        raise ReviewError(
            "already_read", _("Your reading is kept already; it is not changed after the model's answer was shown.")
        ) from error
