"""What drf-spectacular can not see by itself: problem details on every operation, and the token scheme."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers

PROBLEMS = {
    "400": "Something in the request is not right, or the picture can not be read: `code` says which.",
    "401": "No token, or one that is not valid any more.",
    "403": "Not allowed, or the consent text has to be accepted first.",
    "404": "Nothing there that you may see.",
    "409": "Not possible in the present state.",
    "429": "Too many requests: wait for as long as Retry-After says.",
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
    errors = ProblemFieldSerializer(many=True, required=False)  # type: ignore[assignment]


class ProblemAutoSchema(AutoSchema):
    """Adds the problems that any operation may answer with."""

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies = super()._get_response_bodies(direction=direction)
        reference = self.resolve_serializer(ProblemSerializer, direction).ref
        for status, description in PROBLEMS.items():
            bodies.setdefault(status, {"content": {"application/problem+json": {"schema": reference}}, "description": description})
        return bodies


class KnoxTokenScheme(OpenApiAuthenticationExtension):
    target_class = "knox.auth.TokenAuthentication"
    name = "token"
    priority = 1

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "apiKey",
            "in": "header",
            "name": "Authorization",
            "description": "`Authorization: Token <token>`, from `POST /token/`.",
        }
