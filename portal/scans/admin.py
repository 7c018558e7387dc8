from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html

from portal.audit.large import LargeAdmin
from portal.audit.readonly import ReadOnlyAdmin

from .models import Scan


@admin.register(Scan)
class ScanAdmin(LargeAdmin, ReadOnlyAdmin):
    """Read only: a scan is evidence."""

    list_display = ["id", "patient", "format", "width", "height", "size", "synthetic", "uploaded_at", "image_link"]
    list_filter = ["format", "synthetic", "uploaded_at"]
    list_select_related = ["patient"]
    search_fields = ["id", "sha256"]
    people = ["patient"]
    sortable_by = ["uploaded_at"]

    @admin.display(description="image")
    def image_link(self, scan: Scan) -> str:
        return format_html('<a href="{}">open</a>', reverse("scans:image", args=[scan.pk]))
