from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from portal.audit.readonly import ReadOnlyAdmin
from portal.audit.watched import WatchedAdmin

from . import services
from .models import Erasure, RetentionPolicy


@admin.register(RetentionPolicy)
class RetentionPolicyAdmin(WatchedAdmin):
    """One row: the list leads to it."""

    fieldsets = [
        ("What becomes of scans and answers", {"fields": ["on_withdrawal", "on_closing", "keep_years"]}),
        ("What people are told", {"fields": ["grace_days", "notice"]}),
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        return redirect("admin:records_retentionpolicy_change", 1)

    def save_model(self, request: HttpRequest, obj: RetentionPolicy, form: Any, change: bool) -> None:
        services.set_policy(by=request.user, **{name: form.cleaned_data[name] for name in form.changed_data})


@admin.register(Erasure)
class ErasureAdmin(ReadOnlyAdmin):
    list_display = ["user", "kind", "asked_at", "due_at", "started_at", "done_at", "cancelled_at"]
    list_filter = ["kind", "due_at"]
    list_select_related = ["user"]
