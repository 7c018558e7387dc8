"""Your data: a copy, who looked, and closing the account. Consent is given and withdrawn at /me/consent/."""

from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.accounts.tokens import require_password
from portal.audit.models import AuditEvent

from . import archive, services
from .erasure import keeps_name
from .looks import in_words, looks_of
from .models import Erasure, RetentionPolicy
from .serializers import CloseSerializer, ClosingSerializer, ErasureSerializer, LookSerializer
from .views import send


class ZipRenderer(BaseRenderer):
    """Lets a client that accepts a zip only ask for one; the view sends it by itself."""

    media_type = "application/zip"
    format = "zip"

    def render(self, data: Any, *args: Any, **kwargs: Any) -> bytes:
        raise TypeError("a copy is sent as it is written, never rendered from data")


class CopyView(APIView):
    renderer_classes = [JSONRenderer, ZipRenderer]

    @extend_schema(
        summary="A copy of everything that the portal keeps about you, as a zip",
        description="data.json, your pictures and heat-maps as they are kept, and a report for each analysis that opens without a network. "
        "It is written while it is sent; one at a time, and a few an hour.",
        responses={(200, "application/zip"): OpenApiResponse(OpenApiTypes.BINARY, description="The zip.")},
    )
    def get(self, request: Request, **kwargs: Any) -> StreamingHttpResponse:
        return send(archive.copy_everything(request.user))


class LooksView(GenericAPIView):
    queryset = AuditEvent.objects.none()
    serializer_class = LookSerializer
    filter_backends = []
    ordering = ["-id"]

    @extend_schema(
        summary="Who did what with your data, newest first",
        parameters=[OpenApiParameter("own", bool, description="Also what you did yourself.", default=False)],
        responses=LookSerializer(many=True),
    )
    def get(self, request: Request, **kwargs: Any) -> Response:
        own = request.query_params.get("own", "").lower() in ("true", "1", "yes")
        page = self.paginate_queryset(looks_of(request.user, own=own)) or []
        return self.get_paginated_response(self.get_serializer(in_words(page, request.user), many=True).data)


class ClosingView(APIView):
    def get_throttles(self) -> list[Any]:
        self.throttle_scope = "token" if self.request.method == "POST" else None
        return super().get_throttles()

    @extend_schema(summary="What becomes of your data when you leave", responses=ClosingSerializer)
    def get(self, request: Request, **kwargs: Any) -> Response:
        going = Erasure.objects.open().filter(user=request.user)
        told = {"policy": RetentionPolicy.current(), "keeps_name": keeps_name(request.user), "going": going}
        return Response(ClosingSerializer(told).data)

    @extend_schema(
        summary="Close your account",
        description="After the days of grace. All your tokens and sessions end; signing in again calls it off.",
        request=CloseSerializer,
        responses={202: ErasureSerializer},
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        form = CloseSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        require_password(request.user, form.validated_data["password"])
        return Response(ErasureSerializer(services.ask_to_close(user=request.user)).data, status=202)
