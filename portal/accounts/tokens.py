"""Signing in with a token: the same three locks as the pages (password, verified e-mail, second factor) and their limits."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import ReauthenticateForm
from allauth.account.models import EmailAddress
from allauth.mfa.base.forms import AuthenticateForm
from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth.signals import user_logged_in
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext as _
from knox.models import AuthToken

from portal.audit.services import record

from .models import User


class SignInRefused(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def sign_in(request: HttpRequest, *, email: str, password: str, code: str = "") -> User:
    """The user whose credentials these are. Raises SignInRefused; failed attempts count against allauth's limits."""
    try:
        user: Any = get_adapter().authenticate(request, email=email.lower(), password=password)
    except ValidationError as error:  # too many attempts
        raise SignInRefused("too_many_attempts", error.messages[0]) from error
    if user is None or not user.is_active:
        raise SignInRefused("invalid_credentials", _("The e-mail address or the password is not right."))
    if not EmailAddress.objects.filter(user=user, email=user.email, verified=True).exists():
        raise SignInRefused("email_not_verified", _("Please follow the link in the e-mail that we sent you first."))
    if is_mfa_enabled(user):
        if not code:
            raise SignInRefused("mfa_required", _("Send the code of your authenticator as `code`."))
        _require_code(user, code)
    record("account.token_issued", user, actor=user, patient=user)
    user_logged_in.send(User, request=request, user=user)  # it is a sign-in like any other: last_login, and what listens to it
    return user


@transaction.atomic
def sign_out(user: User, token: AuthToken | None = None) -> None:
    """End one token, or all of a person's."""
    tokens = AuthToken.objects.filter(user=user, **({"pk": token.pk} if token else {}))
    tokens.delete()
    record("account.signed_out", user, actor=user, patient=user, tokens="one" if token else "all")


def require_password(user: User, password: str) -> None:
    """That it is this person who asks, and not somebody who found their screen open. Raises SignInRefused; attempts are limited."""
    form = ReauthenticateForm({"password": password}, user=user)
    if form.is_valid():
        return
    codes = {error.code for errors in form.errors.as_data().values() for error in errors}
    if "too_many_login_attempts" in codes:
        raise SignInRefused("too_many_attempts", _("Too many wrong passwords. Try again later."))
    raise SignInRefused("wrong_password", _("This is not your password."))


def _require_code(user: User, code: str) -> None:
    """Check the second factor as the pages do: by allauth's form, which counts wrong codes against its limits."""
    form = AuthenticateForm({"code": code}, user=user)
    if form.is_valid():
        return
    codes = {error.code for errors in form.errors.as_data().values() for error in errors}
    if "too_many_login_attempts" in codes:
        raise SignInRefused("too_many_attempts", _("Too many wrong codes. Try again later."))
    raise SignInRefused("mfa_invalid", _("The code is not right, or was used before."))
