"""Factors that are really enrolled, and a sign-in as a browser does it."""

import time
from typing import Any

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from django.test import Client
from rest_framework.test import APIClient

from portal.accounts.models import User
from tests.conftest import PASSWORD

LOGIN = "/accounts/login/"


def enrol(user: User) -> str:
    """An authenticator app; returns its secret."""
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(user, secret)
    RecoveryCodes.activate(user)
    return secret


def code_of(secret: str) -> str:
    """One that holds for a while yet: a step of 30 seconds may end before a slow test has sent it."""
    left = totp.app_settings.TOTP_PERIOD - time.time() % totp.app_settings.TOTP_PERIOD
    if left < 5:
        time.sleep(left)
    return totp.format_hotp_value(totp.hotp_value(secret, next(totp.yield_hotp_counters_from_time())))


def sign_in(email: str, password: str = PASSWORD, client: Client | None = None, **headers: Any) -> tuple[Client, Any]:
    client = client or Client()
    return client, client.post(LOGIN, {"login": email, "password": password}, **headers)


def token(email: str, password: str = PASSWORD, **more: Any) -> Any:
    return APIClient().post("/api/v1/token/", {"email": email, "password": password, **more})


def with_token(words: str) -> APIClient:
    return APIClient(headers={"Authorization": f"Token {words}"})


def confirm(client: Client, password: str = PASSWORD) -> None:
    """Before a change of how one signs in, the password is asked for again."""
    assert client.post("/accounts/reauthenticate/", {"password": password}).status_code == 302


def set_up(client: Client) -> str:
    """An authenticator app by way of the pages; returns its secret."""
    confirm(client)
    assert client.get("/accounts/2fa/totp/activate/").status_code == 200
    secret = str(client.session["mfa.totp.secret"])
    assert client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)}).status_code == 302
    return secret
