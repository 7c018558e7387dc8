"""Gives each request an id (echoed as X-Request-ID) and remembers its address for the audit."""

import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from .context import RequestContext, reset_context, set_context


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
