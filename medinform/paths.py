"""Addresses that can lead to nothing."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse


class NoNulInPath:
    """PostgreSQL can hold no NUL, so whatever has one in its name does not exist; asked for it, the database would break off."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\x00" in request.path_info:
            raise Http404
        return self.get_response(request)
