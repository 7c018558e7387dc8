"""What drf-spectacular can not see by itself: problem details on every operation, and the token scheme."""

from http import HTTPStatus
from typing import Any

from drf_spectacular.authentication import SessionScheme
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers

# status: what it means, and a problem as an example (code, detail)
PROBLEMS = {
    "400": ("Something in the request is not right, or the picture can not be read.", "invalid", "Some of what was sent is not right."),
    "401": ("No token, or one that is not valid any more.", "not_authenticated", "Authentication credentials were not provided."),
    "403": (
        "Not allowed, or a consent (`consent_required`) or second factor (`mfa_required`) is missing.",
        "consent_required",
        "Please accept the current consent text.",
    ),
    "404": ("Nothing there that you may see.", "not_found", "Not found."),
    "409": ("Not possible in the present state.", "already_claimed", "Dr Rao is reading this scan already."),
    "429": ("Too many requests: wait for as long as Retry-After says.", "throttled", "Request was throttled."),
}
UPLOAD_PROBLEMS = {
    "413": ("The file is too large.", "too_large", "The file is larger than 20 MB."),
    "415": ("Not a JPEG or PNG file, or the request is not multipart/form-data.", "unsupported_type", "Only JPEG and PNG are read."),
    "503": ("Very many pictures are waiting: send it again after Retry-After seconds.", "busy", "Please send this one again in 5 minutes."),
    "422": ("This Idempotency-Key was used for another upload.", "idempotency_key_reused", "Send a new key with a new upload."),
}


class ProblemFieldSerializer(serializers.Serializer):
    field = serializers.CharField(help_text="Which field; empty for the whole.")
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer):
    """RFC 9457."""

    type = serializers.CharField(default="about:blank")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="A plain sentence for a person.")
    code = serializers.CharField(help_text="For programs; does not change.")
    instance = serializers.CharField(
        required=False, help_text="The id of this request, as in X-Request-ID: name it when you report a problem."
    )
    errors = ProblemFieldSerializer(many=True, required=False)  # type: ignore[assignment]


class ProblemAutoSchema(AutoSchema):
    """Adds the problems that any operation may answer with."""

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies = super()._get_response_bodies(direction=direction)
        reference = self.resolve_serializer(ProblemSerializer, direction).ref
        is_upload = self.method == "POST" and self.map_parsers() == ["multipart/form-data"]
        for status, (description, code, detail) in {**PROBLEMS, **(UPLOAD_PROBLEMS if is_upload else {})}.items():
            value = {"type": "about:blank", "title": HTTPStatus(int(status)).phrase, "status": int(status), "detail": detail, "code": code}
            content = {"application/problem+json": {"schema": reference, "examples": {code: {"value": value}}}}
            bodies.setdefault(status, {"content": content, "description": description})
        return bodies


class KnoxTokenScheme(OpenApiAuthenticationExtension):
    target_class = "portal.accounts.authentication.ScopedTokenAuthentication"
    name = "token"
    priority = 1

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Authorization: Token <token>`, from `POST /token/`.",
        }


class BrowserScheme(SessionScheme):
    """A signed-in page's own cookie."""

    target_class = "portal.accounts.authentication.BrowserAuthentication"
