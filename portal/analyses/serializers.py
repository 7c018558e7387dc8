from typing import Any

from rest_framework import serializers

from inference import diseases

from .models import DISEASE_CHOICES, Analysis
from .queue import place

HEADLINES = ("accuracy", "sensitivity", "specificity", "auc", "images", "patients", "date")


class SymptomSerializer(serializers.Serializer):
    code = serializers.CharField()
    words = serializers.CharField()
    red_flag = serializers.BooleanField()


class DiseaseSerializer(serializers.Serializer):
    """An entry of the catalogue. `context["active"]` maps a disease to its active model version."""

    code = serializers.CharField()
    name = serializers.CharField()
    modality = serializers.CharField()
    picture = serializers.CharField()
    summary = serializers.CharField()
    cannot_tell = serializers.CharField()
    how_to = serializers.ListField(child=serializers.CharField())
    classes = serializers.DictField(child=serializers.CharField(), help_text="Findings with their plain words.")
    positive = serializers.ListField(child=serializers.CharField())
    symptoms = SymptomSerializer(many=True)
    available = serializers.SerializerMethodField()
    model_version = serializers.SerializerMethodField()
    threshold = serializers.SerializerMethodField()
    metrics = serializers.SerializerMethodField(help_text="Measured on patients that training never saw.")

    def _active(self, disease: diseases.Disease) -> Any:
        return self.context["active"].get(disease.code)

    def get_available(self, disease: diseases.Disease) -> bool:
        return self._active(disease) is not None

    def get_model_version(self, disease: diseases.Disease) -> str | None:
        active = self._active(disease)
        return active.version if active else None

    def get_threshold(self, disease: diseases.Disease) -> float | None:
        active = self._active(disease)
        return active.manifest.get("threshold") if active else None

    def get_metrics(self, disease: diseases.Disease) -> dict[str, Any]:
        active = self._active(disease)
        return {name: active.metrics[name] for name in HEADLINES if name in active.metrics} if active else {}


class UploadSerializer(serializers.Serializer):
    """One scan for one disease, as multipart/form-data."""

    file = serializers.FileField(
        help_text="JPEG or PNG, at most 20 MB and 40 megapixels, at least 32 pixels a side.", allow_empty_file=True
    )
    disease = serializers.ChoiceField(choices=DISEASE_CHOICES)
    symptoms = serializers.ListField(child=serializers.CharField(), required=False, default=list)
    wants_review = serializers.BooleanField(required=False, default=True)

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        known = {symptom.code for symptom in diseases.get(data["disease"]).symptoms}
        strange = sorted(set(data["symptoms"]) - known)
        if strange:
            raise serializers.ValidationError(
                {"symptoms": f"Not known for this disease: {', '.join(strange)}. Known: {', '.join(sorted(known))}."}
            )
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
    disclaimer = serializers.SerializerMethodField()
    cannot_tell = serializers.CharField(source="catalogue.cannot_tell", read_only=True, help_text="What this test can not see.")
    image: Any = serializers.HyperlinkedRelatedField(source="scan", view_name="v1:scan-image", read_only=True)
    scan: Any = serializers.HyperlinkedRelatedField(view_name="v1:scan-detail", read_only=True)
    url = serializers.HyperlinkedIdentityField(view_name="v1:analysis-detail", read_only=True)
    heatmap = serializers.SerializerMethodField()
    review = serializers.SerializerMethodField()

    class Meta:
        model = Analysis
        fields = [
            *("id", "url", "disease", "status", "report_status", "queued_at", "started_at", "finished_at", "attempt"),
            *("finding", "finding_words", "outcome", "probability", "probabilities", "threshold", "model_version", "checksum", "seconds"),
            *("error_code", "error_message", "symptoms", "wants_review", "next_steps", "disclaimer", "cannot_tell"),
            *("scan", "image", "heatmap", "review"),
        ]
        read_only_fields = fields

    def get_finding_words(self, analysis: Analysis) -> str:
        return analysis.finding_words

    def get_next_steps(self, analysis: Analysis) -> str:
        return analysis.catalogue.next_steps.get(analysis.outcome, "")

    def get_disclaimer(self, analysis: Analysis) -> str:
        return f"Decision support, not a diagnosis. {analysis.catalogue.cannot_tell}"

    def get_heatmap(self, analysis: Analysis) -> str | None:
        return self._link("v1:analysis-heatmap", analysis.pk) if analysis.heatmap else None

    def get_review(self, analysis: Analysis) -> str | None:
        """Where the second opinion is, when there is one."""
        review = getattr(analysis, "review", None)
        return self._link("v1:review-detail", review.pk) if review else None

    def _link(self, name: str, pk: Any) -> str:
        from django.urls import reverse

        return str(self.context["request"].build_absolute_uri(reverse(name, args=[pk])))


class AnalysisDetailSerializer(AnalysisSerializer):
    place = serializers.SerializerMethodField(help_text="While it waits.")

    class Meta(AnalysisSerializer.Meta):
        fields = [*AnalysisSerializer.Meta.fields, "place"]
        read_only_fields = fields

    def get_place(self, analysis: Analysis) -> dict[str, int] | None:
        return PlaceSerializer(place(analysis)).data if analysis.is_pending else None  # type: ignore[return-value]
