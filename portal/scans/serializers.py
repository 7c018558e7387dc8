from rest_framework import serializers

from .models import Scan


class ScanSerializer(serializers.ModelSerializer):
    """One uploaded image. Width and height are in pixels, upright; `sha256` is of the file as it is kept."""

    url = serializers.HyperlinkedIdentityField(view_name="v1:scan-detail")
    image = serializers.HyperlinkedIdentityField(view_name="v1:scan-image")
    thumbnail = serializers.HyperlinkedIdentityField(view_name="v1:scan-thumbnail")

    class Meta:
        model = Scan
        fields = [
            *("id", "url", "format", "width", "height", "size", "sha256", "laterality", "synthetic", "dependant", "uploaded_at"),
            *("image", "thumbnail"),
        ]
        read_only_fields = fields
