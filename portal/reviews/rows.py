"""The rows of the worklist, drawn from what they show and nothing else: one that shows the same as before is not drawn again."""

import functools
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext

from portal.accounts.models import User
from portal.analyses.templatetags.pictures import waited

from .templatetags.worklist import because, in_hours
from .worklist import Tab

KEPT = 4096  # rows in each process, of about 5 kB


@dataclass(frozen=True)
class Row:
    """What a reader sees of a review in the list: every word and choice of templates/reviews/_work.html."""

    id: str
    reference: str
    scan: str
    disease: str
    side: str
    sex: str
    age: int | None
    symptoms: int
    is_open: bool
    is_overdue: bool
    urgency: int
    urgency_words: str
    is_flagged: bool
    reasons: str
    target: str
    due: str
    since: str
    wait: str
    signed: str
    has_picture: bool
    is_for_me: bool
    role: str
    role_words: str
    speciality: str
    is_mine: bool
    holder: str
    can_claim: bool


def drawn(reviews: list[Any], user: User, tab: Tab, now: datetime) -> list[SafeString]:
    """The HTML of each. `reviews` are reviews of `with_row().with_referral_to(user)`."""
    language = get_language() or ""
    return [_drawn(_row(review, user, tab, now), language) for review in reviews]


@functools.lru_cache(maxsize=KEPT)
def _drawn(row: Row, language: str) -> SafeString:
    return render_to_string("reviews/_work.html", {"row": row})


def _row(review: Any, user: User, tab: Tab, now: datetime) -> Row:
    analysis, person = review.analysis, review.person
    is_mine, can_claim = review.practitioner_id == user.pk, review.is_claimable
    is_followed = tab.code == "followed"
    return Row(
        id=str(review.pk),
        reference=review.reference,
        scan=str(analysis.scan_id),
        disease=gettext(analysis.catalogue.name),
        side=analysis.side,
        sex=person.get_sex_display() if person else "",
        age=person.age if person else None,
        symptoms=len(analysis.symptoms),
        is_open=review.is_open,
        is_overdue=review.is_overdue,
        urgency=review.urgency,
        urgency_words=review.get_urgency_display(),
        is_flagged=getattr(review, "flag", None) is not None,
        reasons=because(review, user),
        target=in_hours(review.target),
        due=_date(review.due_at),
        since=localtime(review.asked_at).isoformat() if review.is_open else "",
        wait=waited(review.asked_at, now) if review.is_open else "",
        signed=_date(review.signed_at),
        has_picture=can_claim or is_mine or is_followed,
        is_for_me=review.referred_to_me,
        role=review.role,
        role_words=review.get_role_display(),
        speciality=review.wanted_speciality,
        is_mine=is_mine,
        holder=review.practitioner.name if review.practitioner and not can_claim else "",
        can_claim=can_claim and not is_followed,
    )


def _date(moment: Any) -> str:
    return date_format(localtime(moment), "j M H:i") if moment else ""
