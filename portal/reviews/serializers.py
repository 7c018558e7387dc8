"""What each side sees of a review. The model's answer is hidden from a practitioner until their own reading is kept."""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from portal.analyses.models import Analysis
from portal.analyses.serializers import AnalysisDetailSerializer

from . import readers, structured
from .case_serializers import ReferralSerializer, SignedReadingSerializer
from .models import Addendum, Opinion, Review, Role, SavedFilter, ServiceTarget, finding_choices
from .urgency import reasons_of


class LineSerializer(serializers.Serializer):
    """From one point to another, in pixels of the upright picture, from its upper left corner."""

    number = serializers.IntegerField(help_text="Its own among the lines of a reading, from 1 on.")
    x1 = serializers.FloatField()
    y1 = serializers.FloatField()
    x2 = serializers.FloatField()
    y2 = serializers.FloatField()


class CalibrationSerializer(serializers.Serializer):
    """So many pixels are so many millimetres: from something in the picture whose length the reader knew."""

    pixels = serializers.FloatField()
    millimetres = serializers.FloatField()


class MeasurementsSerializer(serializers.Serializer):
    """Lines in the picture. Their lengths are in pixels; in millimetres too where the reader calibrated."""

    lines = LineSerializer(many=True, required=False)
    calibration = CalibrationSerializer(required=False, allow_null=True)


class OpinionSerializer(serializers.ModelSerializer):
    finding_words = serializers.SerializerMethodField()
    advice = serializers.CharField(read_only=True, help_text="What to do and how soon, as a sentence for the patient.")
    details = serializers.DictField(read_only=True, help_text="By the codes of the disease's reading form.")
    details_words = serializers.SerializerMethodField(help_text="The same in words.")
    measurements = MeasurementsSerializer(read_only=True, help_text="What was measured in the picture.")
    measured = serializers.SerializerMethodField(help_text="Each line's length, in words.")

    class Meta:
        model = Opinion
        fields = [
            *("stage", "version", "finding", "finding_words", "confidence", "recommendation", "urgency", "advice"),
            *("details", "details_words", "measurements", "measured", "notes", "change_reason", "amend_reason", "recorded_at"),
        ]
        read_only_fields = fields

    def get_details_words(self, opinion: Opinion) -> dict[str, str]:
        return dict(structured.worded(self.context["analysis"].disease, opinion.details))

    def get_measured(self, opinion: Opinion) -> dict[str, str]:
        return dict(opinion.measured)

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
    urgency = serializers.ChoiceField(
        choices=Opinion.Urgency.choices,
        required=False,
        allow_blank=True,
        default="",
        help_text="How soon. Left out: as usual for the recommendation, see the reading form. Not with `none`.",
    )
    details = serializers.DictField(
        required=False,
        default=dict,
        help_text="By the codes of the disease's reading form: GET /reading-forms/{disease}/. All are optional.",
    )
    measurements = MeasurementsSerializer(
        required=False, default=dict, help_text="Lines that you measured: at most 50, inside the picture, none shorter than a pixel."
    )
    notes = serializers.CharField(required=False, allow_blank=True, default="", max_length=4000)


class DetailChoiceSerializer(serializers.Serializer):
    code = serializers.CharField()
    words = serializers.CharField()
    fits = serializers.ListField(child=serializers.CharField(), help_text="The findings that it goes with; empty: with every one.")


class DetailFieldSerializer(serializers.Serializer):
    """One question about a disease. Kind one and site: a code; many: a list of codes; number: from 0 to the maximum."""

    code = serializers.CharField()
    words = serializers.CharField()
    kind = serializers.ChoiceField(choices=["one", "many", "number", "site"])
    choices = DetailChoiceSerializer(many=True)
    fits = serializers.ListField(child=serializers.CharField(), help_text="The findings that it goes with; empty: with every one.")
    maximum = serializers.FloatField(help_text="Of a number.")
    whole = serializers.BooleanField(help_text="Whether a number must be whole.")


