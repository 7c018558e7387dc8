from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse

from . import fhir
from .models import AuditEvent
from .readonly import ReadOnlyAdmin
from .services import record_export, record_looked

BATCH = 1000


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """Read only, for everyone. Looking at it is told to those whom it is about, once a page."""

    list_display = ["at", "action", "actor", "patient", "target_type", "target_id", "address"]
    list_filter = ["action", "target_type", "at"]
    list_select_related = ["actor", "patient"]
    search_fields = ["target_id", "actor__email", "patient__email", "request_id"]
    date_hierarchy = "at"
    show_full_result_count = False
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
