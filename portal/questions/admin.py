from django.contrib import admin

from portal.audit.readonly import ReadOnlyAdmin

from .models import Message, Question


class MessageInline(admin.TabularInline):
    model = Message
    fields = ["author", "text", "sent_at"]
    readonly_fields = fields  # type: ignore[assignment]
    extra = 0
    can_delete = False

    def get_queryset(self, request):  # type: ignore[no-untyped-def]
        return super().get_queryset(request).select_related("author")


@admin.register(Question)
class QuestionAdmin(ReadOnlyAdmin):
    """Read only: part of the record."""

    list_display = ["asked_at", "patient", "practitioner", "state", "waiting_since", "closed_at"]
    list_filter = ["asked_at", "waiting_since"]
    list_select_related = ["patient", "review__practitioner"]
    search_fields = ["id", "patient__email", "patient__name"]
    inlines = [MessageInline]

    @admin.display(ordering="review__practitioner")
    def practitioner(self, question: Question) -> str:
        return str(question.review.practitioner or "")
