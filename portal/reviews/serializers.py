"""What each side sees of a review. The model's answer is hidden from a practitioner until their own reading is kept."""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from portal.analyses.models import Analysis
from portal.analyses.serializers import AnalysisDetailSerializer

from .models import Addendum, Opinion, Review, SavedFilter, ServiceTarget, finding_choices
from .urgency import reasons_of


class OpinionSerializer(serializers.ModelSerializer):
    finding_words = serializers.SerializerMethodField()

    class Meta:
        model = Opinion
        fields = ["stage", "finding", "finding_words", "confidence", "recommendation", "notes", "change_reason", "recorded_at"]
        read_only_fields = fields

    def get_finding_words(self, opinion: Opinion) -> str:
        return finding_choices(self.context["analysis"]).get(opinion.finding, opinion.finding)


class AddendumSerializer(serializers.ModelSerializer):
    author = serializers.CharField(source="author.name", read_only=True)

    class Meta:
        model = Addendum
        fields = ["text", "author", "added_at"]
        read_only_fields = ["author", "added_at"]


class ReadingSerializer(serializers.Serializer):
    """A finding, before the model's answer is shown."""

    finding = serializers.CharField(max_length=32, help_text="One of the review's finding_choices.")
    confidence = serializers.ChoiceField(choices=Opinion.Confidence.choices)
    recommendation = serializers.ChoiceField(choices=Opinion.Recommendation.choices)
    notes = serializers.CharField(required=False, allow_blank=True, default="", max_length=4000)


class SignSerializer(ReadingSerializer):
    """The final opinion. A finding that differs from the independent one needs a reason."""

    change_reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=1000)


class ModelAnswerSerializer(serializers.Serializer):
    """Shown when it is revealed."""

    finding = serializers.CharField()
    finding_words = serializers.CharField()
    outcome = serializers.CharField()
    probability = serializers.FloatField()
    probabilities = serializers.DictField(child=serializers.FloatField(), help_text="Of each finding.")
    threshold = serializers.FloatField()
    model_version = serializers.CharField(source="model_version.version")
    heatmap = serializers.SerializerMethodField()

    def get_heatmap(self, analysis: Analysis) -> str:
        return str(self.context["request"].build_absolute_uri(reverse("v1:analysis-heatmap", args=[analysis.pk])))


class FlagSerializer(serializers.Serializer):
    """How soon the practitioner wants it to be read, and why."""

    urgency = serializers.ChoiceField(choices=[level.label.lower() for level in Review.Urgency])
    reason = serializers.CharField(min_length=3, max_length=200)


class UrgencyReasonSerializer(serializers.Serializer):
    code = serializers.CharField()
    words = serializers.CharField()


class SavedFilterSerializer(serializers.ModelSerializer):
    """`query` is the query string of a list of reviews: q, disease, urgency and status."""

    class Meta:
        model = SavedFilter
        fields = ["id", "name", "query", "created_at"]
        read_only_fields = ["created_at"]


class ServiceTargetSerializer(serializers.ModelSerializer):
    urgency = serializers.CharField(source="get_urgency_display", read_only=True)
    hours = serializers.IntegerField(min_value=1, max_value=720)

    class Meta:
        model = ServiceTarget
        fields = ["id", "disease", "urgency", "hours"]
        read_only_fields = ["disease"]


