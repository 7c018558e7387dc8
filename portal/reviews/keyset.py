"""Pages by keyset: one goes on after the last row that was seen, not after so many. Right while rows come, go and move, and as fast on the
thousandth page as on the first."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Page:
    """`before` and `after` are the tokens of the neighbouring pages; empty where there is none."""

    rows: list[Any]
    before: str
    after: str


def page_of(queryset: QuerySet, *, by: str, newest_first: bool = False, after: str = "", before: str = "", size: int = 50) -> Page:
    """The rows after, or before, the one that a token names; the first ones without a token, or with one that says nothing."""
    order = [f"-{by}", "-id"] if newest_first else [by, "id"]
    back = bool(before)
    place = _place(before if back else after)
    queryset = queryset.order_by(*order)
    if back:
        queryset = queryset.reverse()
    if place is not None:
        queryset = queryset.filter(_beyond(by, *place, larger=back == newest_first))
    rows = list(queryset[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    if back:
        rows.reverse()
    if not rows:
        return Page([], "", "")
    has_before, has_after = (more, place is not None) if back else (place is not None, more)
    return Page(rows, _token(rows[0], by) if has_before else "", _token(rows[-1], by) if has_after else "")


def _beyond(by: str, at: datetime, pk: uuid.UUID, *, larger: bool) -> Q:
    """The first part is for the index, the second for rows of the same moment."""
    side = "gt" if larger else "lt"
    return Q(**{f"{by}__{side}e": at}) & (Q(**{f"{by}__{side}": at}) | Q(**{f"id__{side}": pk}))


def _token(row: Any, by: str) -> str:
    return f"{(getattr(row, by) - EPOCH) // timedelta(microseconds=1)}-{row.pk.hex}"


def _place(token: str) -> tuple[datetime, uuid.UUID] | None:
    moment, _, pk = token.partition("-")
    try:
        return EPOCH + timedelta(microseconds=int(moment)), uuid.UUID(pk)
    except (ValueError, OverflowError):
        return None
