from typing import Any

from allauth.account.models import EmailAddress
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as BaseUserAdmin
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join

from portal.audit.large import LargeAdmin
from portal.audit.readonly import ReadOnlyAdmin
from portal.audit.services import record
from portal.audit.watched import WatchedAdmin

from . import locks_admin as locks_admin  # registers its pages
from . import services
from .models import Consent, ConsentText, ConsentTranslation, PatientProfile, PractitionerProfile, User, Verification

admin.site.unregister(Group)
admin.site.unregister(EmailAddress)


class PatientInline(admin.StackedInline):
    model = PatientProfile
    extra = 0


class EmailInline(admin.TabularInline):
    model = EmailAddress
    extra = 0


@admin.register(User)
class UserAdmin(LargeAdmin, WatchedAdmin, BaseUserAdmin):
    list_display = ["email", "name", "role", "is_active", "last_login"]
    list_filter = ["role", "is_active"]
    search_fields = ["email"]
    people = ["pk"]
    sortable_by = ["email"]
    ordering = ["email"]
    inlines = [PatientInline, EmailInline]
    readonly_fields = ["last_login", "date_joined"]
    filter_horizontal = []
    fieldsets = [
        (None, {"fields": ["email", "name", "password", "role", "is_active"]}),
        ("Times", {"fields": ["date_joined", "last_login"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "name", "role", "password1", "password2"]})]

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False  # people are deactivated: their record and its audit stay


@admin.register(PractitionerProfile)
class PractitionerProfileAdmin(WatchedAdmin):
    """The verification desk: one click approves."""

    list_display = ["user", "registration_number", "speciality", "country", "verification", "document_links", "approve"]
    list_filter = ["verification", "speciality", "country"]
    search_fields = ["user__email", "user__name", "registration_number"]
    list_select_related = ["user"]
    readonly_fields = ["verification", "verified_by", "verified_at", "document_links"]
    raw_id_fields = ["user"]  # chosen from the list of people, where looking is audited
    actions = ["approve_selected", "refuse_selected"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[PractitionerProfile]:
        return super().get_queryset(request).prefetch_related("documents")

    @admin.display(description="documents")
    def document_links(self, profile: PractitionerProfile) -> str:
        links = [(reverse("accounts:document", args=[d.pk]), d.title) for d in profile.documents.all()]
        return format_html_join(", ", '<a href="{}">{}</a>', links) or "none"

    @admin.display(description="")
    def approve(self, profile: PractitionerProfile) -> str:
        if profile.verification == Verification.VERIFIED:
            return ""
        return format_html(
            '<button type="submit" class="button" name="approve" value="{}" form="changelist-form">Approve</button>', profile.pk
        )

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None):  # type: ignore[no-untyped-def]
        if request.method == "POST" and "approve" in request.POST:
            self.approve_selected(request, self.get_queryset(request).filter(pk=request.POST["approve"]))
            return redirect(request.get_full_path())
        return super().changelist_view(request, extra_context)

    @admin.action(description="Approve the selected practitioners")
    def approve_selected(self, request: HttpRequest, queryset: QuerySet[PractitionerProfile]) -> None:
        self._decide(request, queryset, Verification.VERIFIED)

    @admin.action(description="Refuse the selected practitioners")
    def refuse_selected(self, request: HttpRequest, queryset: QuerySet[PractitionerProfile]) -> None:
        self._decide(request, queryset, Verification.REFUSED)

    def _decide(self, request: HttpRequest, queryset: QuerySet[PractitionerProfile], verification: str) -> None:
        for profile in queryset.exclude(user=request.user):
            services.verify_practitioner(profile=profile, by=request.user, verification=verification)
            self.message_user(request, f"{profile.user}: {verification}.", messages.SUCCESS)


class ConsentTranslationInline(admin.StackedInline):
    """Published with its text, and as little changed afterwards."""

    model = ConsentTranslation
    extra = 0

    def _open(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None or obj.published_at is None

    has_add_permission = has_change_permission = has_delete_permission = _open  # type: ignore[assignment]


@admin.register(ConsentText)
class ConsentTextAdmin(WatchedAdmin):
    list_display = ["version", "title", "published_at"]
    inlines = [ConsentTranslationInline]
    actions = ["publish"]

    def get_readonly_fields(self, request: HttpRequest, obj: ConsentText | None = None) -> list[str]:
        published = obj is not None and obj.published_at is not None
        return ["version", "title", "body", "published_at"] if published else ["published_at"]

    def has_delete_permission(self, request: HttpRequest, obj: ConsentText | None = None) -> bool:
        return False

    @admin.action(description="Publish: everybody must agree again before their next upload")
    def publish(self, request: HttpRequest, queryset: QuerySet[ConsentText]) -> None:
        texts = list(queryset.filter(published_at__isnull=True))
        for text in texts:
            text.published_at = timezone.now()
            text.save(update_fields=["published_at"])
            record("consent_text.published", text, actor=request.user, version=text.version)
        self.message_user(request, f"{len(texts)} text(s) published.")


@admin.register(Consent)
class ConsentAdmin(LargeAdmin, ReadOnlyAdmin):
    list_display = ["user", "text", "language", "given_at", "withdrawn_at"]
    list_filter = ["text"]
    list_select_related = ["user", "text"]
    search_fields = ["id"]
    people = ["user"]
