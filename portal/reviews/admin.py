from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from portal.audit.readonly import ReadOnlyAdmin
from portal.audit.services import record

from . import services
from .models import Addendum, CriticalNotice, CriticalRule, Opinion, ReadingPolicy, Referral, Review


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


@admin.register(Review)
class ReviewAdmin(ReadOnlyAdmin):
    """Read only: a signed opinion is evidence."""

    list_display = ["id", "disease", "patient", "practitioner", "status", "role", "urgency", "opened_at", "due_at", "signed_at"]
    list_filter = ["status", "role", "urgency", "analysis__disease", "opened_at"]
    list_select_related = ["patient", "practitioner", "analysis"]
    search_fields = ["id", "patient__email", "patient__name", "practitioner__email", "practitioner__name"]
    date_hierarchy = "opened_at"
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


class AuditedAdmin(admin.ModelAdmin):
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
