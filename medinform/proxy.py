"""Whose address a request has. Everything that counts by address (lock-out, limits, audit) reads REMOTE_ADDR and nothing else."""

import contextlib
import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse


class RealAddress:
    """Behind our own proxy REMOTE_ADDR is the proxy's; the last entry of X-Forwarded-For is what the proxy saw.

    The entries before it are what the client said, and without BEHIND_PROXY all of it is: neither is believed.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.BEHIND_PROXY:
            last = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
            with contextlib.suppress(ValueError):  # the proxy said nothing: better its own address than none
                request.META["REMOTE_ADDR"] = str(ipaddress.ip_address(last))
        return self.get_response(request)
