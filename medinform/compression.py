"""Pages leave compressed, a fifth of their size; nothing else does.

Pictures and archives are small already and go as streams, static files are compressed when they are collected, and answers of the API may
hold a token. Django lengthens each compressed page by a random name of up to 100 letters, so that its size does not tell what is in it
("Heal the BREACH"), and masks the CSRF token anew in each.
"""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class CompressPages(GZipMiddleware):
    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        is_page = response.headers.get("Content-Type", "").startswith("text/html") and not response.streaming
        return super().process_response(request, response) if is_page else response
