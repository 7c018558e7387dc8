from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from portal.analyses.models import Analysis

from .models import LONGEST, Message, Question


class MessageSerializer(serializers.ModelSerializer):
    """The patient is not named to the practitioner; the practitioner is to the patient."""

    by = serializers.SerializerMethodField(help_text="patient or practitioner")
    author = serializers.SerializerMethodField(help_text="The practitioner's name; null for a patient.")

    class Meta:
        model = Message
        fields = ["id", "by", "author", "text", "sent_at"]
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(choices=["patient", "practitioner"]))
    def get_by(self, message: Message) -> str:
        return "patient" if message.is_the_patients else "practitioner"

    def get_author(self, message: Message) -> str | None:
        return None if message.is_the_patients else message.author.name


class QuestionSerializer(serializers.ModelSerializer):
    url = serializers.HyperlinkedIdentityField(view_name="v1:question-detail")
    analysis: Any = serializers.HyperlinkedRelatedField(source="review.analysis", view_name="v1:analysis-detail", read_only=True)
    review: Any = serializers.HyperlinkedRelatedField(view_name="v1:review-detail", read_only=True)
    disease = serializers.CharField(source="review.analysis.disease", read_only=True)
    state = serializers.ChoiceField(choices=Question.State.choices, read_only=True)
    written = serializers.IntegerField(read_only=True, help_text="How many messages.")
    unread = serializers.BooleanField(read_only=True, help_text="Whether there is something new to you.")

    class Meta:
        model = Question
        fields = ["id", "url", "analysis", "review", "disease", "state", "asked_at", "waiting_since", "closed_at", "written", "unread"]
        read_only_fields = fields


class QuestionDetailSerializer(QuestionSerializer):
    messages = serializers.SerializerMethodField()

    class Meta(QuestionSerializer.Meta):
        fields = [*QuestionSerializer.Meta.fields, "messages"]
        read_only_fields = fields

    @extend_schema_field(MessageSerializer(many=True))
    def get_messages(self, question: Question) -> Any:
        return MessageSerializer(self.context["messages"], many=True).data


class WriteSerializer(serializers.Serializer):
    text = serializers.CharField(max_length=LONGEST)


class AskSerializer(WriteSerializer):
    analysis = serializers.PrimaryKeyRelatedField(queryset=Analysis.objects.none(), help_text="One of your own, with a reading.")

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        request = self.context.get("request")
        if request is not None:
            fields["analysis"].queryset = Analysis.objects.filter(patient=request.user.pk)  # type: ignore[attr-defined]
        return fields
