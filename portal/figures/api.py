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
from .serializers import AllFiguresSerializer, ModelFiguresSerializer, MyFiguresSerializer
from .services import counted


class MyFiguresView(APIView):
    @extend_schema(summary="Practitioners: how you read", responses=MyFiguresSerializer)
    def get(self, request: Request, **kwargs: Any) -> Response:
        if not request.user.is_verified_practitioner:
            raise PermissionDenied
        counts = counted()
        return Response(MyFiguresSerializer(figures_of(request.user, counts), context={"counts": counts}).data)


class AllFiguresView(APIView):
    @extend_schema(summary="Administrators: how everybody reads, and how every model version does", responses=AllFiguresSerializer)
    def get(self, request: Request, **kwargs: Any) -> Response:
        if not request.user.is_administrator:
            raise PermissionDenied
        counts = counted()
        told = {"practitioners": figures_of_all(counts), "models": live(counts)}
        return Response(AllFiguresSerializer(told, context={"counts": counts}).data)


class ModelFiguresView(APIView):
    @extend_schema(summary="Administrators: calibration of one model version, and its weeks", responses=ModelFiguresSerializer)
    def get(self, request: Request, pk: int, **kwargs: Any) -> Response:
        if not request.user.is_administrator:
            raise PermissionDenied
        version = get_object_or_404(ModelVersion, pk=pk)
        counts = counted()
        of_it = live_of(version, counts)
        told = {"live": of_it, "calibration": of_it.calibration.get("calibration", []), "weeks": weeks_of(version, counts)}
        return Response(ModelFiguresSerializer(told, context={"counts": counts}).data)
