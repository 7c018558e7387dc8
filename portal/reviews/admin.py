from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from portal.audit.readonly import ReadOnlyAdmin

from . import targets
from .errors import ReviewError
from .models import Addendum, Opinion, Review, ServiceTarget


class OpinionInline(admin.TabularInline):
    model = Opinion
    fields = ["practitioner", "stage", "finding", "confidence", "recommendation", "notes", "change_reason", "recorded_at"]
    readonly_fields = fields  # type: ignore[assignment]
    extra = 0
    can_delete = False

    def get_queryset(self, request):  # type: ignore[no-untyped-def]
        return super().get_queryset(request).select_related("practitioner")


class AddendumInline(admin.TabularInline):
    model = Addendum
    fields = ["author", "text", "added_at"]
    readonly_fields = fields  # type: ignore[assignment]
    extra = 0
    can_delete = False


class Overdue(admin.SimpleListFilter):
    title = "overdue"
    parameter_name = "overdue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Past the target time")]

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[Review]:
        return queryset.overdue() if self.value() else queryset


class ServiceTargetForm(forms.ModelForm):
    """The model's form, which also asks the service whether the hours can be."""

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if "hours" in values:
            try:
                targets.check(disease=self.instance.disease, urgency=self.instance.urgency, hours=values["hours"])
            except ReviewError as error:
                raise forms.ValidationError(error.message) from error
        return values


@admin.register(ServiceTarget)
class ServiceTargetAdmin(admin.ModelAdmin):
    """In how many hours a scan should be read. What is open is due anew when this changes; what was signed is not."""

    form = ServiceTargetForm
    list_display = ["disease", "urgency", "hours"]
    list_filter = ["disease"]
    fields = ["disease", "urgency", "hours"]
    readonly_fields = ["disease", "urgency"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: ServiceTarget, form: Any, change: bool) -> None:
        moved = targets.change(target=obj, hours=obj.hours, by=request.user)
        self.message_user(request, f"{moved} open reviews are due anew.", messages.SUCCESS)


@admin.register(Review)
class ReviewAdmin(ReadOnlyAdmin):
    """Read only: a signed opinion is evidence."""

    list_display = ["id", "disease", "patient", "practitioner", "status", "urgency", "opened_at", "due_at", "signed_at"]
    list_filter = [Overdue, "status", "urgency", "analysis__disease", "opened_at"]
    list_select_related = ["patient", "practitioner", "analysis"]
    search_fields = ["id", "patient__email", "patient__name", "practitioner__email", "practitioner__name"]
    date_hierarchy = "opened_at"
    inlines = [OpinionInline, AddendumInline]

    @admin.display(ordering="analysis__disease")
    def disease(self, review: Review) -> str:
        return review.analysis.get_disease_display()
