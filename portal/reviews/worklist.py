"""What the page of the worklist shows: one tab, filtered, 50 rows of it, and how many there are."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import IntegerField, Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.accounts.models import User

from .keyset import Page, page_of
from .models import CriticalNotice, Review, SavedFilter

PAGE = 50
CAP = 1000  # beyond it a count costs more than it says: 999+


@dataclass(frozen=True)
class Tab:
    code: str
    words: str | Promise
    empty: str | Promise
    by: str = "due_at"
    newest_first: bool = False


TABS = {
    tab.code: tab
    for tab in (
        Tab(
            "open",
            pgettext_lazy("cases", "Open"),
            _("Nothing waits. As soon as a model has answered a scan, it appears here, what is due first on top."),
        ),
        Tab(
            "mine",
            pgettext_lazy("cases", "Mine"),
            _("You hold no scan. Claim one and it is listed here until you have signed it or given it back."),
        ),
        Tab(
            "overdue", pgettext_lazy("cases", "Overdue"), _("Nothing is overdue. A scan that waits longer than its target is listed here.")
        ),
        Tab(
            "signed",
            pgettext_lazy("cases", "Signed"),
            _("You have not signed an opinion yet. Those that you sign are kept here."),
            by="signed_at",
            newest_first=True,
        ),
        Tab(
            "followed",
            pgettext_lazy("cases", "Followed"),
            _("Cases that you read or referred, and that somebody else still has to answer, are listed here."),
        ),
    )
}


def parts(user: User) -> dict[str, Any]:
    """The rows of each tab."""
    queue = Review.objects.queue_of(user)
    return {
        "open": queue.open(),
        "mine": queue.filter(practitioner=user, status=Review.Status.CLAIMED),
        "overdue": queue.overdue(),
        "signed": queue.filter(practitioner=user, status=Review.Status.SIGNED),
        "followed": Review.objects.followed_by(user),
    }


class CappedCount(Subquery):
    """How many rows, without counting further than the cap."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) _capped)"
    output_field = IntegerField()


def counts(user: User, rows: Mapping[str, Any]) -> dict[str, int]:
    """How many each tab has, of its `rows` (parts), and of patients to tell of a critical finding (`to_tell`), up to CAP: one query."""
    counted = {**rows, "to_tell": CriticalNotice.objects.visible_to(user).open()}
    each = {code: CappedCount(found.order_by().values("pk")[:CAP]) for code, found in counted.items()}
    return dict(User.objects.filter(pk=user.pk).values(**each).get())


def page(user: User, tab: Tab, rows: Any, asked: Mapping[str, str]) -> Page:
    after, before = asked.get("after", ""), asked.get("before", "")
    shown = rows.with_row().with_referral_to(user)
    found = page_of(shown, by=tab.by, newest_first=tab.newest_first, after=after, before=before, size=PAGE)
    if not found.rows and (after or before):
        found = page_of(shown, by=tab.by, newest_first=tab.newest_first, size=PAGE)
    return found


def fingerprint(user: User, found: Page, numbers: Mapping[str, int]) -> str:
    """Changes when something that the page shows changes, other than how long each row has waited."""
    rows = [
        (
            row.pk.hex,
            row.status,
            row.role,
            row.referred_to_me,
            row.practitioner_id,
            row.urgency,
            row.due_at,
            row.is_overdue,
            row.is_claimable,
            row.revealed_at,
            _flag(row),
        )
        for row in found.rows
    ]
    return hashlib.sha256(repr((user.pk, rows, found.before, found.after, sorted(numbers.items()))).encode()).hexdigest()[:16]


def _flag(row: Review) -> Any:
    flag = getattr(row, "flag", None)
    return flag and flag.set_at


def address(tab: str, query: str) -> str:
    """The query string of a view."""
    return "&".join(part for part in (urlencode({"view": tab}) if tab != "open" else "", query) if part)


def saved_tabs(user: User, query: str) -> list[dict[str, Any]]:
    """The views that a practitioner saved, which of them this one is."""
    return [{"filter": saved, "current": saved.query == query} for saved in SavedFilter.objects.visible_to(user)]
