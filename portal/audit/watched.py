"""The administration's pages are looks at people's data like any other: lists, pages, history and changes are audited, for every model."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from .services import record, record_many


def whose(row: models.Model) -> Any:
    """The person whose data a row is; None for what belongs to nobody."""
    if isinstance(row, get_user_model()):
        return row
    return next((getattr(row, name) for name in ("patient", "user", "guardian") if getattr(row, name, None) is not None), None)


class WatchedAdmin(admin.ModelAdmin):
    def note_listed(self, request: HttpRequest, rows: Iterable[Any]) -> None:
        """What belongs to nobody (model versions, rules) is not worth a line for being looked at."""
        seen = [(row, person) for row in rows if (person := whose(row)) is not None]
        record_many("admin.listed", [row for row, _ in seen], actor=request.user, patients=[person for _, person in seen])

    def note_read(self, request: HttpRequest, row: Any) -> None:
        if whose(row) is not None:
            record("admin.read", row, actor=request.user, patient=whose(row))

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        """An action and what it notes are one transaction."""
        with transaction.atomic():
            response = super().changelist_view(request, extra_context)
            shown = getattr(response, "context_data", None) or {}
            if "cl" in shown:
                self.note_listed(request, shown["cl"].result_list)
        return response

    def render_change_form(
        self, request: HttpRequest, context: Any, add: bool = False, change: bool = False, form_url: str = "", obj: Any = None
    ) -> HttpResponse:
        if obj is not None:
            self.note_read(request, obj)
        return super().render_change_form(request, context, add, change, form_url, obj)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: dict | None = None) -> HttpResponse:
        response = super().history_view(request, object_id, extra_context)
        row = (getattr(response, "context_data", None) or {}).get("object")
        if row is not None and whose(row) is not None:
            record("admin.history_read", row, actor=request.user, patient=whose(row))
        return response

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        record("admin.added", obj, actor=request.user, patient=whose(obj))
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Which fields, not what they say: Django's message also repeats names."""
        record("admin.changed", obj, actor=request.user, patient=whose(obj), fields=_fields(message))
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        rows = list(queryset)
        record_many("admin.deleted", rows, actor=request.user, patients=[whose(row) for row in rows])
        return super().log_deletions(request, queryset)


def _fields(message: Any) -> list[str]:
    parts = [part for step in message for part in step.values()] if isinstance(message, list) else []
    return sorted({str(field) for part in parts for field in part.get("fields", [part.get("name", "")])} - {""})
