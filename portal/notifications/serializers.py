from typing import Any

from rest_framework import serializers

from .models import Notification
from .preferences import CHANNELS


class NotificationSerializer(serializers.ModelSerializer):
    text = serializers.CharField(source="get_kind_display", read_only=True)

    class Meta:
        model = Notification
        fields = ["id", "kind", "text", "url", "created_at", "read_at"]
        read_only_fields = fields


class ChoiceSerializer(serializers.Serializer):
    """Where you are told of one kind. To change it send the kind with `portal`, `email` or both."""

    kind = serializers.CharField()
    text = serializers.CharField(source="words", read_only=True)
    portal = serializers.BooleanField(required=False)
    email = serializers.BooleanField(required=False)
    always_on = serializers.SerializerMethodField(help_text="The channels that can not be switched off.")
    why = serializers.CharField(source="rule.why", read_only=True, help_text="Why they can not.")

    def get_always_on(self, choice: Any) -> list[str]:
        return [channel for channel in CHANNELS if channel in choice.rule.fixed]


class DigestTimeSerializer(serializers.Serializer):
    """When a practitioner hears what waits: a full hour where they are."""

    hour = serializers.IntegerField(min_value=0, max_value=23)
    time_zone = serializers.CharField(max_length=64, help_text="As Asia/Kolkata.")


class NotificationSettingsSerializer(serializers.Serializer):
    kinds = ChoiceSerializer(many=True, required=False)
    digest = DigestTimeSerializer(required=False, allow_null=True, help_text="Practitioners only; else null.")
