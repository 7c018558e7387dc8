"""Where one is signed in: tokens and browsers."""

from datetime import timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from django.db.models import QuerySet
from django.http import HttpRequest
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import mixins, viewsets
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from . import access, tokens
from .authentication import ScopedTokenAuthentication
from .models import ApiToken
from .serializers import CredentialsSerializer, OwnTokenSerializer, SessionSerializer, TokenSerializer


class TokenView(APIView):
    """POST gives a token; DELETE ends it."""

    throttle_scope = "token"

    def get_authenticators(self) -> list[Any]:
        """A token that may only read can still end itself."""
        return [] if self.request is not None and self.request.method == "POST" else [ScopedTokenAuthentication(to_end_it=True)]

    def get_permissions(self) -> list[Any]:
        return [AllowAny()] if self.request.method == "POST" else [*super().get_permissions()]

    @extend_schema(
        summary="Sign in",
        description="Who has a second factor sends its `code` too. Practitioners and administrators without one get 403, `mfa_required`.",
        request=CredentialsSerializer,
        responses={201: TokenSerializer},
        auth=[],
    )
    def post(self, request: Request, **kwargs: Any) -> Response:
        form = CredentialsSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        said = form.validated_data
        plain: HttpRequest = request._request
        user = tokens.sign_in(plain, email=said["email"], password=said["password"], code=said["code"])
        lifetime = timedelta(days=said["days"]) if "days" in said else None
        kept, token = access.issue(user=user, name=said["name"], scope=said["scope"], lifetime=lifetime)
        return Response({"token": token, "expiry": kept.token.expiry}, status=201)

    @extend_schema(summary="Sign out: this token ends", responses={204: OpenApiResponse(description="It has ended.")})
    def delete(self, request: Request, **kwargs: Any) -> Response:
        access.sign_out(token=request.auth, by=request.user)
        return Response(status=204)


class AllTokensView(APIView):
    @extend_schema(
        summary="Sign out everywhere: all your tokens and browsers", responses={204: OpenApiResponse(description="They have ended.")}
    )
    def delete(self, request: Request, **kwargs: Any) -> Response:
        access.sign_out_everywhere(user=request.user)
        access.leave_if_ended(request)
        return Response(status=204)


@extend_schema_view(list=extend_schema(summary="Your tokens that are good now"))
class OwnTokenViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """One is made with `POST /token/`, which asks who you are."""

    queryset = ApiToken.objects.none()
    serializer_class = OwnTokenSerializer
    pagination_class = None
    filter_backends = []

    def get_queryset(self) -> QuerySet[ApiToken]:
        return ApiToken.objects.visible_to(self.request.user)

    @extend_schema(summary="End a token of yours")
    def destroy(self, request: Request, **kwargs: Any) -> Response:
        access.revoke(token=self.get_object(), by=request.user)
        return Response(status=204)


@extend_schema_view(list=extend_schema(summary="The browsers in which you are signed in"))
class SessionViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    queryset = UserSession.objects.none()
    serializer_class = SessionSerializer
    pagination_class = None
    filter_backends = []

    def get_queryset(self) -> QuerySet[UserSession]:
        living = [session.pk for session in access.sessions_of(self.request.user)]
        return UserSession.objects.filter(user=self.request.user, pk__in=living).order_by("-last_seen_at", "-pk")

    @extend_schema(summary="Sign out in one of them")
    def destroy(self, request: Request, **kwargs: Any) -> Response:
        access.end_session(session=self.get_object(), by=request.user)
        access.leave_if_ended(request)
        return Response(status=204)
