"""What a practitioner has typed and not kept yet. It belongs to them alone, outlives a reload, a sign-in and a claim that runs out, and is
gone when the reading is kept or signed, the patient declines, or nobody touched it for DRAFT_DAYS.

The audit says once that a draft was begun, and when it was thrown away; not every pause in typing.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.analyses.models import Analysis
from portal.audit.services import record

from . import measurements
from .errors import ReviewError
from .models import Draft, Opinion, Review, finding_choices
from .services import held
from .structured import known

LIMITS = {"finding": 32, "confidence": 10, "recommendation": 10, "urgency": 10, "notes": 4000, "change_reason": 1000}
Stage = Opinion.Stage


def typed(disease: str, said: Mapping[str, Any]) -> dict[str, Any]:
    """What of a half-filled form can be kept, in the shape of a reading, each part optional; what nobody could choose is left out.

    Without a disease (a template for all of them) there is neither finding nor details.
    """
    choices: dict[str, Any] = {
        "finding": finding_choices(Analysis(disease=disease)) if disease else (),
        "confidence": Opinion.Confidence.values,
        "recommendation": Opinion.Recommendation.values,
        "urgency": Opinion.Urgency.values,
    }
    words = {name: said[name][:limit] for name, limit in LIMITS.items() if isinstance(said.get(name), str) and said[name]}
    kept: dict[str, Any] = {name: value for name, value in words.items() if name not in choices or value in choices[name]}
    details = known(disease, said.get("details"))
    return {**kept, "details": details} if details else kept


def save(*, review: Review, practitioner: Any, stage: str, said: Mapping[str, Any]) -> Draft:
    """Keep the form as it is now. Needs the claim, or a draft that was begun while one had it. Raises ReviewError."""
    with transaction.atomic():
        review = _to_write(review, practitioner, stage)
        kept, measured = typed(review.analysis.disease, said), measurements.known(review.analysis.scan, said.get("measurements"))
        draft, begun = Draft.objects.update_or_create(
            review=review,
            practitioner=practitioner,
            stage=stage,
            defaults={"said": {**kept, "measurements": measured} if measured else kept},
        )
        if begun:
            record("review.draft_begun", review, actor=practitioner, patient=review.patient, stage=stage)
    return draft


def _to_write(review: Review, practitioner: Any, stage: str) -> Review:
    """The locked row: a save that comes after the reading was kept must not bring the draft back."""
    try:
        review = held(review, practitioner)
    except ReviewError as error:
        mine = Draft.objects.filter(review=review, practitioner=practitioner, stage=stage)
        if error.code != "not_claimed" or not mine.exists():
            raise
        review = Review.objects.get(pk=review.pk)
    kept = set(Opinion.objects.filter(review=review, practitioner=practitioner).values_list("stage", flat=True))
    if stage in kept:
        raise ReviewError("already_read", _("This reading is kept already."))
    if stage == Stage.FINAL and Stage.INDEPENDENT not in kept:
        raise ReviewError("read_first", _("Record your own reading first; the model's answer is shown after that."))
    return review


def discard(*, review: Review, practitioner: Any, stage: str) -> None:
    """Throw one's own draft away; the form starts again."""
    with transaction.atomic():
        count, _ = Draft.objects.filter(review=review, practitioner=practitioner, stage=stage).delete()
        if count:
            record("review.draft_discarded", review, actor=practitioner, patient=review.patient, stage=stage)


def forget_old() -> int:
    """Drafts of cases that are over, and those that nobody touched for long."""
    old = timezone.now() - timedelta(days=settings.DRAFT_DAYS)
    count, _ = Draft.objects.filter(Q(saved_at__lt=old) | Q(review__status__in=[Review.Status.SIGNED, Review.Status.DECLINED])).delete()
    return count
