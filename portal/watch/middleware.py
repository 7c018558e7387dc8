"""Counts each request by the name of its route, and writes one line about it where access logs are wanted."""

import logging
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from medinform import tracing
from medinform.logs import route_of

from . import metrics

logger = logging.getLogger("medinform.access")
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


class WatchMiddleware:
    """Outermost, so that its time is all that Django takes. (A file that is streamed afterwards is not in it.)"""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        method = request.method if request.method in METHODS else "other"
        with tracing.span("http", method=method) as span:
            response = self.get_response(request)
            route = route_of(request)
            span.describe(f"{method} {route}", route=route, status=response.status_code)
        seconds = time.perf_counter() - began
        metrics.HTTP_REQUESTS.labels(route, method, str(response.status_code)).inc()
        metrics.HTTP_SECONDS.labels(route, method).observe(seconds)
        if settings.ACCESS_LOG:
            about = {"route": route, "method": method, "status": response.status_code, "seconds": round(seconds, 4)}
            about |= {"request_id": response.headers.get("X-Request-ID", "")}
            logger.info("%s %s %s", method, route, response.status_code, extra=about)
        return response
