"""Gives each request an id (echoed as X-Request-ID) and remembers its address for the audit; and keeps who was turned away where."""

import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from . import services
from .context import RequestContext, reset_context, set_context

REFUSED = (403, 404)


class RequestContextMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        context = RequestContext(address=request.META.get("REMOTE_ADDR") or None, request_id=str(uuid.uuid4()))
        request.request_id = context.request_id  # type: ignore[attr-defined]  # for log lines that are written after this one is done
        token = set_context(context)
        try:
            response = self.get_response(request)
        finally:
            reset_context(token)
        response["X-Request-ID"] = context.request_id
        return response


class RefusalsMiddleware:
    """A signed-in person who asks for what is not theirs is answered 403, or 404 as if it were not there. Either leaves an event.

    A 404 of an address without an id in it is a mistyped address, and of nobody's data.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        match = request.resolver_match
        if response.status_code in REFUSED and match is not None and request.user.is_authenticated:
            ids = [str(value) for value in match.kwargs.values() if _is_id(str(value))]
            if ids or response.status_code == 403:
                services.record_refused(by=request.user, route=match.view_name, ids=ids, status=response.status_code)
        return response


def _is_id(text: str) -> bool:
    """What somebody typed there may be anything: only ids are kept."""
    try:
        return bool(uuid.UUID(text))
    except ValueError:
        return text.isdecimal() and len(text) < 20
