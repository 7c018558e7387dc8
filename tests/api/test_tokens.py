"""Tokens and the second factor: wrong codes are counted, recovery codes work once."""

from typing import Any

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from rest_framework.test import APIClient

from portal.accounts.models import User
from tests.conftest import PASSWORD
from tests.portal.test_api import problem


def sign_in(user: User, **more: str) -> Any:
    return APIClient().post("/api/v1/token/", {"email": user.email, "password": PASSWORD, **more})


def test_a_recovery_code_opens_once(patient: User) -> None:
    totp.TOTP.activate(patient, totp.generate_totp_secret())
    code = RecoveryCodes.activate(patient).generate_codes()[0]
    assert problem(sign_in(patient, code="000000"), 401)["code"] == "mfa_invalid"
    assert sign_in(patient, code=code).status_code == 201
    assert problem(sign_in(patient, code=code), 401)["code"] == "mfa_invalid"


def test_wrong_codes_are_counted(patient: User) -> None:
    totp.TOTP.activate(patient, totp.generate_totp_secret())
    codes = [sign_in(patient, code=f"00000{number}") for number in range(8)]
    assert [response.status_code for response in codes] == [401] * 5 + [429] * 3
    assert problem(codes[-1], 429)["code"] == "too_many_attempts"
    assert int(codes[-1]["Retry-After"]) > 0


def test_a_person_whose_account_is_closed_gets_no_token(patient: User) -> None:
    token = sign_in(patient).json()["token"]
    User.objects.update(is_active=False)
    assert problem(sign_in(patient), 401)["code"] == "invalid_credentials"
    assert problem(APIClient(headers={"Authorization": f"Token {token}"}).get("/api/v1/me/"), 401)


def test_all_tokens_end_at_once_and_nobody_elses(patient: User, other_patient: User) -> None:
    mine = [APIClient(headers={"Authorization": f"Token {sign_in(patient).json()['token']}"}) for _ in range(2)]
    other = APIClient(headers={"Authorization": f"Token {sign_in(other_patient).json()['token']}"})
    assert mine[0].delete("/api/v1/token/all/").status_code == 204
    assert [client.get("/api/v1/me/").status_code for client in (*mine, other)] == [401, 401, 200]
