"""Every route of the portal. The API answers its own errors as problem details; pages show theirs."""

import sys
from collections.abc import Callable
from datetime import datetime

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path, re_path
from django.utils import timezone
from django.views import defaults
from django.views.decorators.http import last_modified
from django.views.i18n import JavaScriptCatalog

from medinform.health import RETRY_SECONDS, healthz, is_away
from portal.analyses.views import home
from portal.api import errors
from portal.watch.views import metrics, readyz

_STARTED = timezone.now()


def _since(request: HttpRequest) -> datetime:
    """The words of a language change with the release, so with the start of this process."""
    return _STARTED


admin.autodiscover()
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]  # one sign-in, with its limits and MFA
admin.site.site_header = admin.site.site_title = "MEDINFORM administration"
admin.site.index_title = "What do you want to look after?"

urlpatterns = [
    path("", home, name="home"),
    path("me/", include("portal.accounts.urls")),
    path("me/data/", include("portal.records.urls")),
    path("scans/", include("portal.scans.urls")),
    path("analyses/", include("portal.analyses.urls")),
    path("reviews/", include("portal.reviews.urls")),
    path("questions/", include("portal.questions.urls")),
    path("figures/", include("portal.figures.urls")),
    path("notifications/", include("portal.notifications.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("api/v1/", include(("portal.api.urls", "v1"), namespace="v1")),
    re_path(r"^api/", errors.not_found, name="api-not-found"),
    path("words.js", last_modified(_since)(JavaScriptCatalog.as_view()), name="words"),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
]


if settings.DEBUG:  # our page for an address that nobody knows, not Django's list of all routes: `make run` is for people too
    urlpatterns.append(re_path(r"^.*/$", lambda request: defaults.page_not_found(request, Http404(request.path)), name="nowhere"))


def _either(page: Callable[..., HttpResponse], api: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    def handler(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        return api(request) if request.path.startswith("/api/") else page(request, *args, **kwargs)

    return handler


def _or_later(broken: Callable[..., HttpResponse], unavailable: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Not every error is a bug: some things are away for a while."""

    def handler(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if not is_away(sys.exc_info()[1]):
            return broken(request, *args, **kwargs)
        response = unavailable(request)
        response.headers["Retry-After"] = str(RETRY_SECONDS)
        return response

    return handler


def later(request: HttpRequest) -> HttpResponse:
    return render(request, "503.html", status=503)


handler400 = _either(defaults.bad_request, errors.bad_request)
handler404 = _either(defaults.page_not_found, errors.not_found)
handler500 = _or_later(_either(defaults.server_error, errors.server_error), _either(later, errors.later))
