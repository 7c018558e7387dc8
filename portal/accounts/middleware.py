"""In which language a page is: the person's own choice, else what this browser chose or asks for."""

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

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
