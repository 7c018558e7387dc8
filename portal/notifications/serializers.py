from rest_framework import serializers

from .models import Notification


class NotificationSerializer(serializers.ModelSerializer):
    text = serializers.CharField(source="get_kind_display", read_only=True)

    class Meta:
        model = Notification
        fields = ["id", "kind", "text", "url", "created_at", "read_at"]
        read_only_fields = fields
