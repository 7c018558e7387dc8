from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from inference import charts, diseases
from inference.engine import OperatingPoint
from portal.scans.models import Scan

from .forms import LONGEST_REASON, POINT
from .models import DISEASE_CHOICES, Analysis, ModelVersion
from .queue import place

HEADLINES = ("accuracy", "sensitivity", "specificity", "auc", "images", "patients", "date")


class WordsField(serializers.CharField):
    """A sentence of the catalogue, as this reader reads it (Accept-Language)."""

    def to_representation(self, value: Any) -> str:
        return _(value)


class SymptomSerializer(serializers.Serializer):
    code = serializers.CharField()
    words = WordsField()
    red_flag = serializers.BooleanField()


class DiseaseSerializer(serializers.Serializer):
    """An entry of the catalogue. `context["active"]` maps a disease to its active model version."""

    code = serializers.CharField()
    name = WordsField()
    modality = serializers.CharField()
    picture = WordsField()
    summary = WordsField()
    cannot_tell = WordsField()
    how_to = serializers.ListField(child=WordsField())
    classes = serializers.DictField(child=WordsField(), help_text="Findings with their plain words.")
    laterality = serializers.SerializerMethodField(help_text="Which of two a picture can show, with words; empty: it is not asked.")
    positive = serializers.ListField(child=serializers.CharField())
    symptoms = SymptomSerializer(many=True)
    available = serializers.SerializerMethodField()
    model_version = serializers.SerializerMethodField()
    threshold = serializers.SerializerMethodField()
    metrics = serializers.SerializerMethodField(help_text="Measured on patients that training never saw.")

    def get_laterality(self, disease: diseases.Disease) -> dict[str, str]:
        return disease.laterality.words if disease.laterality else {}

    def _active(self, disease: diseases.Disease) -> Any:
        return self.context["active"].get(disease.code)

    def get_available(self, disease: diseases.Disease) -> bool:
        return self._active(disease) is not None

    def get_model_version(self, disease: diseases.Disease) -> str | None:
        active = self._active(disease)
        return active.version if active else None

    def get_threshold(self, disease: diseases.Disease) -> float | None:
        active = self._active(disease)
        return active.operating_point.threshold if active else None

    def get_metrics(self, disease: diseases.Disease) -> dict[str, Any]:
        active = self._active(disease)
        return {name: active.figures[name] for name in HEADLINES if name in active.figures} if active else {}


class OperatingPointSerializer(serializers.Serializer):
    """Where answers turn: 0 <= low <= threshold <= high <= 1."""

    threshold = serializers.FloatField(help_text="From here on a finding is positive.")
    low = serializers.FloatField(help_text="Below, the answer is not suspicious; from here on, uncertain.")
    high = serializers.FloatField(help_text="From here on the answer is suspicious.")
    reason = serializers.CharField(max_length=LONGEST_REASON, write_only=True)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        try:
            return {"point": OperatingPoint(**{name: data[name] for name in POINT}), "reason": data["reason"]}
        except ValueError as error:
            raise serializers.ValidationError(_("An operating point needs 0 <= low <= threshold <= high <= 1.")) from error


class PointInForceSerializer(serializers.Serializer):
    """An operating point, and what it implies by the evaluation's figures; null where that was not measured."""

    threshold = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    sensitivity = serializers.FloatField(allow_null=True)
    specificity = serializers.FloatField(allow_null=True)
    is_own = serializers.BooleanField(help_text="Set by an administrator of this place; else as shipped.")
    set_at = serializers.DateTimeField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)


