from django.contrib import admin

from .models import AuditEvent
from .readonly import ReadOnlyAdmin


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """Read only, for everyone."""

    list_display = ["at", "action", "actor", "patient", "target_type", "target_id", "address"]
    list_filter = ["action", "target_type", "at"]
    list_select_related = ["actor", "patient"]
    search_fields = ["target_id", "actor__email", "patient__email", "request_id"]
    date_hierarchy = "at"
    show_full_result_count = False
