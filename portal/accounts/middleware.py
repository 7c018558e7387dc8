"""What every request of a signed-in person goes through: their language, how long they may stay, and their second factor."""

from collections.abc import Callable
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from . import factors, limits
from .languages import known


class LanguageMiddleware(LocaleMiddleware):
    """Behind the authentication, so that a person's choice follows them to another device."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        chosen = getattr(request.user, "language", "") if settings.SESSION_COOKIE_NAME in request.COOKIES else ""
        if known(chosen):
            translation.activate(chosen)
            request.LANGUAGE_CODE = chosen  # type: ignore[attr-defined]

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response = super().process_response(request, response)
        translation.deactivate()  # what this thread does next is not this person's
        return response


class SessionLimits:
    """Ends a session that is too old, or that nobody used for too long. The API answers 401 by itself then, a page asks to sign in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
            return self.get_response(request)
        if limits.is_over(request.session):
            logout(request)
            if not request.path.startswith("/api/"):
                messages.info(request, _("You were signed out because nobody used this page for a while, or because a day has passed."))
        elif not _is_by_itself(request) and limits.use(request.session):
            UserSession.objects.filter(session_key=request.session.session_key).update(last_seen_at=timezone.now())
        return self.get_response(request)


def _is_by_itself(request: HttpRequest) -> bool:
    """A page that asks for news while nobody looks does not count as somebody's being there."""
    return request.method == "GET" and bool(request.headers.get("HX-Request")) and not request.headers.get("HX-Boosted")


class SecondFactorRequired:
    """Whoever needs a second factor and has none is led to set one up, whatever page they ask for. For the API see authentication.py."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        match = request.resolver_match
        if match is None or request.path.startswith("/api/") or factors.is_open(match.view_name or ""):
            return None
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not factors.are_missing(request.user):
            return None
        if request.headers.get("HX-Request"):
            response = HttpResponse(status=403)
            response["HX-Redirect"] = redirect("mfa_index")["Location"]
            return response
        return redirect("mfa_index")
