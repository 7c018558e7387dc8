"""What the API says of a case's other readings, referrals and amendments, and of patients who have to be told."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers

from portal.accounts.models import User

from .models import CriticalNotice, Opinion, Referral


class SignedReadingSerializer(serializers.ModelSerializer):
    """What one of the readers signed. Why a finding was changed after the model's answer is told only to those who have seen that."""

    practitioner = serializers.CharField(source="practitioner.name")
    finding_words = serializers.CharField()
    change_reason = serializers.SerializerMethodField()

    class Meta:
        model = Opinion
        fields = [
            *("role", "practitioner", "finding", "finding_words", "confidence", "recommendation", "urgency", "details", "measurements"),
            *("notes", "change_reason", "recorded_at"),
        ]
        read_only_fields = fields

    def get_change_reason(self, opinion: Opinion) -> str:
        return opinion.change_reason if self.context.get("revealed") else ""


class ReferralSerializer(serializers.ModelSerializer):
    referred_by = serializers.CharField(source="referred_by.name")
    referred_to = serializers.CharField(source="referred_to.name", read_only=True, allow_null=True)

    class Meta:
        model = Referral
        fields = ["role", "referred_by", "referred_to", "speciality", "reason", "referred_at"]
        read_only_fields = fields


class ColleagueSerializer(serializers.ModelSerializer):
    speciality = serializers.CharField(source="practitioner_profile.speciality")

    class Meta:
        model = User
        fields = ["id", "name", "speciality"]
        read_only_fields = fields


class ColleaguesSerializer(serializers.Serializer):
    """To whom the case can be referred."""

    practitioners = ColleagueSerializer(many=True)
    specialities = serializers.ListField(child=serializers.CharField())


class ReferSerializer(serializers.Serializer):
    """To one practitioner, or back to the queue for a speciality."""

    to = serializers.IntegerField(required=False, allow_null=True, default=None, help_text="The id of one of the colleagues.")
    speciality = serializers.CharField(required=False, allow_blank=True, default="", max_length=80)
    reason = serializers.CharField(max_length=1000, help_text="The other practitioner reads it before they read the scan.")

    def validate(self, data: dict[str, Any]) -> dict[str, Any]:
        if (data["to"] is None) == (not data["speciality"].strip()):
            raise serializers.ValidationError(_("Name a practitioner or a speciality, one of the two."))
        return data


class NoticeSerializer(serializers.ModelSerializer):
    """A patient who has to be told, or was. Their name and e-mail address are shown to those who have to do it."""

    url = serializers.HyperlinkedIdentityField(view_name="v1:notice-detail")
    review: Any = serializers.HyperlinkedRelatedField(view_name="v1:review-detail", read_only=True)
    disease = serializers.CharField(source="review.analysis.disease")
    finding_words = serializers.CharField(source="opinion.finding_words")
    recommendation = serializers.CharField(source="opinion.recommendation")
    signed_by = serializers.CharField(source="practitioner.name")
    patient_name = serializers.CharField(source="review.patient.name")
    patient_email = serializers.CharField(source="review.patient.email")
    overdue = serializers.BooleanField(source="is_overdue")

    class Meta:
        model = CriticalNotice
        fields = [
            *("id", "url", "review", "disease", "finding_words", "recommendation", "signed_by", "patient_name", "patient_email"),
            *("opened_at", "due_at", "overdue", "patient_read_at", "reading_is_enough", "told_at", "told_by", "how", "note", "closed_at"),
        ]
        read_only_fields = fields


class TellSerializer(serializers.Serializer):
    how = serializers.ChoiceField(choices=[choice for choice in CriticalNotice.How.choices if choice[0] != CriticalNotice.How.READ])
    told_by = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=120, help_text="Who told them; empty: you did."
    )
    told_at = serializers.DateTimeField(required=False, allow_null=True, default=None, help_text="Empty: now.")
    note = serializers.CharField(required=False, allow_blank=True, default="", max_length=1000)

    def validate_told_at(self, value: datetime | None) -> datetime | None:
        return value if value is None or timezone.is_aware(value) else timezone.make_aware(value)
