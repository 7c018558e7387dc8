from django.contrib import admin

from portal.audit.large import LargeAdmin
from portal.audit.readonly import ReadOnlyAdmin

from .models import Notification


@admin.register(Notification)
class NotificationAdmin(LargeAdmin, ReadOnlyAdmin):
    list_display = ["created_at", "user", "kind", "read_at", "emailed_at"]
    list_filter = ["kind", "created_at"]
    list_select_related = ["user"]
    search_fields = ["id"]
    people = ["user"]
    sortable_by = ["created_at"]
