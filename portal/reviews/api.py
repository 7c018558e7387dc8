"""The practitioners' queue and the second opinion."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from portal.accounts import recheck
from portal.analyses.api import AnalysisViewSet
from portal.analyses.models import Analysis
from portal.audit.services import record, record_many
from portal.scans.models import Scan
from portal.scans.serializers import ScanSerializer

from . import drafts, flags, own_templates, saved, services, structured, targets
from .case_api import CaseActions
from .draft_serializers import DraftSerializer, ReadingTemplateSerializer, SaidSerializer, TemplateChangeSerializer
from .filters import ReviewFilter
from .models import Draft, Opinion, ReadingTemplate, Review, SavedFilter, ServiceTarget, finding_choices
from .serializers import (
    AddendumSerializer,
    AnalysisWithOpinionSerializer,
    FlagSerializer,
    ReadingFormSerializer,
    ReadingSerializer,
    ReviewSerializer,
    SavedFilterSerializer,
    ServiceTargetSerializer,
    SignCallSerializer,
)

STAGE = OpenApiParameter("stage", str, OpenApiParameter.PATH, enum=Opinion.Stage.values)


@extend_schema_view(
    list=extend_schema(summary="The queue, what is due first comes first; for patients, the reviews of their scans"),
    retrieve=extend_schema(summary="One review; the model's answer is there once your own reading is kept"),
)
class ReviewViewSet(CaseActions, viewsets.ReadOnlyModelViewSet):
    queryset = Review.objects.none()
    serializer_class = ReviewSerializer
    filterset_class = ReviewFilter
    ordering = ["due_at", "id"]
    gathered = False

    def get_queryset(self) -> QuerySet[Review]:
        """For a verified practitioner the list is their worklist: their own scans are found one by one, or as a patient's analyses."""
        reviews, user = Review.objects, self.request.user
        is_worklist = self.action == "list" and user.is_authenticated and user.is_verified_practitioner
        asked = reviews.queue_of if is_worklist else reviews.visible_to
        return asked(user, gathered=self.gathered).with_all()

    def candidates(self) -> QuerySet[Review]:
        status = self.request.query_params.get("status", "")
        return Review.objects.filter(status=status) if status in Review.Status.values else Review.objects.all()

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        record_many("review.listed", page, actor=request.user, patients=[review.patient for review in page])
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        review = self.get_object()
        record("review.opened_page", review, actor=request.user, patient=review.patient)
        return self._shown(review)

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

    @extend_schema(summary="Raise or lower its urgency, with a reason", request=FlagSerializer, responses=ReviewSerializer)
    @action(detail=True, methods=["post"])
    def flag(self, request: Request, **kwargs: Any) -> Response:
        review, asked = self.get_object(), _valid(FlagSerializer, request)
        urgency = Review.Urgency[asked["urgency"].upper()]
        return self._shown(flags.flag(review=review, practitioner=request.user, urgency=urgency, reason=asked["reason"]))

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

    @extend_schema(
        summary="Sign the final opinion",
        description="Answers 403 `reauthentication_required` when your token, or your session, is older than the place allows (15 minutes, "
        "unless set otherwise): call again with your `password`, or the `code` of your authenticator. That lasts as long again. A wrong "
        "one is 403 `reauthentication_failed`, and counts against the limit of failed sign-ins.",
        request=SignCallSerializer,
        responses=ReviewSerializer,
    )
    @action(detail=True, methods=["post"])
    def sign(self, request: Request, **kwargs: Any) -> Response:
        review, said = self.get_object(), _valid(SignCallSerializer, request)
        recheck.require(request, password=said.pop("password"), code=said.pop("code"))
        services.sign(review=review, practitioner=request.user, **said)
        return self._shown(review)

    def _draft(self, stage: str) -> Draft:
        review = self.get_object()
        return get_object_or_404(Draft.objects.visible_to(self.request.user), review=review, stage=stage)

    @extend_schema(summary="Your draft of a reading; seen by nobody else", parameters=[STAGE], responses=DraftSerializer)
    @action(detail=True, url_path="drafts/(?P<stage>independent|final)", filter_backends=[], pagination_class=None)
    def draft(self, request: Request, stage: str, **kwargs: Any) -> Response:
        draft = self._draft(stage)
        record("review.draft_read", draft.review, actor=request.user, patient=draft.review.patient, stage=stage)
        return Response(DraftSerializer(draft).data)

    @extend_schema(
        summary="Keep a draft as it is now; it is gone when the reading is kept or signed",
        parameters=[STAGE],
        request=SaidSerializer,
        responses=DraftSerializer,
    )
    @draft.mapping.put
    def save_draft(self, request: Request, stage: str, **kwargs: Any) -> Response:
        review, said = self.get_object(), _valid(SaidSerializer, request)
        return Response(DraftSerializer(drafts.save(review=review, practitioner=request.user, stage=stage, said=said)).data)

    @extend_schema(summary="Throw your draft away", parameters=[STAGE], responses={204: OpenApiResponse(description="It is gone.")})
    @draft.mapping.delete
    def discard_draft(self, request: Request, stage: str, **kwargs: Any) -> Response:
        drafts.discard(review=self._draft(stage).review, practitioner=request.user, stage=stage)
        return Response(status=204)

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


