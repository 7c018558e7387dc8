"""Referring a case to another practitioner, or back to the queue for a speciality. Who refers keeps seeing it (querysets.visible_to).

A case that is handed to a named practitioner is theirs, as if they had claimed it, for half of the urgency's target; then the queue has it
again, so that nothing waits for somebody who is away. A speciality is a wish: its practitioners are told, and others may read it too.
"""

from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.audit.services import record

from . import targets
from .errors import ReviewError
from .models import Opinion, Referral, Review
from .readers import colleagues, specialities
from .services import back_to_queue, claim_expiry, held
from .signals import review_referred


def refer(*, review: Review, practitioner: Any, reason: str, to: User | None = None, speciality: str = "") -> Referral:
    """Hand over a case that one holds. What was read so far stays the own reading of the one who made it, and is not shown to the next one.
    Raises ReviewError."""
    if not reason.strip():
        raise ReviewError("reason_required", _("Say why you refer it: the other practitioner reads it."))
    with transaction.atomic():
        review = held(review, practitioner)
        others = colleagues(review, practitioner)
        if to is not None:
            to = colleague(review, practitioner, to.pk)
        else:
            known = {words.casefold(): words for words in specialities(others)}
            if speciality.strip().casefold() not in known:
                raise ReviewError("unknown_speciality", _("No practitioner who could read this scan has that speciality."))
            speciality = known[speciality.strip().casefold()]
        referral = Referral.objects.create(
            review=review,
            role=review.role,
            referred_by=practitioner,
            referred_to=to,
            speciality="" if to else speciality,
            reason=reason.strip(),
        )
        record("review.referred", review, actor=practitioner, patient=review.patient, to=to.pk if to else speciality)
        if to is not None:
            _hand_over(review, to)
        else:
            review.wanted_speciality = speciality
            back_to_queue(review)
        review_referred.send(Review, review=review, referral=referral)
    return referral


def _hand_over(review: Review, to: User) -> None:
    now = timezone.now()
    kept = Opinion.objects.filter(review=review, practitioner=to, stage=Opinion.Stage.INDEPENDENT).exists()
    review.practitioner, review.claimed_at, review.revealed_at = to, now, now if kept else None
    review.claim_expires_at = max(claim_expiry(), now + targets.of(review) / 2)
    review.wanted_speciality = ""
    review.save()


def colleague(review: Review, practitioner: Any, pk: int) -> User:
    """One of those to whom it can be referred. Raises ReviewError."""
    found = colleagues(review, practitioner).filter(pk=pk).first()
    if found is None:
        raise ReviewError("unknown_colleague", _("This scan can not be referred to them: choose one of the list."))
    return found
