from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import Q, QuerySet
from django.http import HttpRequest, StreamingHttpResponse

from . import fhir
from .large import LISTED, LargeAdmin, kinds
from .models import AuditEvent
from .readonly import ReadOnlyAdmin
from .services import record_export, record_looked

BATCH = 1000


class AboutFilter(admin.SimpleListFilter):
    """Of the kinds that there can be: to look which there are would read the whole audit."""

    title = "what it is about"
    parameter_name = "target_type"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(kind, kind) for kind in kinds()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
        return queryset.filter(target_type=self.value()) if self.value() else queryset


@admin.register(AuditEvent)
class AuditEventAdmin(LargeAdmin, ReadOnlyAdmin):
    """Read only, for everyone. Looking at it is told to those whom it is about, once a page."""

    list_display = ["at", "action", "actor", "patient", "target_type", "target_id", "address"]
    list_filter = [AboutFilter, "at"]
    list_per_page = 50
    list_select_related = ["actor", "patient"]
    search_fields = ["request_id"]
    people = ["actor", "patient"]
    sortable_by = ["at"]
    search_help_text = f"An action, such as scan.read; an id; how a person's address or name begins. {LISTED:,} are listed at most."
    actions = ["export_as_fhir"]

    def note_listed(self, request: HttpRequest, rows: Iterable[Any]) -> None:
        record_looked("audit.listed", [row.patient for row in rows], by=request.user)

    def note_read(self, request: HttpRequest, row: Any) -> None:
        record_looked("audit.read", [row.patient], by=request.user)

    @admin.action(description="Export as FHIR R4 AuditEvents (JSON)")
    def export_as_fhir(self, request: HttpRequest, queryset: QuerySet[AuditEvent]) -> StreamingHttpResponse:
        people = get_user_model()._default_manager.filter(pk__in=queryset.order_by().values("patient"))
        record_export(people, by=request.user, way="admin")
        response = StreamingHttpResponse(fhir.streamed(queryset.order_by("pk").iterator(BATCH)), content_type="application/fhir+json")
        response["Content-Disposition"] = 'attachment; filename="audit.json"'
        response["Cache-Control"] = "no-store"
        return response

    def found(self, term: str) -> Q:
        return super().found(term) | Q(action=term) | Q(target_type__in=kinds(), target_id=term)
