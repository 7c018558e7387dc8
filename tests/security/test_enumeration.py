"""Signing up, signing in and asking for a new password say the same, and do about the same work, whether an account exists or not."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth import hashers
from django.core import mail
from django.test import Client

from portal.accounts.models import User
from tests.conftest import PASSWORD
from tests.security.people import sign_in, token

SIGN_UP = {"name": "New Person", "role": "patient", "country": "Kenya"} | dict.fromkeys(
    ("password1", "password2"), "a long walk on 7 beaches"
)


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How often a password was hashed since the last time somebody asked: what takes the time of a sign-in."""
    counted: list[str] = []
    kind = hashers.MD5PasswordHasher
    encode = kind.encode

    def count(self: Any, password: str, salt: str) -> str:
        counted.append(salt)
        return encode(self, password, salt)

    monkeypatch.setattr(kind, "encode", count)

    def since() -> int:
        n = len(counted)
        counted.clear()
        return n

    return since


def same(answer: Any, email: str) -> tuple[int, str | None, str]:
    """What a stranger sees, without what differs between any two pages: the address that they wrote, and tokens against forgery."""
    text = answer.content.decode().replace(email, "ADDRESS")
    return answer.status_code, answer.get("Location"), re.sub(r"[A-Za-z0-9]{64}|urn:uuid:[0-9a-f-]+", "", text)


def test_signing_in_with_a_wrong_password(patient: User, hashed: Callable[[], int]) -> None:
    User.objects.create_user("sleeping@home.example", PASSWORD, is_active=False)
    hashed()
    seen, work = set(), []
    for email in (patient.email, "nobody@home.example", "sleeping@home.example"):
        seen.add(same(sign_in(email, "not this one")[1], email))
        work.append(hashed())
    assert len(seen) == 1
    assert len(set(work)) == 1
    assert work[0] >= 1


def test_asking_for_a_token_with_a_wrong_password(patient: User, hashed: Callable[[], int]) -> None:
    hashed()
    seen, work = set(), []
    for email in (patient.email, "nobody@home.example"):
        seen.add(same(token(email, "not this one"), email))
        work.append(hashed())
    assert len(seen) == 1
    assert work == [1, 1]


def test_signing_up_with_an_address_that_has_an_account(patient: User, hashed: Callable[[], int]) -> None:
    hashed()
    seen, work, mails = set(), [], []
    for email in (patient.email, "new@home.example"):
        client = Client()
        answer = client.post("/accounts/signup/", {**SIGN_UP, "email": email})
        seen.add((*same(answer, email), *same(client.get(answer["Location"]), email)))
        work.append(hashed())
        mails.append([message.to for message in mail.outbox])
        mail.outbox.clear()
    assert len(seen) == 1
    assert work[0] == work[1] >= 1
    assert mails == [[[patient.email]], [["new@home.example"]]]  # each is told by mail, and nobody else is


def test_asking_for_a_new_password(patient: User) -> None:
    seen, mails = set(), []
    for email in (patient.email, "nobody@home.example"):
        client = Client()
        answer = client.post("/accounts/password/reset/", {"email": email})
        seen.add((*same(answer, email), *same(client.get(answer["Location"]), email)))
        mails.append(len(mail.outbox))
        mail.outbox.clear()
    assert len(seen) == 1
    assert mails == [1, 1]


def test_what_needs_the_right_password_is_told_only_to_who_has_it(unverified_address: User) -> None:
    assert token(unverified_address.email, "wrong").json()["code"] == "invalid_credentials"
    assert token(unverified_address.email).json()["code"] == "email_not_verified"


@pytest.fixture
def unverified_address(db: None) -> User:
    return User.objects.create_user("fresh@home.example", PASSWORD)
