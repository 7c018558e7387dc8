from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from portal.audit.large import LargeAdmin
from portal.audit.readonly import ReadOnlyAdmin
from portal.audit.services import record
from portal.audit.watched import WatchedAdmin

from . import services, targets
from .errors import ReviewError
from .models import Addendum, CriticalNotice, CriticalRule, Opinion, ReadingPolicy, Referral, Review, ServiceTarget


class OpinionInline(admin.TabularInline):
    model = Opinion
    fields = [
        *("practitioner", "role", "stage", "version", "finding", "confidence", "recommendation", "urgency", "details", "notes"),
        *("change_reason", "amend_reason", "recorded_at"),
    ]
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


class ReferralInline(admin.TabularInline):
    model = Referral
    fields = ["role", "referred_by", "referred_to", "speciality", "reason", "referred_at"]
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
class ServiceTargetAdmin(WatchedAdmin):
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
class ReviewAdmin(LargeAdmin, ReadOnlyAdmin):
    """Read only: a signed opinion is evidence."""

    list_display = ["id", "disease", "patient", "practitioner", "status", "role", "urgency", "opened_at", "due_at", "signed_at"]
    list_filter = [Overdue, "status", "role", "urgency", "analysis__disease", "due_at"]
    list_select_related = ["patient", "practitioner", "analysis"]
    search_fields = ["id", "analysis"]
    people = ["patient", "practitioner"]
    sortable_by = ["due_at"]
    inlines = [OpinionInline, ReferralInline, AddendumInline]
    actions = ["waive_second_reading"]

    @admin.display(ordering="analysis__disease")
    def disease(self, review: Review) -> str:
        return review.analysis.get_disease_display()

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(request.user.is_authenticated and request.user.is_administrator)

    @admin.action(description="Let the first reading be the answer (where nobody else can read)")
    def waive_second_reading(self, request: HttpRequest, queryset: QuerySet[Review]) -> None:
        done = 0
        for review in queryset:
            try:
                services.waive_second_reading(review=review, by=request.user)
                done += 1
            except services.ReviewError as error:
                self.message_user(request, f"{review}: {error.message}", messages.WARNING)
        self.message_user(request, f"{done} settled by one reading.", messages.SUCCESS if done else messages.WARNING)


class AuditedAdmin(WatchedAdmin):
    """Rules that change what happens to scans from now on: who changed them, and to what, is kept."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        name = obj._meta.model_name
        record(f"{name}.set", obj, actor=request.user, now=str(obj), before={key: form.initial.get(key) for key in form.changed_data})

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        record(f"{obj._meta.model_name}.removed", obj, actor=request.user, was=str(obj))
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for obj in queryset:
            self.delete_model(request, obj)


@admin.register(ReadingPolicy)
class ReadingPolicyAdmin(AuditedAdmin):
    """How many read the scans of a disease. A case that waits follows what is in force when its first reading is signed."""

    list_display = ["disease", "urgency", "mode"]
    list_filter = ["disease", "mode"]
    search_fields = ["disease"]


@admin.register(CriticalRule)
class CriticalRuleAdmin(AuditedAdmin):
    """Which signed opinions a patient must be told of by a person, and how soon."""

    list_display = ["__str__", "target_minutes", "reading_is_enough"]
    list_filter = ["disease"]
    search_fields = ["disease", "finding", "recommendation"]


@admin.register(CriticalNotice)
class CriticalNoticeAdmin(ReadOnlyAdmin):
    """Closed on the page "Patients to tell", by whoever told them."""

    list_display = ["review", "practitioner", "opened_at", "due_at", "patient_read_at", "told_at", "told_by", "how"]
    list_filter = ["how", "opened_at"]
    list_select_related = ["review__analysis", "practitioner"]
    search_fields = ["review__id", "practitioner__email", "practitioner__name", "told_by"]
