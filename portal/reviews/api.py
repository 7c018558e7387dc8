"""The practitioners' queue and the second opinion."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from portal.analyses.api import AnalysisViewSet
from portal.analyses.models import Analysis
from portal.audit.services import record, record_many
from portal.scans.models import Scan
from portal.scans.serializers import ScanSerializer

from . import services
from .filters import ReviewFilter
from .models import Review
from .serializers import AddendumSerializer, AnalysisWithOpinionSerializer, ReadingSerializer, ReviewSerializer, SignSerializer


@extend_schema_view(
    list=extend_schema(summary="The queue, what is due first comes first; for patients, the reviews of their scans"),
    retrieve=extend_schema(summary="One review; the model's answer is there once your own reading is kept"),
)
class ReviewViewSet(viewsets.ReadOnlyModelViewSet):
    queryset = Review.objects.none()
    serializer_class = ReviewSerializer
    filterset_class = ReviewFilter
    ordering = ["due_at", "id"]

    def get_queryset(self) -> QuerySet[Review]:
        """For a verified practitioner the list is their worklist: their own scans are found one by one, or as a patient's analyses."""
        reviews, user = Review.objects, self.request.user
        is_worklist = self.action == "list" and user.is_authenticated and user.is_verified_practitioner
        return (reviews.queue_of(user) if is_worklist else reviews.visible_to(user)).with_all()

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        record_many("review.listed", page, actor=request.user, patients=[review.patient for review in page])
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        review = self.get_object()
        record("review.opened_page", review, actor=request.user, patient=review.patient)
        return self._shown(review)

    def _shown(self, review: Review, status: int = 200) -> Response:
        return Response(self.get_serializer(self.get_queryset().get(pk=review.pk)).data, status=status)

    @extend_schema(
        summary="The patient's earlier pictures of the same kind that you may see, newest first", responses=ScanSerializer(many=True)
    )
    @action(detail=True, url_path="earlier-scans", filterset_class=None, ordering=["-uploaded_at", "-id"])
    def earlier_scans(self, request: Request, **kwargs: Any) -> Response:
        review = self.get_object()
        visible = Scan.objects.visible_to(request.user)
        scan = review.analysis.scan
        seen = visible.filter(pk=scan.pk).exists()  # else the review is another practitioner's, and so is the comparison
        page = self.paginate_queryset(visible.before(scan, review.analysis.catalogue) if seen else visible.none()) or []
        record_many("scan.listed", page, actor=request.user, patients=[review.patient] * len(page))
        return self.get_paginated_response(ScanSerializer(page, many=True, context=self.get_serializer_context()).data)

    @extend_schema(summary="Take it for 30 minutes", request=None)
    @action(detail=True, methods=["post"])
    def claim(self, request: Request, **kwargs: Any) -> Response:
        return self._shown(services.claim(review=self.get_object(), practitioner=request.user))

    @extend_schema(summary="Give it back to the queue", request=None)
    @action(detail=True, methods=["post"])
    def release(self, request: Request, **kwargs: Any) -> Response:
        return self._shown(services.release(review=self.get_object(), practitioner=request.user))

    @extend_schema(summary="Keep your own reading; it reveals the model's answer", request=ReadingSerializer, responses=ReviewSerializer)
    @action(detail=True, methods=["post"])
    def reading(self, request: Request, **kwargs: Any) -> Response:
        review = self.get_object()
        services.record_reading(review=review, practitioner=request.user, **_valid(ReadingSerializer, request))
        return self._shown(review)

    @extend_schema(summary="Sign the final opinion", request=SignSerializer, responses=ReviewSerializer)
    @action(detail=True, methods=["post"])
    def sign(self, request: Request, **kwargs: Any) -> Response:
        review = self.get_object()
        services.sign(review=review, practitioner=request.user, **_valid(SignSerializer, request))
        return self._shown(review)

    @extend_schema(summary="Add to the opinion that you signed", request=AddendumSerializer, responses={201: ReviewSerializer})
    @action(detail=True, methods=["post"])
    def addenda(self, request: Request, **kwargs: Any) -> Response:
        review = self.get_object()
        services.add_addendum(review=review, practitioner=request.user, **_valid(AddendumSerializer, request))
        return self._shown(review, status=201)

    @extend_schema(summary="Patients: no practitioner should read this scan", request=None)
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, **kwargs: Any) -> Response:
        return self._shown(services.decline(review=self.get_object(), patient=request.user))


@extend_schema_view(create=extend_schema(responses={201: AnalysisWithOpinionSerializer, 200: AnalysisWithOpinionSerializer}))
class AnalysisWithOpinionViewSet(AnalysisViewSet):
    """The analyses, each with its second opinion: composed here, because analyses know nothing of reviews."""

    detail_serializer_class = AnalysisWithOpinionSerializer

    def get_queryset(self) -> QuerySet[Analysis]:
        found = super().get_queryset()
        if self.action == "list":
            return found
        return found.select_related("review__practitioner").prefetch_related("review__opinions", "review__addenda__author")

    @extend_schema(summary="Patients: no practitioner should read this scan", request=None)
    @action(detail=True, methods=["post"], url_path="decline-review")
    def decline_review(self, request: Request, **kwargs: Any) -> Response:
        analysis = self.get_object()
        if not hasattr(analysis, "review"):
            raise Http404
        services.decline(review=analysis.review, patient=request.user)
        return Response(self._detail(self.get_queryset().get(pk=analysis.pk)))


def _valid(form: Any, request: Request) -> dict[str, Any]:
    filled = form(data=request.data)
    filled.is_valid(raise_exception=True)
    return dict(filled.validated_data)
