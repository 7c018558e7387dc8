"""The description of the API itself."""

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils import translation
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request
from rest_framework.response import Response


class SameForAll(SchemaGenerator):
    """The schema is everybody's, and making it takes as long as fifty pages: it is made once a process, and language."""

    def get_schema(self, request: Request | None = None, public: bool = False) -> dict[str, Any]:
        return _schema(translation.get_language(), self.api_version) if public else super().get_schema(request, public)


@lru_cache(maxsize=4)  # the language is what somebody asked for, so not without an end
def _schema(language: str, version: str | None) -> dict[str, Any]:
    found: dict[str, Any] = SchemaGenerator(api_version=version).get_schema(public=True)
    return found


class SchemaView(SpectacularAPIView):
    """The schema in one language, whatever the browser asks for: its descriptions are English, so are labels that it takes from models."""

    generator_class = SameForAll

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with translation.override(request.GET.get("lang") or settings.LANGUAGE_CODE):
            return super().get(request, *args, **kwargs)
