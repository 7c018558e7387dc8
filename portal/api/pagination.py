"""Cursor pagination: stable while rows are added, and as fast on the last page as on the first."""

from datetime import UTC
from typing import Any, Protocol

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

WALKED = 5000


class CanGather(Protocol):
    """A view whose list can be asked in two ways (audit.rows): get_queryset() minds `gathered`. `candidates()` are the rows of which the
    list is a part, as far as an index finds them in its order."""

    gathered: bool

    def candidates(self) -> QuerySet: ...


class NewestFirst(CursorPagination):
    """In the order of the view's `ordering`; 25 a page, at most 100 by ?page_size."""

    page_size = 25
    max_page_size = 100
    page_size_query_param = "page_size"
    ordering = "-pk"

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any] | None:
        """A cursor can be well-formed and still point nowhere: only the database's field can tell."""
        try:
            if (
                getattr(view, "action", "") == "list"
                and hasattr(view, "candidates")
                and getattr(request.user, "is_verified_practitioner", False)
            ):
                return self._walked_or_gathered(queryset, request, view)
            return super().paginate_queryset(queryset, request, view)
        except (ValidationError, ValueError, OverflowError) as error:
            raise NotFound(self.invalid_cursor_message) from error

    def decode_cursor(self, request: Request) -> Any:
        """A moment in a cursor is in UTC, as ours are: the database does not know every offset."""
        cursor: Any = super().decode_cursor(request)
        moment = parse_datetime(cursor.position) if cursor and cursor.position else None
        if moment is None or is_naive(moment):
            return cursor
        return cursor._replace(position=str(moment.astimezone(UTC)))

    def _walked_or_gathered(self, queryset: Any, request: Request, view: Any) -> list[Any] | None:
        """Of a list that is a part of everybody's: row by row in its order where many are in it, and gathered first where few are.

        Row by row alone would read the whole table for somebody who may see little of it, and to gather what somebody has seen in years
        takes the longer the more that is. So no more than WALKED rows are looked at one by one.
        """
        end = self._end_of_walk(request, view)
        if end is None:
            return super().paginate_queryset(queryset, request, view)
        page: list[Any] | None = super().paginate_queryset(queryset.filter(**end), request, view)
        if self.has_previous if self.cursor and self.cursor.reverse else self.has_next:
            return page
        view.gathered = True
        return super().paginate_queryset(view.filter_queryset(view.get_queryset()), request, view)

    def _end_of_walk(self, request: Request, view: Any) -> dict[str, Any] | None:
        """The bound behind WALKED candidates; None where there are fewer."""
        order, cursor = view.ordering[0], self.decode_cursor(request)
        field, backwards = order.lstrip("-"), order.startswith("-") != bool(cursor and cursor.reverse)
        rows, side = view.candidates().order_by(f"{'-' if backwards else ''}{field}"), "lt" if backwards else "gt"
        if cursor and cursor.position is not None:
            rows = rows.filter(**{f"{field}__{side}": cursor.position})
        last = list(rows.values_list(field, flat=True)[WALKED : WALKED + 1])
        return {f"{field}__{'gt' if backwards else 'lt'}e": last[0]} if last else None

    def get_ordering(self, request: Request, queryset: QuerySet, view: Any) -> tuple[str, ...]:
        return tuple(getattr(view, "ordering", None) or [self.ordering])