class ReadingFormSerializer(serializers.Serializer):
    """What a practitioner can say about a picture of this disease, with its words."""

    disease = serializers.CharField()
    findings = serializers.DictField(child=serializers.CharField())
    confidence = serializers.DictField(child=serializers.CharField())
    recommendation = serializers.DictField(child=serializers.CharField())
    urgency = serializers.DictField(child=serializers.CharField())
    usual_urgency = serializers.DictField(child=serializers.CharField(), help_text="Of each recommendation, where nobody says otherwise.")
    details = DetailFieldSerializer(many=True)


class SignSerializer(ReadingSerializer):
    """The final opinion. A finding that differs from the independent one needs a reason."""

    change_reason = serializers.CharField(required=False, allow_blank=True, default="", max_length=1000)


class AmendSerializer(ReadingSerializer):
    """The next version of a signed opinion."""

    reason = serializers.CharField(max_length=1000, help_text="Why it is amended; the patient reads it.")


class ProofSerializer(serializers.Serializer):
    """What shows that it is still you, where your sign-in is older than the place allows (15 minutes, unless set otherwise)."""

    password = serializers.CharField(required=False, default="", allow_blank=True, write_only=True, trim_whitespace=False, max_length=128)
    code = serializers.CharField(
        required=False, default="", allow_blank=True, write_only=True, max_length=64, help_text="Of your authenticator, or a recovery code."
    )


class SignCallSerializer(ProofSerializer, SignSerializer):
    pass


class AmendCallSerializer(ProofSerializer, AmendSerializer):
    pass


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

    urgency = serializers.ChoiceField(choices=[level.code.lower() for level in Review.Urgency])
    reason = serializers.CharField(min_length=3, max_length=200)


class UrgencyReasonSerializer(serializers.Serializer):
    code = serializers.CharField()
    words = serializers.CharField()


class UrgencyField(serializers.CharField):
    """Its code: the same in every language."""

    def to_representation(self, value: Any) -> str:
        return Review.Urgency(value).code


class SavedFilterSerializer(serializers.ModelSerializer):
    """`query` is the query string of a list of reviews: q, disease, urgency and status."""

    class Meta:
        model = SavedFilter
        fields = ["id", "name", "query", "created_at"]
        read_only_fields = ["created_at"]


class ServiceTargetSerializer(serializers.ModelSerializer):
    urgency = UrgencyField(read_only=True)
    hours = serializers.IntegerField(min_value=1, max_value=720)

    class Meta:
        model = ServiceTarget
        fields = ["id", "disease", "urgency", "hours"]
        read_only_fields = ["disease"]


