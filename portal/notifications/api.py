"""What you were told, and what you want to be told."""

from typing import Any

import django_filters
from django.db import transaction
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view, inline_serializer
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from . import preferences
from .models import Notification
from .serializers import NotificationSerializer, NotificationSettingsSerializer
from .services import mark_read


class NotificationFilter(django_filters.FilterSet):
    unread = django_filters.BooleanFilter(field_name="read_at", lookup_expr="isnull")

    class Meta:
        model = Notification
        fields = ["kind", "unread"]


@extend_schema_view(list=extend_schema(summary="Your notifications, newest first"))
class NotificationViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    queryset = Notification.objects.none()
    serializer_class = NotificationSerializer
    filterset_class = NotificationFilter
    ordering = ["-created_at", "-id"]

    def get_queryset(self) -> QuerySet[Notification]:
        return Notification.objects.visible_to(self.request.user)

    @extend_schema(summary="Mark one as read", request=None)
    @action(detail=True, methods=["post"])
    def read(self, request: Request, **kwargs: Any) -> Response:
        notification = self.get_object()
        mark_read(Notification.objects.filter(pk=notification.pk))
        notification.refresh_from_db()
        return Response(self.get_serializer(notification).data)

    @extend_schema(
        summary="Mark all as read",
        request=None,
        responses=inline_serializer("ReadCount", {"read": serializers.IntegerField()}),
        filters=False,
    )
    @action(detail=False, methods=["post"], url_path="read-all", pagination_class=None)
    def read_all(self, request: Request, **kwargs: Any) -> Response:
        return Response({"read": mark_read(self.get_queryset())})


class NotificationSettingsView(APIView):
    @extend_schema(summary="What you are told, and where", responses=NotificationSettingsSerializer)
    def get(self, request: Request, **kwargs: Any) -> Response:
        return self._shown(request)

    @extend_schema(
        summary="Change what you are told, and where; what is not named stays",
        request=NotificationSettingsSerializer(partial=True),
        responses=NotificationSettingsSerializer,
    )
    def patch(self, request: Request, **kwargs: Any) -> Response:
        form = NotificationSettingsSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        with transaction.atomic():
            preferences.choose(user=request.user, choices={each["kind"]: each for each in asked.get("kinds", [])}, way="API")
            if asked.get("digest"):
                preferences.choose_digest_time(user=request.user, **asked["digest"])
        return self._shown(request)

    def _shown(self, request: Request) -> Response:
        digest = preferences.digest_time_of(request.user) if request.user.is_practitioner else None
        shown = {"kinds": preferences.choices_of(request.user), "digest": digest}
        return Response(NotificationSettingsSerializer(shown).data)
