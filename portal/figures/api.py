"""How you read; for administrators, how everybody reads, and how the models do."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from portal.analyses.models import ModelVersion

from .live import live, live_of, weeks_of
from .readers import figures_of, figures_of_all
from .serializers import AllFiguresSerializer, ModelFiguresSerializer, ReaderSerializer


class MyFiguresView(APIView):
    @extend_schema(summary="Practitioners: how you read", responses=ReaderSerializer)
    def get(self, request: Request, **kwargs: Any) -> Response:
        if not request.user.is_verified_practitioner:
            raise PermissionDenied
        return Response(ReaderSerializer(figures_of(request.user)).data)


class AllFiguresView(APIView):
    @extend_schema(summary="Administrators: how everybody reads, and how every model version does", responses=AllFiguresSerializer)
    def get(self, request: Request, **kwargs: Any) -> Response:
        if not request.user.is_administrator:
            raise PermissionDenied
        return Response(AllFiguresSerializer({"practitioners": figures_of_all(), "models": live()}).data)


class ModelFiguresView(APIView):
    @extend_schema(summary="Administrators: calibration of one model version, and its weeks", responses=ModelFiguresSerializer)
    def get(self, request: Request, pk: int, **kwargs: Any) -> Response:
        if not request.user.is_administrator:
            raise PermissionDenied
        version = get_object_or_404(ModelVersion, pk=pk)
        of_it = live_of(version)
        told = {"live": of_it, "calibration": of_it.calibration.get("calibration", []), "weeks": weeks_of(version)}
        return Response(ModelFiguresSerializer(told).data)
