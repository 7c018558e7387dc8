from rest_framework import serializers

from .looks import Look
from .models import Erasure, RetentionPolicy


class LookSerializer(serializers.Serializer):
    """One thing that one person did with your data."""

    at = serializers.DateTimeField(source="last_at")
    who = serializers.CharField(help_text="A name, or `You`.")
    role = serializers.CharField(help_text="practitioner, administrator, or you.")
    is_own = serializers.BooleanField()
    did = serializers.CharField(help_text="In plain words, after the name.")
    reason = serializers.CharField(help_text="Why they may.")
    action = serializers.CharField(help_text="For programs.")
    page = serializers.SerializerMethodField(help_text="The page that shows what it is about; empty when that is gone.")

    def get_page(self, look: Look) -> str:
        return str(self.context["request"].build_absolute_uri(look.url)) if look.url else ""


class RetentionPolicySerializer(serializers.ModelSerializer):
    class Meta:
        model = RetentionPolicy
        fields = ["on_withdrawal", "on_closing", "keep_years", "grace_days", "notice"]
        read_only_fields = fields


class ErasureSerializer(serializers.ModelSerializer):
    class Meta:
        model = Erasure
        fields = ["kind", "asked_at", "due_at", "keep_years"]
        read_only_fields = fields


class ClosingSerializer(serializers.Serializer):
    """What becomes of your data when you leave, and what is going to happen already."""

    policy = RetentionPolicySerializer()
    keeps_name = serializers.BooleanField(help_text="You gave opinions about other people's scans: your name stays with those.")
    going = ErasureSerializer(many=True, help_text="Signing in calls off that of the account; agreeing again that of the record.")


class CloseSerializer(serializers.Serializer):
    password = serializers.CharField(trim_whitespace=False, style={"input_type": "password"}, help_text="Yours, once more.")
