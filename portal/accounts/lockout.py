"""Too many wrong passwords close an account, and an address, for a while (django-axes). Known and unknown accounts alike.

Whoever has a password that is right, but of another account, does not open their address again: a sign-in clears its own account only.
"""

from typing import Any

from axes.handlers.database import AxesDatabaseHandler
from axes.handlers.proxy import AxesProxyHandler
from axes.helpers import get_cool_off
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Max, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone

from portal.audit.services import record

from .models import User

AT_LEAST_SECONDS = 60


class Handler(AxesDatabaseHandler):
    """Two counts, by account and by address, on the scale of the account's limit."""

    def get_failures(self, request: Any, credentials: dict | None = None) -> int:
        account, address = (
            rows.aggregate(n=Sum("failures_since_start"))["n"] or 0 for rows in self.get_user_attempts(request, credentials)
        )
        return max(account, address - settings.LOCKOUT_ADDRESS_FAILURES + settings.AXES_FAILURE_LIMIT)

    def reset_user_attempts(self, request: HttpRequest, credentials: dict | None = None) -> int:
        return self.filter_user_attempts(request, credentials)[0].delete()[0]


def account_of(request: Any, credentials: dict | None) -> str:
    """What axes counts by; credentials come from allauth (email) or from axes' own listeners (username)."""
    said = credentials or {}
    return str(said.get("email") or said.get("username") or "").strip().lower()[:255]


def is_locked(request: HttpRequest, credentials: dict[str, Any]) -> bool:
    """Whether no password would be looked at now. Marks the request, so that a page becomes `answer`."""
    locked = bool(AxesProxyHandler.is_locked(request, credentials))
    if locked:
        mark(request, credentials)
    return locked


def mark(request: HttpRequest, credentials: dict[str, Any]) -> None:
    request.axes_locked_out, request.axes_credentials = True, credentials  # type: ignore[attr-defined]


def seconds_left(request: HttpRequest, credentials: dict[str, Any] | None) -> int:
    """Until the last of the counted failures is forgotten."""
    AxesProxyHandler.update_request(request)
    implementation = AxesProxyHandler.get_implementation()
    last = [rows.aggregate(last=Max("attempt_time"))["last"] for rows in implementation.get_user_attempts(request, credentials)]
    ends = [moment + get_cool_off(request) - timezone.now() for moment in last if moment is not None]
    return max([AT_LEAST_SECONDS, *(int(left.total_seconds()) + 1 for left in ends)])


def answer(request: HttpRequest, original: HttpResponseBase, credentials: dict[str, Any] | None) -> HttpResponseBase:
    """The page of who can not sign in. The API answers the same by itself (portal/api/errors.py), and who is signed in and has to show
    again who they are is told on the page where they are."""
    if request.path.startswith("/api/") or request.user.is_authenticated:
        return original
    wait = seconds_left(request, credentials)
    page: HttpResponse = render(request, "429.html", {"minutes": -(-wait // 60)}, status=429)
    page["Retry-After"] = str(wait)
    return page


def record_lock(sender: Any, request: HttpRequest, username: str, **kwargs: Any) -> None:
    """Listens to axes. Who does not exist has no record."""
    person = User.objects.filter(email=username).first()
    if person is not None:
        record("account.locked_out", person, patient=person)


def lift(*, attempts: Any, by: User) -> int:
    """An administrator opens what is locked: every failure of the same accounts and addresses is forgotten."""
    rows = list(attempts)
    names, addresses = {row.username for row in rows if row.username}, {row.ip_address for row in rows if row.ip_address}
    for person in User.objects.filter(email__in=names):
        record("account.lock_lifted", person, actor=by, patient=person)
    gone = AccessAttempt.objects.filter(username__in=names) | AccessAttempt.objects.filter(ip_address__in=addresses)
    return gone.delete()[0]
