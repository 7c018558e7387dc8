"""For admin pages of rows that are evidence: seen, searched, never edited by hand."""

from typing import Any

from django.http import HttpRequest

from .watched import WatchedAdmin


class ReadOnlyAdmin(WatchedAdmin):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
