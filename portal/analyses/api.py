"""The catalogue, upload, and the answers."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404, HttpResponseBase
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from inference import diseases
from inference.imaging import MAX_BYTES, ImageRejected
from portal.accounts.files import send
from portal.audit.services import record, record_many
from portal.scans import uploads
from portal.scans.api import SENDS_A_PICTURE

from . import services, versions
from .filters import AnalysisFilter, ModelVersionFilter
from .models import Analysis, ModelVersion
from .serializers import (
    AnalysisDetailSerializer,
    AnalysisSerializer,
    DiseaseSerializer,
    ModelVersionSerializer,
    OperatingPointSerializer,
    SideSerializer,
    UploadSerializer,
)

DONE = OpenApiExample(
    "done",
    response_only=True,
    value={
        "id": "0d5f6a4e-52a4-4d02-8a3a-f1c0f3f0f9b1",
        "disease": "malaria",
        "status": "done",
        "report_status": "preliminary",
        "finding": "parasitized",
        "finding_words": "a malaria parasite in this cell",
        "outcome": "suspicious",
        "probability": 0.97,
        "probabilities": {"uninfected": 0.03, "parasitized": 0.97},
        "threshold": 0.5,
        "model_version": "1.0.0",
        "place": None,
    },
)
UPLOAD = OpenApiExample(
    "one cell",
    request_only=True,
    media_type="multipart/form-data",
    value={"file": "@cell.png", "disease": "malaria", "symptoms": ["fever"], "wants_review": True},
)
UPLOAD_FOR_ALL = OpenApiExample(
    "one film for all three chest diseases",
    request_only=True,
    media_type="multipart/form-data",
    value={"file": "@film.png", "disease": "tuberculosis", "also": ["pneumonia", "covid19"]},
)
KEY_LENGTH = 200
FORM_BYTES = 2**20  # what the other fields of an upload may take
KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Your own name for this upload. Sent again with the same upload it gives the same analysis; with another one, 422.",
)


class DiseaseViewSet(viewsets.GenericViewSet):
    """What can be tested, with which model, and how good that is."""

    serializer_class = DiseaseSerializer
    pagination_class = None
    filter_backends = []
    lookup_field = "code"
    lookup_value_regex = "[a-z0-9_]+"

    def get_serializer_context(self) -> dict[str, Any]:
        active = {version.disease: version for version in ModelVersion.objects.filter(state=ModelVersion.State.ACTIVE)}
        return {**super().get_serializer_context(), "active": active}

    @extend_schema(summary="All diseases of the catalogue", responses=DiseaseSerializer(many=True))
    def list(self, request: Request, **kwargs: Any) -> Response:
        return Response(self.get_serializer(list(diseases.DISEASES.values()), many=True).data)

    @extend_schema(summary="One disease", parameters=[OpenApiParameter("code", str, OpenApiParameter.PATH)])
    def retrieve(self, request: Request, code: str, **kwargs: Any) -> Response:
        if code not in diseases.DISEASES:
            raise Http404
        return Response(self.get_serializer(diseases.get(code)).data)


@extend_schema_view(
    list=extend_schema(summary="Every model version: in use, not in use, retired"),
    retrieve=extend_schema(summary="One model card, with the operating point in force"),
)
class ModelVersionViewSet(viewsets.ReadOnlyModelViewSet):
    """What has answered, or can. Everybody who is signed in reads it; administrators change what is in use, and where answers turn."""

    queryset = ModelVersion.objects.all()
    serializer_class = ModelVersionSerializer
    filterset_class = ModelVersionFilter
    pagination_class = None
    lookup_value_regex = "[0-9]{1,9}"

    def _managed(self, request: Request) -> ModelVersion:
        if not request.user.is_administrator:
            raise PermissionDenied
        return self.get_object()

    def _shown(self) -> Response:
        return Response(self.get_serializer(self.get_object()).data)

    @extend_schema(
        summary="Administrators: set the operating point of new answers", request=OperatingPointSerializer, responses=ModelVersionSerializer
    )
    @action(detail=True, methods=["put"], url_path="operating-point")
    def operating_point(self, request: Request, **kwargs: Any) -> Response:
        version = self._managed(request)
        asked = OperatingPointSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        versions.set_operating_point(version=version, by=request.user, **asked.validated_data)
        return self._shown()

    @extend_schema(summary="Administrators: back to the shipped operating point", request=None, responses={200: ModelVersionSerializer})
    @operating_point.mapping.delete
    def reset_operating_point(self, request: Request, **kwargs: Any) -> Response:
        versions.reset_operating_point(version=self._managed(request), by=request.user)
        return self._shown()

    @extend_schema(summary="Administrators: new scans of the disease use this version from now on", request=None)
    @action(detail=True, methods=["post"])
    def activate(self, request: Request, **kwargs: Any) -> Response:
        versions.activate(version=self._managed(request), by=request.user)
        return self._shown()

    @extend_schema(summary="Administrators: take it out of use; its answers stay", request=None)
    @action(detail=True, methods=["post"])
    def retire(self, request: Request, **kwargs: Any) -> Response:
        versions.retire(version=self._managed(request), by=request.user)
        return self._shown()


@extend_schema_view(
    list=extend_schema(summary="Analyses that you may see, newest first"),
    retrieve=extend_schema(summary="One analysis: its state, and its answer", examples=[DONE]),
)
class AnalysisViewSet(mixins.RetrieveModelMixin, mixins.ListModelMixin, viewsets.GenericViewSet):
    queryset = Analysis.objects.none()
    serializer_class = AnalysisSerializer
    detail_serializer_class: type[AnalysisDetailSerializer] = AnalysisDetailSerializer
    filterset_class = AnalysisFilter
    ordering = ["-queued_at", "-id"]
    throttle_scope: str | None = None
    gathered = False
    problems: ClassVar = {"create": ["422"]}

    def get_throttles(self) -> list[Any]:
        self.throttle_scope = "upload" if self.action == "create" else None
        return super().get_throttles()

    def get_serializer_class(self) -> Any:
        return self.serializer_class if self.action == "list" else self.detail_serializer_class

    def get_queryset(self) -> QuerySet[Analysis]:
        found = Analysis.objects.visible_to(self.request.user, gathered=self.gathered)
        found = found.select_related("scan", "model_version", "patient", "review").prefetch_related("review__addenda", "review__opinions")
        return found.defer("model_version__manifest", "model_version__metrics")

    def candidates(self) -> QuerySet[Analysis]:
        return Analysis.objects.all()

    @extend_schema(
        summary="Upload a scan and have it analysed, for one disease or for several that take the same kind of picture",
        description="The bytes decide the type. 200 and the earlier analysis when the same bytes were sent for the same disease before.",
        request={"multipart/form-data": UploadSerializer},
        parameters=[KEY],
        responses={201: AnalysisDetailSerializer, 200: AnalysisDetailSerializer},
        examples=[UPLOAD, UPLOAD_FOR_ALL, DONE],
    )
    def create(self, request: Request, **kwargs: Any) -> Response:
        if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BYTES + FORM_BYTES:  # before any of it is read, even to disk
            raise ImageRejected("too_large")
        key = request.headers.get("Idempotency-Key", "")
        if len(key) > KEY_LENGTH:  # cut short, two keys could become one
            raise ValidationError({"Idempotency-Key": [_("At most {count} characters.").format(count=KEY_LENGTH)]})
        form = UploadSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        upload = uploads.find(owner=request.user, pk=asked["upload"]) if "upload" in asked else None
        file = upload.file if upload else asked["file"]
        if file.size > MAX_BYTES:  # before a byte of it is read into memory
            raise ImageRejected("too_large")
        submitted = services.submit(
            patient=request.user,
            data=file.read(),
            disease=asked["disease"],
            also=asked["also"],
            symptoms=asked["symptoms"],
            wants_review=asked["wants_review"],
            laterality=asked["laterality"],
            idempotency_key=key,
            dependant=asked.get("dependant"),
        )
        if upload:
            uploads.discard(upload)
        shown = self._detail(self.get_queryset().get(pk=submitted.analysis.pk))
        return Response(shown, status=201 if submitted.created else 200, headers={"Location": shown["url"]})

    def get_parsers(self) -> list[Any]:
        """An upload is multipart. (Asked for before the action is known, so the method decides.)"""
        is_upload = self.request is not None and getattr(self, "action_map", {}).get(str(self.request.method).lower()) == "create"
        return [MultiPartParser()] if is_upload else super().get_parsers()

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        record_many("analysis.listed", page, actor=request.user, patients=[analysis.patient for analysis in page])
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        analysis = self.get_object()
        services.note_read(analysis=analysis, by=request.user)
        return Response(self._detail(analysis))

    @extend_schema(
        summary="Where the model looked: a PNG to lay over the picture",
        responses={(200, "image/png"): OpenApiResponse(OpenApiTypes.BINARY, description="RGBA, the aspect of the picture.")},
    )
    @action(detail=True, renderer_classes=SENDS_A_PICTURE)
    def heatmap(self, request: Request, **kwargs: Any) -> HttpResponseBase:
        analysis = self.get_object()
        if not analysis.heatmap:
            raise Http404
        record("analysis.heatmap_read", analysis, actor=request.user, patient=analysis.patient)
        return send(analysis.heatmap, "image/png")

    @extend_schema(summary="Stop an analysis that waits or runs", request=None)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, **kwargs: Any) -> Response:
        analysis = self.get_object()
        if not (request.user.is_administrator or analysis.patient_id == request.user.pk):
            raise PermissionDenied
        services.cancel(analysis=analysis, by=request.user)
        return Response(self._detail(analysis))

    @extend_schema(summary="Its patient: say which of two it shows, while nobody has begun to read it", request=SideSerializer)
    @action(detail=True, methods=["post"])
    def side(self, request: Request, **kwargs: Any) -> Response:
        analysis = self.get_object()
        if analysis.patient_id != request.user.pk:
            raise PermissionDenied
        asked = SideSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        services.correct_side(analysis=analysis, by=request.user, **asked.validated_data)
        return Response(self._detail(analysis))

    @extend_schema(summary="Administrators: run a failed or cancelled analysis again", request=None)
    @action(detail=True, methods=["post"])
    def requeue(self, request: Request, **kwargs: Any) -> Response:
        analysis = self.get_object()
        if not request.user.is_administrator:
            raise PermissionDenied
        services.requeue(analysis=analysis, by=request.user)
        return Response(self._detail(analysis))

    def _detail(self, analysis: Analysis) -> dict[str, Any]:
        return self.detail_serializer_class(analysis, context=self.get_serializer_context()).data
