"""What the reading room shows of a case beside the reading itself: its other readings, referrals, amendments, and whom to tell."""

from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from . import readers
from .case_forms import AmendForm, ReferForm, TellForm
from .models import CriticalNotice, Opinion, Review, Role


def case(review: Review, user: Any, **bound: Any) -> dict[str, Any]:
    """`bound` are forms that were refused and are shown again, by their names here."""
    holds_it = review.practitioner_id == user.pk and review.status == Review.Status.CLAIMED and not review.is_claimable
    answered_it = review.status == Review.Status.SIGNED and review.practitioner_id == user.pk
    own = review.opinion_of(user.pk, Opinion.Stage.FINAL)
    seen = readers.shown_readings(review, user)
    notices = CriticalNotice.objects.visible_to(user).filter(review=review).with_all()
    return {
        "role_words": {Role.SECOND: _("Second reading"), Role.ARBITER: _("Arbitration")}.get(Role(review.role), ""),
        "holds_it": holds_it,
        "may_claim": review.is_claimable and readers.may_take(review, user),
        "took_part": review.took_part(user),
        "own_final": own if review.is_open else None,
        "readings": seen if len(seen) > 1 or (seen and seen[0] != own and review.is_open) else [],
        "referrals": readers.shown_referrals(review, user),
        "refer_form": bound.get("refer_form") or (ReferForm(review, user) if holds_it else None),
        "confirm_at": bound.get("confirm_at"),
        "amend_form": bound.get("amend_form") or (amend_form(review) if answered_it else None),
        "notices": [{"notice": notice, "form": TellForm.blank(notice, user)} for notice in notices],
        "now": timezone.now(),
    }


def amend_form(review: Review) -> AmendForm:
    """Filled with the newest version."""
    latest = review.final
    return AmendForm(review, said=latest.said if latest else None)
