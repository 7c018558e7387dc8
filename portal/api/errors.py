"""Every error of the API as RFC 9457 problem details: type, title, status, detail, code, and for forms which field is wrong."""

from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation, TooManyFieldsSent, TooManyFilesSent
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import exception_handler

from inference.imaging import ImageRejected
from portal.accounts.access import TooManyTokens
from portal.accounts.dependants import DependantRefused, GuardianRequired
from portal.accounts.recheck import RecheckRefused
from portal.accounts.services import ConsentRequired
from portal.accounts.tokens import SignInRefused
from portal.analyses.limits import Busy, TooManyWaiting
from portal.analyses.resent import KeyReused, OtherPerson, OtherSide
from portal.analyses.services import DiseaseUnavailable, NotPossible
from portal.analyses.words import refusal
from portal.audit.context import current
from portal.notifications.preferences import PreferenceError
from portal.questions.services import QuestionError
from portal.records.archive import CopyRefused
from portal.records.services import ClosingRefused
from portal.reviews.services import ReviewError
from portal.scans.uploads import UploadError

PROBLEM_JSON = "application/problem+json"
DOMAIN_STATUS: dict[type[Exception], int] = {
    ImageRejected: 400,
    ConsentRequired: 403,
    GuardianRequired: 403,
    DependantRefused: 409,
    SignInRefused: 401,
    TooManyTokens: 409,
    RecheckRefused: 403,
    DiseaseUnavailable: 409,
    KeyReused: 422,
    OtherPerson: 409,
    OtherSide: 409,
    NotPossible: 409,
    TooManyWaiting: 429,
    Busy: 503,
    ReviewError: 409,
    UploadError: 409,
    PreferenceError: 400,
    QuestionError: 409,
    CopyRefused: 429,
    ClosingRefused: 409,
}
CODE_STATUS = {
    "too_large": 413,
    "too_long": 413,
    "unsupported_type": 415,
    "not_verified": 403,
    "own_scan": 403,
    "too_many_attempts": 429,
    "wrong_password": 403,
    "too_many_uploads": 429,
    "wrong_protocol": 412,
    "bad_header": 400,
    "broken_off": 400,
    "too_many_messages": 429,
}
CODE_STATUS |= dict.fromkeys(("unknown_detail", "details_contradict", "nothing_to_do"), 400)
TOO_MUCH: dict[type[Exception], tuple[int, str, Promise]] = {
    RequestDataTooBig: (413, "request_too_large", _("The fields of this request are too large.")),
    TooManyFieldsSent: (400, "too_many_fields", _("This request has too many fields.")),
    TooManyFilesSent: (400, "too_many_files", _("Send one file in each upload.")),
    SuspiciousOperation: (400, "bad_request", _("This request could not be understood.")),
}
TOO_MANY_ATTEMPTS_SECONDS = 300  # the longest window of allauth's limit on failed sign-ins


def body(status: int, code: str, detail: str | Promise, **more: Any) -> dict[str, Any]:
    """A problem's members. `type` is about:blank, as RFC 9457 has it where status and code say it all; `instance` is the request's id.

    Title and detail are in the language of the request (portal/accounts/borrowed.py has the titles' words); codes never change.
    """
    request_id = current().request_id
    instance = {"instance": f"urn:uuid:{request_id}"} if request_id else {}
    title = gettext(HTTPStatus(status).phrase)
    return {"type": "about:blank", "title": title, "status": status, "detail": str(detail), "code": code, **instance, **more}


def problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """The exception handler of the API. What is not foreseen stays an exception: Django reports it and answers 500."""
    response = _of_the_domain(error) or _of_the_framework(error, context)
    if response is None:
        return None
    response.content_type = PROBLEM_JSON
    if context.get("request") is not None:  # also where the answer would have been a page, a picture or YAML
        context["request"].accepted_renderer, context["request"].accepted_media_type = JSONRenderer(), JSONRenderer.media_type
    return response


