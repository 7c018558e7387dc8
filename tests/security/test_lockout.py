"""Wrong passwords close an account and an address: on pages and at the token endpoint, for accounts that exist and that do not."""

from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from portal.accounts.models import User
from portal.audit.models import AuditEvent
from tests.conftest import PASSWORD
from tests.portal.test_api import problem
from tests.security.people import LOGIN, sign_in, token


@pytest.fixture(autouse=True)
def _limits(settings: Any) -> None:
    settings.AXES_FAILURE_LIMIT, settings.LOCKOUT_ADDRESS_FAILURES = 5, 8


def fail(email: str, times: int, address: str = "192.0.2.1") -> list[int]:
    """Wrong passwords from one address. allauth's own short limit is set aside: it is not what is tested here."""
    statuses = []
    for _ in range(times):
        cache.clear()
        statuses.append(sign_in(email, "wrong", REMOTE_ADDR=address)[1].status_code)
    return statuses


def test_five_wrong_passwords_close_the_account_from_anywhere(patient: User, other_patient: User) -> None:
    assert fail(patient.email, 6) == [200] * 4 + [429] * 2
    _, refused = sign_in(patient.email, REMOTE_ADDR="198.51.100.7")  # the right password, from elsewhere
    assert refused.status_code == 429
    assert 800 < int(refused["Retry-After"]) <= 901
    assert "Too many tries" in refused.content.decode()
    assert sign_in(other_patient.email, REMOTE_ADDR="198.51.100.7")[1].status_code == 302
    assert AuditEvent.objects.filter(action="account.locked_out", patient=patient).exists()


def test_the_token_endpoint_is_closed_with_it(patient: User) -> None:
    fail(patient.email, 5)
    refused = token(patient.email)
    assert problem(refused, 429)["code"] == "too_many_attempts"
    assert 800 < int(refused["Retry-After"]) <= 901


def test_wrong_passwords_at_the_token_endpoint_close_the_pages(patient: User) -> None:
    codes = []
    for _ in range(6):
        cache.clear()
        codes.append(token(patient.email, "wrong").status_code)
    assert codes == [401] * 5 + [429]
    assert sign_in(patient.email)[1].status_code == 429


def test_an_address_that_tries_many_accounts_is_closed(patient: User) -> None:
    statuses = [fail(f"nobody{number}@home.example", 1, "192.0.2.9")[0] for number in range(9)]
    assert statuses == [200] * 7 + [429] * 2
    assert sign_in(patient.email, REMOTE_ADDR="192.0.2.9")[1].status_code == 429
    assert sign_in(patient.email, REMOTE_ADDR="192.0.2.10")[1].status_code == 302


def test_a_right_password_of_ones_own_does_not_open_the_address_again(patient: User) -> None:
    for number in range(7):
        fail(f"nobody{number}@home.example", 1)
    assert sign_in(patient.email, REMOTE_ADDR="192.0.2.1")[1].status_code == 302
    assert fail("nobody8@home.example", 1) == [429]


def test_a_right_password_forgets_the_wrong_ones_before_it(patient: User) -> None:
    fail(patient.email, 4)
    assert sign_in(patient.email, REMOTE_ADDR="192.0.2.1")[1].status_code == 302
    assert fail(patient.email, 4) == [200] * 4


def test_an_unknown_account_is_closed_like_a_known_one(db: None) -> None:
    assert fail("nobody@home.example", 6) == [200] * 4 + [429] * 2
    assert problem(token("nobody@home.example"), 429)["code"] == "too_many_attempts"


def test_it_opens_by_itself_after_a_while(patient: User) -> None:
    fail(patient.email, 5)
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=15, seconds=1))
    cache.clear()
    assert sign_in(patient.email)[1].status_code == 302


def test_tries_during_the_lock_do_not_make_it_longer(patient: User) -> None:
    fail(patient.email, 5)
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=10))
    assert fail(patient.email, 3) == [429] * 3
    assert int(sign_in(patient.email)[1]["Retry-After"]) <= 301


def test_an_administrator_lifts_it(browse: Any, administrator: User, patient: User, practitioner: User) -> None:
    fail(patient.email, 5)
    page = browse(administrator).get("/admin/axes/accessattempt/").content.decode()
    assert patient.email in page
    chosen = list(AccessAttempt.objects.values_list("pk", flat=True))
    lift = {"action": "lift", "_selected_action": chosen}
    assert browse(practitioner).post("/admin/axes/accessattempt/", lift).status_code == 302
    assert AccessAttempt.objects.exists()
    browse(administrator).post("/admin/axes/accessattempt/", lift)
    cache.clear()
    assert sign_in(patient.email)[1].status_code == 302
    assert AuditEvent.objects.filter(action="account.lock_lifted", actor=administrator, patient=patient).exists()


@pytest.mark.parametrize(("behind", "counted"), [(False, "192.0.2.1"), (True, "203.0.113.5")])
def test_the_address_behind_a_proxy_is_believed_only_from_the_proxy(settings: Any, behind: bool, counted: str, patient: User) -> None:
    """The last entry is the proxy's; those before it are what the client says."""
    settings.BEHIND_PROXY = behind
    sign_in(patient.email, "wrong", REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR="10.0.0.1, 203.0.113.5")
    assert AccessAttempt.objects.get().ip_address == counted


def test_an_address_that_is_none_does_not_break_the_sign_in(settings: Any, patient: User) -> None:
    settings.BEHIND_PROXY = True
    for said in ("", "unknown", "203.0.113.5:443, <script>"):
        _, answer = sign_in(patient.email, REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR=said)
        assert answer.status_code == 302


def test_changing_what_a_client_says_of_itself_does_not_start_a_new_count(patient: User) -> None:
    for number in range(5):
        cache.clear()
        sign_in(patient.email.upper(), "wrong", HTTP_USER_AGENT=f"agent {number}", HTTP_X_FORWARDED_FOR=f"10.0.0.{number}")
    assert sign_in(patient.email)[1].status_code == 429


def test_the_short_limit_of_allauth_answers_the_same(patient: User, settings: Any) -> None:
    settings.AXES_FAILURE_LIMIT = 100
    statuses = [sign_in(patient.email, "wrong")[1].status_code for _ in range(7)]
    assert statuses == [200] * 5 + [429] * 2


def test_no_password_is_kept_of_a_failed_sign_in(patient: User) -> None:
    Client().post(LOGIN, {"login": patient.email, "password": "my other secret"})
    token(patient.email, "my other secret", code="123456")
    for attempt in AccessAttempt.objects.all():
        assert "secret" not in attempt.post_data + attempt.get_data
        assert "123456" not in attempt.post_data
    assert PASSWORD not in str(list(AccessAttempt.objects.values()))
