"""Questions between patients and practitioners."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from portal.audit.services import record_many

from . import services
from .filters import QuestionFilter
from .models import Question
from .serializers import AskSerializer, QuestionDetailSerializer, QuestionSerializer, WriteSerializer


@extend_schema_view(list=extend_schema(summary="Your questions; for practitioners, those that they may answer too. Newest first"))
class QuestionViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    queryset = Question.objects.none()
    serializer_class = QuestionSerializer
    filterset_class = QuestionFilter
    ordering = ["-asked_at", "-id"]

    def get_queryset(self) -> QuerySet[Question]:
        return Question.objects.visible_to(self.request.user).with_all(self.request.user)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        record_many("question.listed", page, actor=request.user, patients=[question.patient for question in page])
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(summary="One question with its messages, which count as read from now on", responses=QuestionDetailSerializer)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self._shown(self.get_object())

    @extend_schema(
        summary="Patients: ask about the reading of a scan; goes on in the open question, if there is one",
        description="Not for emergencies: nobody may read this for hours.",
        request=AskSerializer,
        responses={201: QuestionDetailSerializer},
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        form = AskSerializer(data=request.data, context=self.get_serializer_context())
        form.is_valid(raise_exception=True)
        review = getattr(form.validated_data["analysis"], "review", None)
        if review is None:
            raise services.QuestionError("nobody_to_ask", _("No practitioner reads this scan, so there is nobody to ask."))
        question = services.ask(review=review, patient=request.user, text=form.validated_data["text"])
        return self._shown(question, status=201)

    @extend_schema(summary="Write again, or answer", request=WriteSerializer, responses={201: QuestionDetailSerializer})
    @action(detail=True, methods=["post"])
    def messages(self, request: Request, **kwargs: Any) -> Response:
        question = self.get_object()
        form = WriteSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        services.write(question=question, author=request.user, text=form.validated_data["text"])
        return self._shown(question, status=201)

    @extend_schema(summary="Close it; it stays in the record", request=None, responses=QuestionDetailSerializer)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, **kwargs: Any) -> Response:
        question = self.get_object()
        services.close(question=question, by=request.user)
        return self._shown(question)

    def _shown(self, question: Question, status: int = 200) -> Response:
        messages = services.read(question=question, user=self.request.user)
        found = self.get_queryset().get(pk=question.pk)
        context = {**self.get_serializer_context(), "messages": messages}
        return Response(QuestionDetailSerializer(found, context=context).data, status=status)
