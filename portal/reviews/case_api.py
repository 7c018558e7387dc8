"""What a case's readers do beside reading: refer, amend; and the patients who have to be told."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from portal.accounts import recheck
from portal.audit.services import record, record_many

from . import amendments, critical, readers, referrals
from .case_serializers import ColleaguesSerializer, NoticeSerializer, ReferSerializer, TellSerializer
from .filters import NoticeFilter
from .models import CriticalNotice, Review
from .serializers import AmendCallSerializer, ReviewSerializer


class CaseActions(viewsets.GenericViewSet):
    """Mixed into the reviews."""

    def _shown(self, review: Review, status: int = 200) -> Response:
        return Response(self.get_serializer(self.get_queryset().get(pk=review.pk)).data, status=status)

    @extend_schema(summary="To whom you can refer the case that you hold", responses=ColleaguesSerializer)
    @action(detail=True, filter_backends=[], pagination_class=None)
    def colleagues(self, request: Request, **kwargs: Any) -> Response:
        review = self.get_object()
        readers.require_reader(review, request.user)
        others = list(readers.colleagues(review, request.user))
        return Response(ColleaguesSerializer({"practitioners": others, "specialities": readers.specialities(others)}).data)

    @extend_schema(
        summary="Refer the case that you hold to a practitioner, or to a speciality; you keep seeing it",
        request=ReferSerializer,
        responses={201: ReviewSerializer},
    )
    @action(detail=True, methods=["post"])
    def refer(self, request: Request, **kwargs: Any) -> Response:
        review = self.get_object()
        form = ReferSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        asked = dict(form.validated_data)
        to = asked.pop("to")
        asked["to"] = None if to is None else referrals.colleague(review, request.user, to)
        referrals.refer(review=review, practitioner=request.user, **asked)
        return self._shown(review, status=201)

    @extend_schema(
        summary="Amend the answer that you signed: the next version, with a reason",
        description="Asks who you are as `sign` does.",
        request=AmendCallSerializer,
        responses={201: ReviewSerializer},
    )
    @action(detail=True, methods=["post"])
    def amend(self, request: Request, **kwargs: Any) -> Response:
        review = self.get_object()
        form = AmendCallSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        said = dict(form.validated_data)
        recheck.require(request, password=said.pop("password"), code=said.pop("code"))
        amendments.amend(review=review, practitioner=request.user, **said)
        return self._shown(review, status=201)


@extend_schema_view(
    list=extend_schema(summary="Patients who have to be told of a critical finding: those that you signed; for administrators all"),
    retrieve=extend_schema(summary="One of them"),
)
class NoticeViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = CriticalNotice.objects.none()
    serializer_class = NoticeSerializer
    filterset_class = NoticeFilter
    ordering = ["due_at", "id"]

    def get_queryset(self) -> QuerySet[CriticalNotice]:
        return CriticalNotice.objects.visible_to(self.request.user).with_all()

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        record_many("critical.listed", page, actor=request.user, patients=[notice.review.patient for notice in page])
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        notice = self.get_object()
        record("critical.read", notice, actor=request.user, patient=notice.review.patient)
        return Response(self.get_serializer(notice).data)

    @extend_schema(summary="Record who told the patient, how and when; it closes the to-do", request=TellSerializer)
    @action(detail=True, methods=["post"])
    def told(self, request: Request, **kwargs: Any) -> Response:
        notice = self.get_object()
        form = TellSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        critical.tell(notice=notice, by=request.user, **form.validated_data)
        return Response(self.get_serializer(self.get_queryset().get(pk=notice.pk)).data)
