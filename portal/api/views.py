"""The description of the API itself."""

from typing import Any

from django.conf import settings
from django.utils import translation
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request
from rest_framework.response import Response


class SchemaView(SpectacularAPIView):
    """The schema in one language, whatever the browser asks for: its descriptions are English, so are labels that it takes from models."""

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with translation.override(request.GET.get("lang") or settings.LANGUAGE_CODE):
            return super().get(request, *args, **kwargs)
