"""Scans and their files, and files that come in pieces. A scan comes in for a disease: that is analyses.api's."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from portal.audit.services import record, record_many

from .models import Scan
from .serializers import ScanSerializer
from .views import send_image, send_thumbnail

IMAGE = {(200, "image/*"): OpenApiResponse(OpenApiTypes.BINARY, description="The file.")}


class PictureRenderer(BaseRenderer):
    """Lets a client that accepts pictures only ask for one; the view sends the file by itself."""

    media_type = "image/*"
    format = "picture"

    def render(self, data: Any, *args: Any, **kwargs: Any) -> bytes:
        raise TypeError("a picture is sent as a file, never rendered from data")


SENDS_A_PICTURE = [JSONRenderer, PictureRenderer]


@extend_schema_view(list=extend_schema(summary="Scans that you may see, newest first"), retrieve=extend_schema(summary="One scan"))
class ScanViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Scan.objects.none()
    serializer_class = ScanSerializer
    ordering = ["-uploaded_at", "-id"]
    gathered = False

    def get_queryset(self) -> QuerySet[Scan]:
        return Scan.objects.visible_to(self.request.user, gathered=self.gathered).select_related("patient")

    def candidates(self) -> QuerySet[Scan]:
        return Scan.objects.all()

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        record_many("scan.listed", page, actor=request.user, patients=[scan.patient for scan in page])
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        scan = self.get_object()
        record("scan.read", scan, actor=request.user, patient=scan.patient)
        return Response(self.get_serializer(scan).data)

    @extend_schema(summary="The picture as it is kept: without hidden data", responses=IMAGE)
    @action(detail=True, renderer_classes=SENDS_A_PICTURE)
    def image(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        return send_image(request, self.get_object())

    @extend_schema(summary="A small copy of the picture, at most 320 pixels a side", responses=IMAGE)
    @action(detail=True, renderer_classes=SENDS_A_PICTURE)
    def thumbnail(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        return send_thumbnail(request, self.get_object())
