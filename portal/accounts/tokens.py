"""Signing in with a token: the same three locks as the pages (password, verified e-mail, second factor) and their limits."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import ReauthenticateForm
from allauth.account.models import EmailAddress
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth.signals import user_logged_in
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext as _

from . import factors, lockout
from .authentication import SecondFactorMissing
from .models import User

FIVE_MINUTES = 300  # the longest window of allauth's limit on codes


class SignInRefused(Exception):
    def __init__(self, code: str, message: str, retry_after: int = lockout.AT_LEAST_SECONDS) -> None:
        super().__init__(message)
        self.code, self.message, self.retry_after = code, message, retry_after


def sign_in(request: HttpRequest, *, email: str, password: str, code: str = "") -> User:
    """The user whose credentials these are. Raises SignInRefused; failed attempts count against the same limits as those on pages.

    Whoever needs a second factor and has not set one up gets the same refusal as with a token of theirs.
    """
    credentials = {"email": email.lower(), "password": password}
    try:
        user: Any = get_adapter().authenticate(request, **credentials)
    except ValidationError as error:  # too many attempts
        raise SignInRefused("too_many_attempts", error.messages[0], lockout.seconds_left(request, credentials)) from error
    if user is None or not user.is_active:
        raise SignInRefused("invalid_credentials", _("The e-mail address or the password is not right."))
    if not EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists():
        raise SignInRefused("email_not_verified", _("Please follow the link in the e-mail that we sent you first."))
    if is_mfa_enabled(user):
        if not code:
            raise SignInRefused("mfa_required", _("Send the code of your authenticator as `code`."))
        _require_code(user, code)
    elif factors.are_needed(user):
        raise SecondFactorMissing
    user_logged_in.send(User, request=request, user=user)  # it is a sign-in like any other: last_login, and what listens to it
    return user


def require_password(user: User, password: str) -> None:
    """That it is this person who asks, and not somebody who found their screen open. Raises SignInRefused; attempts are limited."""
    form = ReauthenticateForm({"password": password}, user=user)
    if form.is_valid():
        return
    codes = {error.code for errors in form.errors.as_data().values() for error in errors}
    if "too_many_login_attempts" in codes:
        raise SignInRefused("too_many_attempts", _("Too many wrong passwords. Try again later."), FIVE_MINUTES)
    raise SignInRefused("wrong_password", _("This is not your password."))


def _require_code(user: User, code: str) -> None:
    """Check the second factor as the pages do: by allauth's form, which counts wrong codes against its limits."""
    form = AuthenticateForm({"code": code}, user=user)
    if form.is_valid():
        return
    codes = {error.code for errors in form.errors.as_data().values() for error in errors}
    if "too_many_login_attempts" in codes:
        raise SignInRefused("too_many_attempts", _("Too many wrong codes. Try again later."), FIVE_MINUTES)
    raise SignInRefused("mfa_invalid", _("The code is not right, or was used before."))
