"""Cursor pagination: stable while rows are added, and as fast on the last page as on the first."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request


class NewestFirst(CursorPagination):
    """In the order of the view's `ordering`; 25 a page, at most 100 by ?page_size."""

    page_size = 25
    max_page_size = 100
    page_size_query_param = "page_size"
    ordering = "-pk"

    def get_ordering(self, request: Request, queryset: QuerySet, view: Any) -> tuple[str, ...]:
        return tuple(getattr(view, "ordering", None) or [self.ordering])
