"""Oneself: profile, children and consent. Tokens and sessions: access_api.py."""

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import get_language
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from . import dependants, services
from .models import ConsentText, Dependant, Sex
from .serializers import ConsentSerializer, DependantSerializer, MeSerializer


class MeView(APIView):
    @extend_schema(summary="Who you are here", responses=MeSerializer)
    def get(self, request: Request, **kwargs: Any) -> Response:
        return Response(MeSerializer(request.user).data)

    @extend_schema(summary="Change name, date of birth, sex or country", request=MeSerializer(partial=True), responses=MeSerializer)
    def patch(self, request: Request, **kwargs: Any) -> Response:
        form = MeSerializer(request.user, data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        changes = {**form.validated_data.pop("patient_profile", {}), **form.validated_data}
        services.update_profile(user=request.user, **changes)
        request.user.refresh_from_db()
        return Response(MeSerializer(request.user).data)


@extend_schema_view(list=extend_schema(summary="The children whom you look after"))
class DependantViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """Name one as `dependant` when you upload: the picture is theirs, the answer comes to you."""

    queryset = Dependant.objects.none()
    serializer_class = DependantSerializer
    pagination_class = None
    filter_backends = []

    def get_queryset(self) -> QuerySet[Dependant]:
        return Dependant.objects.of(self.request.user)

    @extend_schema(summary="Add a child whom you look after")
    def create(self, request: Request, **kwargs: Any) -> Response:
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        added = dependants.add(guardian=request.user, **{"sex": Sex.UNKNOWN, **form.validated_data})
        return Response(self.get_serializer(added).data, status=201)

    @extend_schema(summary="Take a child off your list; scans and answers stay")
    def destroy(self, request: Request, **kwargs: Any) -> Response:
        dependants.remove(dependant=self.get_object(), by=request.user)
        return Response(status=204)


def _words(text: ConsentText | None) -> dict[str, Any]:
    """A consent text in the language of the request."""
    if text is None:
        return {"version": 0, "language": "", "title": "", "body": ""}
    shown = text.translated(get_language())
    language = getattr(shown, "language", settings.LANGUAGE_CODE)
    return {"version": text.version, "language": language, "title": shown.title, "body": shown.body}


class ConsentView(APIView):
    @extend_schema(summary="The consent text in force, and whether you agreed", responses=ConsentSerializer)
    def get(self, request: Request, **kwargs: Any) -> Response:
        text = ConsentText.current()
        return Response({**_words(text), "given": services.has_consented(request.user)})

    @extend_schema(summary="Agree to the text of this version", request=ConsentSerializer, responses={201: ConsentSerializer})
    def post(self, request: Request, **kwargs: Any) -> Response:
        form = ConsentSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        text = ConsentText.objects.filter(version=form.validated_data["version"]).first()
        if text is None:
            raise services.ConsentRequired
        services.give_consent(user=request.user, text=text)
        return Response({**_words(text), "given": True}, status=201)

    @extend_schema(
        summary="Withdraw your consent: nothing more is uploaded, and what waits is stopped",
        description="What becomes of the scans that exist is in the policy at `/me/closing/`. You may agree again at any time.",
        responses={204: OpenApiResponse(description="It is withdrawn.")},
    )
    def delete(self, request: Request, **kwargs: Any) -> Response:
        services.withdraw_consent(user=request.user)
        return Response(status=204)