@extend_schema_view(
    list=extend_schema(summary="Your templates"),
    retrieve=extend_schema(summary="One of your templates"),
)
class ReadingTemplateViewSet(viewsets.ReadOnlyModelViewSet):
    """Choices and words that a practitioner uses again. Each sees and changes only their own."""

    queryset = ReadingTemplate.objects.none()
    serializer_class = ReadingTemplateSerializer
    pagination_class = None
    filter_backends = []
    lookup_value_regex = "[0-9]{1,9}"

    def get_queryset(self) -> QuerySet[ReadingTemplate]:
        return ReadingTemplate.objects.visible_to(self.request.user)

    @extend_schema(summary="Keep a template", responses={201: ReadingTemplateSerializer})
    def create(self, request: Request, **kwargs: Any) -> Response:
        template = own_templates.save(practitioner=request.user, **_valid(ReadingTemplateSerializer, request))
        return Response(self.get_serializer(template).data, status=201)

    @extend_schema(summary="Rename a template, or change it", request=TemplateChangeSerializer, responses=ReadingTemplateSerializer)
    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        template = own_templates.change(template=self.get_object(), **_valid(TemplateChangeSerializer, request))
        return Response(self.get_serializer(template).data)

    @extend_schema(summary="Delete a template", responses={204: OpenApiResponse(description="It is gone.")})
    def destroy(self, request: Request, **kwargs: Any) -> Response:
        own_templates.remove(template=self.get_object())
        return Response(status=204)


class ReadingFormViewSet(viewsets.GenericViewSet):
    """What a practitioner can say about a picture, disease by disease. The same for everybody."""

    serializer_class = ReadingFormSerializer
    pagination_class = None
    filter_backends = []
    lookup_field = "disease"
    lookup_value_regex = "[a-z0-9_]+"

    @staticmethod
    def _form(disease: str) -> dict[str, Any]:
        return {
            "disease": disease,
            "findings": finding_choices(Analysis(disease=disease)),
            "confidence": dict(Opinion.Confidence.choices),
            "recommendation": dict(Opinion.Recommendation.choices),
            "urgency": dict(Opinion.Urgency.choices),
            "usual_urgency": {code: Opinion.usual_urgency(code) for code in Opinion.Recommendation.values},
            "details": structured.fields_of(disease),
        }

    @extend_schema(summary="The reading forms of all diseases", responses=ReadingFormSerializer(many=True))
    def list(self, request: Request, **kwargs: Any) -> Response:
        return Response(self.get_serializer([self._form(disease) for disease in structured.FIELDS], many=True).data)

    @extend_schema(summary="The reading form of one disease", parameters=[OpenApiParameter("disease", str, OpenApiParameter.PATH)])
    def retrieve(self, request: Request, disease: str, **kwargs: Any) -> Response:
        if disease not in structured.FIELDS:
            raise Http404
        return Response(self.get_serializer(self._form(disease)).data)


@extend_schema_view(
    list=extend_schema(summary="Your saved views of the worklist"),
    create=extend_schema(summary="Keep a view under a name; the same name again changes it"),
    destroy=extend_schema(summary="Remove one"),
)
class SavedFilterViewSet(mixins.ListModelMixin, mixins.CreateModelMixin, mixins.DestroyModelMixin, viewsets.GenericViewSet):
    queryset = SavedFilter.objects.none()
    serializer_class = SavedFilterSerializer
    ordering = ["id"]

    def get_queryset(self) -> QuerySet[SavedFilter]:
        return SavedFilter.objects.visible_to(self.request.user)

    def perform_create(self, serializer: Any) -> None:
        serializer.instance = saved.save_filter(user=self.request.user, **serializer.validated_data)

    def perform_destroy(self, instance: SavedFilter) -> None:
        saved.remove_filter(saved=instance)


@extend_schema_view(list=extend_schema(summary="In how many hours a scan should be read, by disease and urgency"))
class ServiceTargetViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    queryset = ServiceTarget.objects.all()
    serializer_class = ServiceTargetSerializer
    ordering = ["disease", "urgency"]

    @extend_schema(summary="Administrators: set one; what is open is due anew")
    def update(self, request: Request, **kwargs: Any) -> Response:
        if not request.user.is_administrator:
            raise PermissionDenied
        target, asked = self.get_object(), self.get_serializer(data=request.data)
        asked.is_valid(raise_exception=True)
        targets.change(target=target, hours=asked.validated_data["hours"], by=request.user)
        return Response(self.get_serializer(target).data)


@extend_schema_view(create=extend_schema(responses={201: AnalysisWithOpinionSerializer, 200: AnalysisWithOpinionSerializer}))
class AnalysisWithOpinionViewSet(AnalysisViewSet):
    """The analyses, each with its second opinion: composed here, because analyses know nothing of reviews."""

    detail_serializer_class = AnalysisWithOpinionSerializer

    def get_queryset(self) -> QuerySet[Analysis]:
        found = super().get_queryset()
        if self.action == "list":
            return found
        return found.select_related("review__practitioner").prefetch_related("review__opinions__practitioner", "review__addenda__author")

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