class ModelVersionSerializer(serializers.ModelSerializer):
    """A model card: what it is for, what it learned from, how good it is, and where its answers turn."""

    url = serializers.HyperlinkedIdentityField(view_name="v1:model-version-detail", read_only=True)
    intended_use = WordsField(source="catalogue.summary", read_only=True)
    cannot_tell = WordsField(source="catalogue.cannot_tell", read_only=True)
    backbone = serializers.CharField(source="manifest.backbone", read_only=True)
    classes = serializers.DictField(source="catalogue.classes", child=WordsField(), read_only=True)
    positive = serializers.ListField(source="catalogue.positive", child=serializers.CharField(), read_only=True)
    source: Any = serializers.CharField(source="manifest.source", read_only=True)
    licence = serializers.CharField(source="manifest.licence", read_only=True)
    non_commercial = serializers.BooleanField(source="is_non_commercial", read_only=True, help_text="The data's licence forbids such use.")
    training = serializers.JSONField(source="manifest.training", read_only=True, help_text="Pictures and patients of each part.")
    known_limits = serializers.SerializerMethodField()
    metrics = serializers.JSONField(read_only=True, help_text="At the shipped point, with ROC (operating_points) and calibration curve.")
    operating_point = serializers.SerializerMethodField(help_text="The one in force.")
    shipped_point = serializers.SerializerMethodField()

    class Meta:
        model = ModelVersion
        fields = [
            *("id", "url", "disease", "version", "state", "registered_at", "activated_at", "checksum", "backbone", "intended_use"),
            *("cannot_tell", "classes", "positive", "operating_point", "shipped_point", "source", "licence", "non_commercial", "training"),
            *("known_limits", "metrics"),
        ]
        read_only_fields = fields

    def get_known_limits(self, version: ModelVersion) -> list[str]:
        return [_(limit) for limit in version.manifest.get("known_limits", [])]

    @extend_schema_field(PointInForceSerializer)
    def get_operating_point(self, version: ModelVersion) -> dict[str, Any]:
        own = {"is_own": version.has_own_point, "set_at": version.own_set_at, "reason": version.own_reason}
        return self._point(version, version.operating_point, **own)

    @extend_schema_field(PointInForceSerializer)
    def get_shipped_point(self, version: ModelVersion) -> dict[str, Any]:
        return self._point(version, version.shipped_point, is_own=False, set_at=None, reason="")

    def _point(self, version: ModelVersion, point: OperatingPoint, **about: Any) -> dict[str, Any]:
        sensitivity, specificity = charts.rates(version.metrics, point.threshold) or (None, None)
        shown = {**asdict(point), "sensitivity": sensitivity, "specificity": specificity, **about}
        return PointInForceSerializer(shown).data  # type: ignore[return-value]


class UploadSerializer(serializers.Serializer):
    """One scan for one disease, as multipart/form-data."""

    file = serializers.FileField(
        help_text="JPEG or PNG, at most 20 MB and 40 megapixels, at least 32 pixels a side.", allow_empty_file=True, required=False
    )
    upload = serializers.UUIDField(help_text="In place of `file`: the id of one that came in pieces (see uploads).", required=False)
    disease = serializers.ChoiceField(choices=DISEASE_CHOICES)
    dependant = serializers.UUIDField(help_text="The child whom it shows (see me/dependants); yourself if left out.", required=False)
    laterality = serializers.ChoiceField(
        choices=Scan.Laterality.choices,
        required=False,
        allow_blank=True,
        default="",
        help_text="Which of two it shows, as DICOM (0020,0062) has it: for diseases whose `laterality` names it. Empty: not known.",
    )
    also = serializers.ListField(
        child=serializers.ChoiceField(choices=DISEASE_CHOICES),
        required=False,
        default=list,
        help_text="Other diseases that the same picture is asked about; they take the same kind of picture.",
    )
    symptoms = serializers.ListField(child=serializers.CharField(), required=False, default=list)
    wants_review = serializers.BooleanField(required=False, default=True)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if ("file" in data) == ("upload" in data):
            raise serializers.ValidationError({"file": _("Send either a file, or the id of an upload.")}, code="required")
        asked = [diseases.get(code) for code in (data["disease"], *data["also"])]
        others = sorted({disease.code for disease in asked if disease.modality != asked[0].modality})
        if others:
            raise serializers.ValidationError({"also": _("Not of the same kind of picture: {codes}.").format(codes=", ".join(others))})
        if data["laterality"] and not asked[0].side(data["laterality"]):
            words = _("Not asked of this kind of picture: {picture}.").format(picture=_(asked[0].picture))
            raise serializers.ValidationError({"laterality": words})
        known = {symptom.code for disease in asked for symptom in disease.symptoms}
        strange = sorted(set(data["symptoms"]) - known)
        if strange:
            told = _("Not known for this disease: {codes}. Known: {known}.")
            raise serializers.ValidationError({"symptoms": told.format(codes=", ".join(strange), known=", ".join(sorted(known)))})
        return data


