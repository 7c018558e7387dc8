"""Is it still you? Before a step that can not be taken back, a sign-in of long ago is checked again: by password or authenticator code.

Pages send people to allauth's own page for it; a program sends its password or code with the call. Both last for SIGN_RECHECK_MINUTES, and
wrong ones count against allauth's limits.
"""

import time
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.base.forms import ReauthenticateForm
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from portal.audit.services import record


class RecheckRefused(Exception):
    """`code` is for programs, the message for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def is_needed(request: Any) -> bool:
    """Whether it is too long ago that whoever asks proved who they are. What has no time counts as too long ago."""
    return time.time() - _proved_at(request) >= settings.SIGN_RECHECK_MINUTES * 60


def page(request: HttpRequest, back_to: str) -> str:
    """Where a person confirms that it is them, and comes back from."""
    methods = get_adapter().get_reauthentication_methods(request.user)
    address = methods[0]["url"] if methods else reverse("account_reauthenticate")
    return f"{address}?{urlencode({'next': back_to})}"


def require(request: Any, *, password: str = "", code: str = "") -> None:
    """For the API: passes when the sign-in is recent, or the password or code is right. Raises RecheckRefused."""
    if not is_needed(request):
        return
    if not (password or code):
        minutes = settings.SIGN_RECHECK_MINUTES
        raise RecheckRefused(
            "reauthentication_required",
            _(
                "You signed in more than {minutes} minutes ago. Send your `password`, or the `code` of your authenticator, with this call."
            ).format(minutes=minutes),
        )
    method = "password" if password else "mfa"
    if not (_password_is_right(request, password) if password else _code_is_right(request.user, code)):
        raise RecheckRefused("reauthentication_failed", _("The password or the code is not right. Nothing was signed."))
    if _token(request) is not None:
        cache.set(_key(request), time.time(), settings.SIGN_RECHECK_MINUTES * 60)
    else:
        record_authentication(_plain(request), request.user, method, reauthenticated=True)
    record("account.confirmed", request.user, actor=request.user, patient=request.user, method=method)


def _proved_at(request: Any) -> float:
    token = _token(request)
    if token is not None:
        return max(token.created.timestamp(), cache.get(_key(request), 0.0))
    records = get_authentication_records(_plain(request), request.user)
    return max((float(entry["at"]) for entry in records), default=0.0)


def _token(request: Any) -> Any:
    return getattr(request, "auth", None)


def _plain(request: Any) -> HttpRequest:
    """Django's own request, below that of the REST framework."""
    return getattr(request, "_request", request)


def _key(request: Any) -> str:
    return f"recheck:{_token(request).pk}"


def _password_is_right(request: Any, password: str) -> bool:
    try:
        user = get_adapter().authenticate(_plain(request), email=request.user.email, password=password)
    except ValidationError as error:
        raise RecheckRefused("too_many_attempts", error.messages[0]) from error
    return user is not None and user.pk == request.user.pk


def _code_is_right(user: Any, code: str) -> bool:
    """By allauth's form, as on its page."""
    if not is_mfa_enabled(user):
        return False
    form = ReauthenticateForm({"code": code}, user=user)
    if form.is_valid():
        return True
    if any(error.code == "too_many_login_attempts" for errors in form.errors.as_data().values() for error in errors):
        raise RecheckRefused("too_many_attempts", _("Too many wrong codes. Try again later."))
    return False
