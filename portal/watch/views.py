"""For machines: is it ready, and how is it going?"""

import secrets

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from . import export, readiness


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when everything that an upload and its answer need is well, else 503 with what is not. No detail that would help a stranger."""
    found = readiness.parts()
    response = JsonResponse(found, status=200 if all(found.values()) else 503)
    response._has_been_logged = True  # type: ignore[attr-defined]  # Django logs a 503 as an error; being asked too early is none
    return response


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Only for who sends METRICS_TOKEN (Authorization: Bearer ...); for everybody else, and where none is set, there is nothing here."""
    token = settings.METRICS_TOKEN
    sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not token or not secrets.compare_digest(sent.encode(), token.encode()):
        raise Http404
    return HttpResponse(export.text(), content_type=CONTENT_TYPE_LATEST)