class PlaceSerializer(serializers.Serializer):
    ahead = serializers.IntegerField(help_text="Analyses before this one.")
    seconds = serializers.IntegerField(help_text="A fair estimate until the answer.")


class AnalysisSerializer(serializers.ModelSerializer):
    """The model's answer about one scan. `probability` is that of the positive classes together, calibrated."""

    report_status = serializers.ChoiceField(choices=["registered", "preliminary", "final", "amended", "cancelled"], read_only=True)
    model_version = serializers.CharField(source="model_version.version", read_only=True)
    finding_words = serializers.SerializerMethodField()
    next_steps = serializers.SerializerMethodField()
    error_message = serializers.CharField(source="error_words", read_only=True)
    disclaimer = serializers.SerializerMethodField()
    cannot_tell = WordsField(source="catalogue.cannot_tell", read_only=True, help_text="What this test can not see.")
    laterality = serializers.CharField(source="scan.laterality", read_only=True, help_text="Which of two: R, L; empty: not known.")
    image: Any = serializers.HyperlinkedRelatedField(source="scan", view_name="v1:scan-image", read_only=True)
    scan: Any = serializers.HyperlinkedRelatedField(view_name="v1:scan-detail", read_only=True)
    url = serializers.HyperlinkedIdentityField(view_name="v1:analysis-detail", read_only=True)
    heatmap = serializers.SerializerMethodField()
    review = serializers.SerializerMethodField()

    class Meta:
        model = Analysis
        fields = [
            *("id", "url", "disease", "status", "report_status", "queued_at", "started_at", "finished_at", "attempt"),
            *("finding", "finding_words", "outcome", "probability", "probabilities"),
            *("threshold", "uncertain_low", "uncertain_high", "model_version", "checksum", "seconds"),
            *("error_code", "error_message", "symptoms", "wants_review", "next_steps", "disclaimer", "cannot_tell"),
            *("scan", "image", "laterality", "heatmap", "review"),
        ]
        read_only_fields = fields

    def get_finding_words(self, analysis: Analysis) -> str:
        return analysis.finding_words

    def get_next_steps(self, analysis: Analysis) -> str:
        return analysis.next_step

    def get_disclaimer(self, analysis: Analysis) -> str:
        disclaimer = _("Decision support, not a diagnosis.")
        return f"{disclaimer} {_(analysis.catalogue.cannot_tell)}"

    def get_heatmap(self, analysis: Analysis) -> str | None:
        return self._link("v1:analysis-heatmap", analysis.pk) if analysis.heatmap else None

    def get_review(self, analysis: Analysis) -> str | None:
        """Where the second opinion is, when there is one."""
        review = getattr(analysis, "review", None)
        return self._link("v1:review-detail", review.pk) if review else None

    def _link(self, name: str, pk: Any) -> str:
        from django.urls import reverse

        return str(self.context["request"].build_absolute_uri(reverse(name, args=[pk])))


class SideSerializer(serializers.Serializer):
    laterality = serializers.ChoiceField(choices=Scan.Laterality.choices, help_text="As DICOM (0020,0062) has it.")


class AlongsideSerializer(serializers.ModelSerializer):
    """Another analysis of the same picture."""

    url = serializers.HyperlinkedIdentityField(view_name="v1:analysis-detail", read_only=True)

    class Meta:
        model = Analysis
        fields = ["id", "url", "disease", "status", "outcome"]
        read_only_fields = fields


class AnalysisDetailSerializer(AnalysisSerializer):
    place = serializers.SerializerMethodField(help_text="While it waits.")
    alongside = serializers.SerializerMethodField(help_text="What else the same picture was asked about, as far as you may see it.")

    class Meta(AnalysisSerializer.Meta):
        fields = [*AnalysisSerializer.Meta.fields, "place", "alongside"]
        read_only_fields = fields

    @extend_schema_field(AlongsideSerializer(many=True))
    def get_alongside(self, analysis: Analysis) -> list[dict[str, Any]]:
        seen = Analysis.objects.alongside(analysis).visible_to(self.context["request"].user)
        return AlongsideSerializer(seen, many=True, context=self.context).data  # type: ignore[return-value]

    def get_place(self, analysis: Analysis) -> dict[str, int] | None:
        return PlaceSerializer(place(analysis)).data if analysis.is_pending else None  # type: ignore[return-value]