class ReviewSerializer(serializers.ModelSerializer):
    url = serializers.HyperlinkedIdentityField(view_name="v1:review-detail")
    disease = serializers.CharField(source="analysis.disease", read_only=True)
    urgency = serializers.CharField(source="get_urgency_display", read_only=True)
    urgency_reasons = serializers.SerializerMethodField(
        help_text="Why it has its urgency. What the model's answer adds is named once it is revealed."
    )
    reference = serializers.CharField(read_only=True, help_text="Its short name, to be read aloud; ?q= finds it.")
    overdue = serializers.BooleanField(source="is_overdue", read_only=True)
    scan: Any = serializers.HyperlinkedRelatedField(source="analysis.scan", view_name="v1:scan-detail", read_only=True)
    held_by = serializers.SerializerMethodField()
    patient_age = serializers.SerializerMethodField()
    patient_sex = serializers.SerializerMethodField()
    symptoms = serializers.SerializerMethodField()
    finding_choices = serializers.SerializerMethodField()
    independent = serializers.SerializerMethodField(help_text="Your own first reading.")
    opinion = serializers.SerializerMethodField(help_text="The signed opinion.")
    addenda = AddendumSerializer(many=True, read_only=True)
    model_answer = serializers.SerializerMethodField(help_text="Null for a practitioner until their own reading is kept.")

    class Meta:
        model = Review
        fields = [
            *("id", "url", "reference", "disease", "status", "urgency", "urgency_reasons", "opened_at", "asked_at", "due_at"),
            *("overdue", "held_by", "claim_expires_at", "revealed_at"),
            *("signed_at", "scan", "patient_age", "patient_sex", "symptoms", "finding_choices", "independent", "opinion", "addenda"),
            "model_answer",
        ]
        read_only_fields = fields

    def _is_holder(self, review: Review) -> bool:
        return review.practitioner_id == self.context["request"].user.pk

    @extend_schema_field(UrgencyReasonSerializer(many=True))
    def get_urgency_reasons(self, review: Review) -> Any:
        user = self.context["request"].user
        reasons = reasons_of(review, revealed=review.is_revealed_to(user), to_patient=review.patient_id == user.pk)
        return UrgencyReasonSerializer(reasons, many=True).data

    def get_held_by(self, review: Review) -> str | None:
        return review.practitioner.name if review.practitioner else None

    def get_patient_age(self, review: Review) -> int | None:
        return review.person.age if review.person else None

    def get_patient_sex(self, review: Review) -> str:
        return review.person.sex if review.person else "unknown"

    def get_symptoms(self, review: Review) -> list[str]:
        return review.analysis.symptom_words

    def get_finding_choices(self, review: Review) -> dict[str, str]:
        return finding_choices(review.analysis)

    def _opinion(self, review: Review, opinion: Opinion | None) -> Any:
        return OpinionSerializer(opinion, context={"analysis": review.analysis}).data if opinion else None

    @extend_schema_field(OpinionSerializer(allow_null=True))
    def get_independent(self, review: Review) -> Any:
        """The reader's own; what somebody thought at first is not shown to others."""
        seen = self._is_holder(review) or self.context["request"].user.is_administrator
        return self._opinion(review, review.independent) if seen else None

    @extend_schema_field(OpinionSerializer(allow_null=True))
    def get_opinion(self, review: Review) -> Any:
        return self._opinion(review, review.final) if review.status == Review.Status.SIGNED else None

    @extend_schema_field(ModelAnswerSerializer(allow_null=True))
    def get_model_answer(self, review: Review) -> Any:
        if not review.is_revealed_to(self.context["request"].user):
            return None
        return ModelAnswerSerializer(review.analysis, context=self.context).data


class SecondOpinionSerializer(serializers.ModelSerializer):
    """How far the second opinion is, and what the practitioner signed and added."""

    practitioner = serializers.CharField(source="practitioner.name", default=None, help_text="Who reads, or has read, the scan.")
    opinion = serializers.SerializerMethodField(help_text="Once it is signed.")
    addenda = AddendumSerializer(many=True, read_only=True)

    class Meta:
        model = Review
        fields = ["id", "status", "due_at", "practitioner", "signed_at", "opinion", "addenda"]
        read_only_fields = fields

    @extend_schema_field(OpinionSerializer(allow_null=True))
    def get_opinion(self, review: Review) -> Any:
        if review.status != Review.Status.SIGNED or review.final is None:
            return None
        return OpinionSerializer(review.final, context={"analysis": self.context["analysis"]}).data


class AnalysisWithOpinionSerializer(AnalysisDetailSerializer):
    """An analysis is seen only by those whom the model's answer may reach, so its opinion may be seen with it."""

    second_opinion = serializers.SerializerMethodField(help_text="Null while there is none.")

    class Meta(AnalysisDetailSerializer.Meta):
        fields = [*AnalysisDetailSerializer.Meta.fields, "second_opinion"]
        read_only_fields = fields

    @extend_schema_field(SecondOpinionSerializer(allow_null=True))
    def get_second_opinion(self, analysis: Analysis) -> Any:
        review = getattr(analysis, "review", None)
        return SecondOpinionSerializer(review, context={**self.context, "analysis": analysis}).data if review else None