def _of_the_domain(error: Exception) -> Response | None:
    """What services and models refuse, with their own code and sentence."""
    status = next((status for kind, status in DOMAIN_STATUS.items() if isinstance(error, kind)), None)
    if status is None:
        return None
    code = error.code  # type: ignore[attr-defined]
    status = CODE_STATUS.get(code, status)
    wait = getattr(error, "retry_after", TOO_MANY_ATTEMPTS_SECONDS)
    headers = {401: {"WWW-Authenticate": "Token"}, 429: {"Retry-After": str(wait)}, 503: {"Retry-After": str(wait)}}.get(status)
    response = Response(body(status, code, refusal(error)), status=status, headers=headers)
    response._has_been_logged = status == 503  # type: ignore[attr-defined]  # Django logs a 503 as an error; being busy is none
    return response


def _of_the_framework(error: Exception, context: dict[str, Any]) -> Response | None:
    """What Django and the REST framework refuse; None for what nobody foresaw."""
    too_much = next((found for kind, found in TOO_MUCH.items() if isinstance(error, kind)), None)
    if too_much is not None:
        status, code, detail = too_much
        response = Response(body(status, code, detail), status=status)
    else:
        if isinstance(error, Http404):
            error = exceptions.NotFound()
        elif isinstance(error, PermissionDenied):
            error = exceptions.PermissionDenied()
        handled = exception_handler(error, context)
        if handled is None:
            return None
        response = handled
        response.data = _details(error, handled.status_code)
    return response


def _details(error: Exception, status: int) -> dict[str, Any]:
    if isinstance(error, exceptions.ValidationError):
        fields = list(_fields(error.get_full_details()))
        first = fields[0]
        detail = first["detail"] if len(fields) == 1 and not first["field"] else _("Some of what was sent is not right: see errors.")
        return body(status, "invalid", detail, errors=fields)
    assert isinstance(error, exceptions.APIException)  # noqa: S101  (exception_handler handles no others)
    code = "csrf_failed" if str(error.detail).startswith("CSRF Failed") else error.get_codes()
    more = {"retry_after": getattr(error, "wait", None)} if isinstance(error, exceptions.Throttled) else {}
    return body(status, code if isinstance(code, str) else "error", str(error.detail), **more)


def _fields(details: Any, path: str = "") -> Any:
    """Flatten DRF's nested details into {field, code, detail}."""
    if isinstance(details, dict) and set(details) == {"message", "code"}:
        yield {"field": path, "code": details["code"], "detail": str(details["message"])}
    elif isinstance(details, dict):
        for name, inner in details.items():
            yield from _fields(inner, "" if name == "non_field_errors" else f"{path}.{name}".lstrip("."))
    else:
        for inner in details:
            yield from _fields(inner, path)


@csrf_exempt  # or whoever sends something there would be told of a missing token, on a page
def not_found(request: HttpRequest) -> HttpResponse:
    """For unknown paths below /api/."""
    return JsonResponse(body(404, "not_found", _("There is nothing at this address.")), status=404, content_type=PROBLEM_JSON)


def bad_request(request: HttpRequest) -> HttpResponse:
    """For what can not be read below /api/, before a view sees it."""
    return JsonResponse(body(*TOO_MUCH[SuspiciousOperation]), status=400, content_type=PROBLEM_JSON)


def later(request: HttpRequest) -> HttpResponse:
    """What the API needs is away for a moment: the same request can be sent again."""
    detail = _("This can not be done at the moment. Nothing is lost: please try again in a few seconds.")
    return JsonResponse(body(503, "unavailable", detail), status=503, content_type=PROBLEM_JSON)


def server_error(request: HttpRequest) -> HttpResponse:
    """For bugs below /api/: they are reported, and told without detail."""
    detail = _("Something broke on our side. It has been reported; nothing that was kept is lost.")
    return JsonResponse(body(500, "internal_error", detail), status=500, content_type=PROBLEM_JSON)
