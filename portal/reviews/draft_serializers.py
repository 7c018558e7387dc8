"""Drafts and templates: what is typed before anything is signed."""

from typing import Any

from rest_framework import serializers

from portal.analyses.models import DISEASE_CHOICES

from .models import Draft, ReadingTemplate
from .serializers import MeasurementsSerializer


class SaidSerializer(serializers.Serializer):
    """A reading that is not finished: every part is optional, and what could not be chosen is left out."""

    finding = serializers.CharField(required=False, allow_blank=True, max_length=32)
    confidence = serializers.CharField(required=False, allow_blank=True, max_length=10)
    recommendation = serializers.CharField(required=False, allow_blank=True, max_length=10)
    urgency = serializers.CharField(required=False, allow_blank=True, max_length=10)
    details = serializers.DictField(required=False)
    measurements = MeasurementsSerializer(required=False)
    notes = serializers.CharField(required=False, allow_blank=True, max_length=4000)
    change_reason = serializers.CharField(required=False, allow_blank=True, max_length=1000)


class DraftSerializer(serializers.ModelSerializer):
    said = SaidSerializer(read_only=True)

    class Meta:
        model = Draft
        fields = ["stage", "said", "saved_at"]
        read_only_fields = fields


class ReadingTemplateSerializer(serializers.ModelSerializer):
    """Choices and words that you use again. Without a disease it is for all of them, and keeps neither finding nor details."""

    disease = serializers.ChoiceField(choices=DISEASE_CHOICES, required=False, allow_blank=True, default="")
    said = SaidSerializer()

    class Meta:
        model = ReadingTemplate
        fields = ["id", "disease", "name", "said", "changed_at"]
        read_only_fields = ["id", "changed_at"]
        validators: list[Any] = []  # the service answers a name that is taken


class TemplateChangeSerializer(serializers.Serializer):
    """A new name, or other contents; its disease stays."""

    name = serializers.CharField(required=False, max_length=60)
    said = SaidSerializer(required=False)