class ReviewSerializer(serializers.ModelSerializer):
    url = serializers.HyperlinkedIdentityField(view_name="v1:review-detail")
    disease = serializers.CharField(source="analysis.disease", read_only=True)
    urgency = UrgencyField(read_only=True)
    urgency_reasons = serializers.SerializerMethodField(
        help_text="Why it has its urgency. What the model's answer adds is named once it is revealed."
    )
    reference = serializers.CharField(read_only=True, help_text="Its short name, to be read aloud; ?q= finds it.")
    overdue = serializers.BooleanField(source="is_overdue", read_only=True)
    scan: Any = serializers.HyperlinkedRelatedField(source="analysis.scan", view_name="v1:scan-detail", read_only=True)
    laterality = serializers.CharField(
        source="analysis.scan.laterality", read_only=True, help_text="Which of two the scan shows: R, L; empty: not known."
    )
    held_by = serializers.SerializerMethodField()
    patient_age = serializers.SerializerMethodField()
    patient_sex = serializers.SerializerMethodField()
    symptoms = serializers.SerializerMethodField()
    finding_choices = serializers.SerializerMethodField()
    role = serializers.ChoiceField(choices=Role.choices, read_only=True, help_text="Which reading is wanted, or was the last one.")
    independent = serializers.SerializerMethodField(help_text="Your own first reading.")
    own_opinion = serializers.SerializerMethodField(help_text="What you signed, also while another practitioner still reads.")
    opinion = serializers.SerializerMethodField(help_text="The answer, once it is settled: its newest version.")
    versions = serializers.SerializerMethodField(help_text="Every version of the answer, the first one first.")
    readings = serializers.SerializerMethodField(
        help_text="What each reader signed: for the arbiter, and for the readers once it is settled; else only your own."
    )
    referrals = serializers.SerializerMethodField(help_text="Who handed it to whom, as far as it concerns you.")
    settled_by = serializers.CharField(read_only=True, help_text="one, agreement or arbitration; empty until it is settled.")
    addenda = AddendumSerializer(many=True, read_only=True)
    model_answer = serializers.SerializerMethodField(help_text="Null for a practitioner until their own reading is kept.")

    class Meta:
        model = Review
        fields = [
            *("id", "url", "reference", "disease", "status", "urgency", "urgency_reasons", "opened_at", "asked_at", "due_at"),
            *("overdue", "held_by", "claim_expires_at", "revealed_at"),
            *(
                "signed_at",
                "scan",
                "laterality",
                "patient_age",
                "patient_sex",
                "symptoms",
                "finding_choices",
                "role",
                "settled_by",
                "wanted_speciality",
            ),
            *("independent", "own_opinion", "opinion", "versions", "addenda", "readings", "referrals", "model_answer"),
        ]
        read_only_fields = fields

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
        user = self.context["request"].user
        own = review.opinion_of(user.pk, Opinion.Stage.INDEPENDENT)
        return self._opinion(review, own or (review.independent if user.is_administrator else None))

    @extend_schema_field(OpinionSerializer(allow_null=True))
    def get_own_opinion(self, review: Review) -> Any:
        return self._opinion(review, review.opinion_of(self.context["request"].user.pk, Opinion.Stage.FINAL))

    @extend_schema_field(OpinionSerializer(many=True))
    def get_versions(self, review: Review) -> Any:
        return [self._opinion(review, version) for version in review.versions]

    @extend_schema_field(SignedReadingSerializer(many=True))
    def get_readings(self, review: Review) -> Any:
        user = self.context["request"].user
        shown = readers.shown_readings(review, user)
        return SignedReadingSerializer(shown, many=True, context={"revealed": review.is_revealed_to(user)}).data

    @extend_schema_field(ReferralSerializer(many=True))
    def get_referrals(self, review: Review) -> Any:
        return ReferralSerializer(readers.shown_referrals(review, self.context["request"].user), many=True).data

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

    practitioner = serializers.CharField(
        source="practitioner.name", read_only=True, allow_null=True, help_text="Who reads, or has read, the scan."
    )
    role = serializers.ChoiceField(
        choices=Role.choices, read_only=True, help_text="Which reading is made now; second: one practitioner has read it already."
    )
    settled_by = serializers.CharField(read_only=True, help_text="one, agreement or arbitration; empty until it is signed.")
    opinion = serializers.SerializerMethodField(help_text="Once it is signed: the newest version.")
    versions = serializers.SerializerMethodField(help_text="Every version of it, the first one first.")
    addenda = AddendumSerializer(many=True, read_only=True)

    class Meta:
        model = Review
        fields = ["id", "status", "role", "due_at", "practitioner", "signed_at", "settled_by", "opinion", "versions", "addenda"]
        read_only_fields = fields

    @extend_schema_field(OpinionSerializer(allow_null=True))
    def get_opinion(self, review: Review) -> Any:
        if review.status != Review.Status.SIGNED or review.final is None:
            return None
        return OpinionSerializer(review.final, context={"analysis": self.context["analysis"]}).data

    @extend_schema_field(OpinionSerializer(many=True))
    def get_versions(self, review: Review) -> Any:
        return OpinionSerializer(review.versions, many=True, context={"analysis": self.context["analysis"]}).data


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
