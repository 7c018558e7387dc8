"""What drf-spectacular can not see by itself: problem details on every operation, and the token scheme."""

from http import HTTPStatus
from typing import Any

from drf_spectacular.authentication import SessionScheme
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
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
    "406": ("Not to be had in a type that Accept names.", "not_acceptable", "Could not satisfy the request Accept header."),
    "409": ("Not possible in the present state.", "already_claimed", "Dr Rao is reading this scan already."),
    "412": ("Tus-Resumable is missing, or of another version.", "wrong_protocol", "Send Tus-Resumable: 1.0.0."),
    "413": ("The file, or what else is sent, is too large.", "too_large", "The file is larger than 20 MB."),
    "415": ("A type of body, or of file, that is not read here.", "unsupported_type", "Only JPEG and PNG are read."),
    "422": ("This Idempotency-Key was used for another upload.", "idempotency_key_reused", "Send a new key with a new upload."),
    "429": ("Too many requests: wait for as long as Retry-After says.", "throttled", "Request was throttled."),
    "503": (
        "Something that it takes is away, or very many pictures are waiting: send it again after Retry-After seconds.",
        "unavailable",
        "This can not be done at the moment. Nothing is lost: please try again in a few seconds.",
    ),
}
OF_ANY = ("400", "401", "403", "404", "406", "409", "429", "503")
OF_A_BODY = ("413", "415")
# The web server reads the request before the portal does, and speaks HTML
BY_THE_SERVER = {"414": "The address, with its query, is too long.", "431": "The headers are too long."}
WAIT = {"Retry-After": {"schema": {"type": "integer", "minimum": 0}, "required": True, "description": "Seconds."}}
HEADERS = {
    "401": {"WWW-Authenticate": {"schema": {"type": "string"}, "required": True, "description": "How to sign in."}},
    "429": WAIT,
    "503": WAIT,
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
    """Adds the problems that any operation may answer with; a view's `problems` says which more, by action."""

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies = super()._get_response_bodies(direction=direction)
        own = getattr(self.view, "problems", {}).get(getattr(self.view, "action", ""), ())
        for status in sorted({*OF_ANY, *(OF_A_BODY if self._get_request_body() else ()), *own}):
            bodies.setdefault(status, self._problem(status, direction))
        for status, description in BY_THE_SERVER.items():
            bodies[status] = self._shared(status, {"description": description, "content": {"text/html": {"schema": {"type": "string"}}}})
        return bodies

    def _map_serializer_field(self, field: Any, direction: Any, bypass_extensions: bool = False) -> Any:
        """A choice that can be empty in the database is answered empty too; of fields that are only read the framework forgets it."""
        model = getattr(getattr(field.parent, "Meta", None), "model", None)
        if isinstance(field, serializers.ChoiceField) and field.read_only and model is not None:
            column = {column.name: column for column in model._meta.fields}.get(field.source)
            field.allow_blank = bool(column and column.blank)
        return super()._map_serializer_field(field, direction, bypass_extensions)

    def _problem(self, status: str, direction: Any) -> dict[str, Any]:
        description, code, detail = PROBLEMS[status]
        value = {"type": "about:blank", "title": HTTPStatus(int(status)).phrase, "status": int(status), "detail": detail, "code": code}
        schema = self.resolve_serializer(ProblemSerializer, direction).ref
        content = {"application/problem+json": {"schema": schema, "examples": {code: {"value": value}}}}
        told = {"description": description, "content": content, **({"headers": HEADERS[status]} if status in HEADERS else {})}
        return self._shared(status, told)

    def _shared(self, status: str, told: dict[str, Any]) -> dict[str, Any]:
        """A reference to the one description of this answer that all operations share."""
        component = ResolvedComponent(f"Problem{status}", ResolvedComponent.RESPONSE, told, object=ProblemSerializer)
        self.registry.register_on_missing(component)
        return component.ref


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
