"""The audit as FHIR AuditEvents, for administrators."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import mixins, viewsets
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from . import fhir
from .filters import AuditEventFilter
from .models import AuditEvent
from .services import record_export

BUNDLE = OpenApiResponse(OpenApiTypes.OBJECT, description="A FHIR R4 Bundle (searchset) of AuditEvents; its link `next` leads on.")


class IsAdministrator(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(request.user.is_authenticated and request.user.is_administrator)


class AuditEventViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    queryset = AuditEvent.objects.none()
    serializer_class = Serializer  # of nothing: fhir.py builds what is sent
    filterset_class = AuditEventFilter
    ordering = ["-id"]

    def get_permissions(self) -> list[Any]:
        return [*super().get_permissions(), IsAdministrator()]

    def get_queryset(self) -> Any:
        return AuditEvent.objects.select_related("patient")

    @extend_schema(
        summary="Administrators: the audit as FHIR R4 AuditEvents, newest first",
        description="Filter by `patient` and `actor` (the portal's number of a person), `action` and time. Each page is audited itself.",
        responses={200: BUNDLE},
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        record_export([event.patient for event in page], by=request.user, way="API")
        following = self.paginator.get_next_link()  # type: ignore[union-attr]
        return Response(fhir.bundle(page, following=following, here=request.build_absolute_uri()))

    @extend_schema(summary="Administrators: one event as a FHIR R4 AuditEvent", responses={200: OpenApiTypes.OBJECT})
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        event = self.get_object()
        record_export([event.patient], by=request.user, way="API")
        return Response(fhir.resource(event))
