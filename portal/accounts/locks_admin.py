"""What an administrator sees and lifts of sign-in: locks, and second factors that somebody has lost. No secret is shown."""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from knox.models import AuthToken

from portal.audit.readonly import ReadOnlyAdmin
from portal.audit.services import record

from . import access, lockout

for model in (Authenticator, UserSession, AuthToken):  # theirs show secrets, or make tokens for other people
    admin.site.unregister(model)


@admin.register(AccessAttempt)
class LocksAdmin(ReadOnlyAdmin):
    list_display = ["username", "ip_address", "failures_since_start", "attempt_time", "closed"]
    search_fields = ["username", "ip_address"]
    fields = ["username", "ip_address", "user_agent", "failures_since_start", "attempt_time"]
    actions = ["lift"]

    @admin.display(boolean=True, description="closes the account")
    def closed(self, attempt: AccessAttempt) -> bool:
        return attempt.failures_since_start >= settings.AXES_FAILURE_LIMIT

    @admin.action(description="Lift the lock of these accounts and addresses")
    def lift(self, request: HttpRequest, queryset: QuerySet) -> None:
        count = lockout.lift(attempts=queryset, by=request.user)
        self.message_user(request, f"{count} row(s) of failed sign-ins are forgotten: these people can try again.", messages.SUCCESS)


@admin.register(Authenticator)
class FactorsAdmin(ReadOnlyAdmin):
    """Somebody who lost their phone and their recovery codes comes back in: the factor is taken away, and everything of theirs ends."""

    list_display = ["user", "type", "created_at", "last_used_at"]
    list_filter = ["type"]
    list_select_related = ["user"]
    search_fields = ["user__email", "user__name"]
    fields = ["user", "type", "created_at", "last_used_at"]
    actions = ["remove"]

    @admin.action(description="Remove every second factor of these people (they must set up a new one)")
    def remove(self, request: HttpRequest, queryset: QuerySet) -> None:
        people: dict[int, Any] = {row.user_id: row.user for row in queryset.select_related("user")}
        for person in people.values():
            Authenticator.objects.filter(user=person).delete()
            record("account.factors_removed", person, actor=request.user, patient=person)
            access.sign_out_everywhere(user=person, by=request.user)
        self.message_user(request, f"{len(people)} person(s) can sign in with their password alone, and set up a new factor.")
