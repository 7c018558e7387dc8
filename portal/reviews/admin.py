from django.contrib import admin

from portal.audit.readonly import ReadOnlyAdmin

from .models import Addendum, Opinion, Review


class OpinionInline(admin.TabularInline):
    model = Opinion
    fields = [
        *("practitioner", "stage", "finding", "confidence", "recommendation", "urgency", "details", "notes", "change_reason", "recorded_at")
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


@admin.register(Review)
class ReviewAdmin(ReadOnlyAdmin):
    """Read only: a signed opinion is evidence."""

    list_display = ["id", "disease", "patient", "practitioner", "status", "urgency", "opened_at", "due_at", "signed_at"]
    list_filter = ["status", "urgency", "analysis__disease", "opened_at"]
    list_select_related = ["patient", "practitioner", "analysis"]
    search_fields = ["id", "patient__email", "patient__name", "practitioner__email", "practitioner__name"]
    date_hierarchy = "opened_at"
    inlines = [OpinionInline, AddendumInline]

    @admin.display(ordering="analysis__disease")
    def disease(self, review: Review) -> str:
        return review.analysis.get_disease_display()
