from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from portal.audit.large import LargeAdmin
from portal.audit.readonly import ReadOnlyAdmin

from . import services, versions
from .models import Analysis, ModelVersion


class ActionableAdmin(ReadOnlyAdmin):
    """Rows that are not edited by hand, with actions that go through the services."""

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_authenticated and request.user.is_administrator)


@admin.register(Analysis)
class AnalysisAdmin(LargeAdmin, ActionableAdmin):
    list_display = ["id", "disease", "patient", "status", "outcome", "probability", "model_version", "attempt", "queued_at", "finished_at"]
    list_filter = ["status", "disease", "outcome", "model_version", "queued_at"]
    list_select_related = ["patient", "model_version"]
    search_fields = ["id", "scan", "error_code"]
    people = ["patient"]
    sortable_by = ["queued_at"]
    actions = ["requeue", "cancel"]

    @admin.action(description="Queue again (failed and cancelled ones)")
    def requeue(self, request: HttpRequest, queryset: QuerySet[Analysis]) -> None:
        self._each(request, queryset, services.requeue, "queued again")

    @admin.action(description="Cancel (waiting and running ones)")
    def cancel(self, request: HttpRequest, queryset: QuerySet[Analysis]) -> None:
        self._each(request, queryset, services.cancel, "cancelled")

    def _each(self, request: HttpRequest, queryset: QuerySet[Analysis], step: Callable[..., None], done: str) -> None:
        count = 0
        for analysis in queryset.select_related("patient"):
            try:
                step(analysis=analysis, by=request.user)
                count += 1
            except services.NotPossible as error:
                self.message_user(request, f"{analysis}: {error.message}", messages.WARNING)
        self.message_user(request, f"{count} {done}.", messages.SUCCESS if count else messages.WARNING)


@admin.register(ModelVersion)
class ModelVersionAdmin(ActionableAdmin):
    """New scans use the active version; old answers keep theirs."""

    list_display = ["__str__", "state", "threshold", "sensitivity", "specificity", "accuracy", "registered_at", "activated_at"]
    list_filter = ["state", "disease"]
    search_fields = ["disease", "version", "checksum"]
    actions = ["activate", "retire"]

    @admin.display(description="operating point")
    def threshold(self, version: ModelVersion) -> str:
        words = "own" if version.has_own_point else "shipped"
        page = reverse("analyses:operating_point", args=[version.disease, version.version])
        return format_html('<a href="{}">{}, {}</a>', page, f"{version.operating_point.threshold:.4g}", words)

    @admin.display
    def accuracy(self, version: ModelVersion) -> str:
        return _percent(version, "accuracy")

    @admin.display
    def sensitivity(self, version: ModelVersion) -> str:
        return _percent(version, "sensitivity")

    @admin.display
    def specificity(self, version: ModelVersion) -> str:
        return _percent(version, "specificity")

    @admin.action(description="Activate: new scans use it from now on")
    def activate(self, request: HttpRequest, queryset: QuerySet[ModelVersion]) -> None:
        if len({version.disease for version in queryset}) < len(queryset):
            self.message_user(request, "Choose one version a disease.", messages.ERROR)
            return
        for version in queryset:
            versions.activate(version=version, by=request.user)
            self.message_user(request, f"{version} is active.", messages.SUCCESS)

    @admin.action(description="Retire: out of use, its answers stay")
    def retire(self, request: HttpRequest, queryset: QuerySet[ModelVersion]) -> None:
        for version in queryset:
            versions.retire(version=version, by=request.user)
            self.message_user(request, f"{version} is retired.", messages.SUCCESS)


def _percent(version: ModelVersion, name: str) -> str:
    value = version.figures.get(name)
    return "not measured" if value is None else f"{value:.1%}"
