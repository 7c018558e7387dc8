from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers


class ShareSerializer(serializers.Serializer):
    """A share of n with its 95 % Wilson interval; null where n is below 10."""

    value = serializers.FloatField(allow_null=True)
    interval = serializers.ListField(child=serializers.FloatField(), allow_null=True, help_text="Low and high.")
    n = serializers.IntegerField()


class AgreementSerializer(serializers.Serializer):
    """Of findings, where neither could not tell; null where n is below 10, and kappa also where one of the two
    always answered the same."""

    agreed = ShareSerializer()
    kappa = serializers.FloatField(allow_null=True, help_text="Cohen's kappa.")
    interval = serializers.ListField(child=serializers.FloatField(), allow_null=True, help_text="95 %, Fleiss, Cohen and Everitt 1969.")


class ReadingFiguresSerializer(serializers.Serializer):
    disease = serializers.CharField()
    signed = serializers.IntegerField()
    changes = ShareSerializer(help_text="The signed finding is not the one before the model's answer was shown.")
    towards_the_model = serializers.IntegerField(help_text="How many of the changes were to what the model had said.")
    model = AgreementSerializer(help_text="The reading before the model's answer was shown, against that answer.")
    peers = AgreementSerializer(help_text="Readings of two practitioners who did not know of each other's.")


class ReaderSerializer(serializers.Serializer):
    name = serializers.CharField(source="user.name")
    signed = serializers.IntegerField()
    turnaround_seconds = serializers.SerializerMethodField(help_text="Median from the opening of the case to your signature.")
    readings = ReadingFiguresSerializer(many=True, help_text="By disease.")

    @extend_schema_field(serializers.FloatField(allow_null=True))
    def get_turnaround_seconds(self, reader: Any) -> float | None:
        return reader.turnaround.total_seconds() if reader.turnaround is not None else None


class AsOf(serializers.Serializer):
    """Counted in the background; what was signed later is not in it yet."""

    as_of = serializers.SerializerMethodField()

    @extend_schema_field(serializers.DateTimeField())
    def get_as_of(self, told: Any) -> Any:
        return self.context["counts"].counted_at


class MyFiguresSerializer(AsOf, ReaderSerializer):
    pass


class LiveSerializer(serializers.Serializer):
    """A model version against signed opinions, at the threshold that each answer was given at."""

    disease = serializers.CharField(source="version.disease")
    version = serializers.CharField(source="version.version")
    sensitivity = ShareSerializer(source="counts.sensitivity")
    specificity = ShareSerializer(source="counts.specificity")
    could_not_tell = serializers.IntegerField(source="counts.untold", help_text="Opinions that could not tell: left out.")
    calibration_error = serializers.SerializerMethodField(help_text="Null where n is below 10.")

    @extend_schema_field(serializers.FloatField(allow_null=True))
    def get_calibration_error(self, live: Any) -> float | None:
        return live.calibration.get("calibration_error")


class WeekSerializer(serializers.Serializer):
    start = serializers.DateField()
    sensitivity = ShareSerializer(source="counts.sensitivity")
    specificity = ShareSerializer(source="counts.specificity")


class AllFiguresSerializer(AsOf):
    practitioners = ReaderSerializer(many=True)
    models = LiveSerializer(many=True)


class ModelFiguresSerializer(AsOf):
    live = LiveSerializer()
    calibration = serializers.ListField(child=serializers.DictField(child=serializers.FloatField()), help_text="A bin a row.")
    weeks = WeekSerializer(many=True, help_text="By the week of the signature, the oldest first.")
