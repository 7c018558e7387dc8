"""Where it is required, who sees other people's data does nothing before they have a second factor."""

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from portal.accounts import access
from portal.accounts.models import User
from portal.audit.models import AuditEvent
from tests.conftest import PASSWORD
from tests.portal.access_matrix import GET
from tests.portal.access_walk import address, routes, things  # noqa: F401  (a fixture)
from tests.portal.test_api import problem
from tests.security.people import code_of, confirm, enrol, set_up, sign_in, token, with_token

pytestmark = pytest.mark.django_db
SETUP = "/accounts/2fa/"


@pytest.fixture(autouse=True)
def _required(settings: Any) -> None:
    settings.MFA_REQUIRED = True


def enter(user: User, secret: str) -> Client:
    client, answer = sign_in(user.email)
    assert answer["Location"].startswith("/accounts/2fa/authenticate/")
    assert client.post("/accounts/2fa/authenticate/", {"code": code_of(secret)}).status_code == 302
    return client


@pytest.mark.parametrize("who", ["unverified", "practitioner", "administrator"])
def test_every_page_leads_to_setting_it_up(who: str, things: Any) -> None:  # noqa: F811
    client, _ = sign_in(things.people[who].email)
    open_to_all = {"healthz", "words", "v1:schema", "v1:docs"}
    seen = {}
    for name, path in routes():
        if name in GET and not name.startswith("v1:") and name not in open_to_all and name != "api-not-found":
            answer = client.get(address(name, path, things))
            seen[name] = answer.get("Location", answer.status_code)
    assert {name: where for name, where in seen.items() if where != SETUP} == {}
    assert len(seen) > 30
    for page in ("/admin/", "/admin/accounts/user/", "/admin/audit/auditevent/", "/accounts/password/change/"):
        assert client.get(page)["Location"] == SETUP


def test_nor_can_anything_be_done(things: Any) -> None:  # noqa: F811
    client, _ = sign_in(things.people["assigned"].email)
    for name, path in routes():
        if name.split(":")[0] in ("reviews", "questions", "analyses", "records") and name not in GET:
            assert client.post(address(name, path, things))["Location"] == SETUP, name


def test_the_api_says_mfa_required_to_a_browser_and_to_a_token(practitioner: User, administrator: User) -> None:
    for user in (practitioner, administrator):
        client, _ = sign_in(user.email)
        assert problem(client.get("/api/v1/me/"), 403)["code"] == "mfa_required"
        _, words = access.issue(user=user)  # from before it was required
        assert problem(with_token(words).get("/api/v1/reviews/"), 403)["code"] == "mfa_required"
        assert problem(token(user.email), 403)["code"] == "mfa_required"


def test_a_piece_of_a_page_leads_there_too(practitioner: User) -> None:
    client, _ = sign_in(practitioner.email)
    answer = client.get("/reviews/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Redirect"]) == (403, SETUP)


def test_patients_may_do_without(patient: User) -> None:
    client, _ = sign_in(patient.email)
    assert client.get("/me/").status_code == 200
    assert token(patient.email).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_at_once_a_practitioner_sets_it_up_on_the_pages_and_everything_opens(as_migrated: None, practitioner: User) -> None:
    client, _ = sign_in(practitioner.email)
    assert "a password alone is not enough" in client.get(SETUP).content.decode()
    set_up(client)
    assert client.get("/reviews/").status_code == 200
    codes = client.get("/accounts/2fa/recovery-codes/").content.decode()
    assert len(re.findall(r"<code>[0-9]{8}</code>", codes)) == 10
    assert AuditEvent.objects.filter(action="account.mfa_added", actor=practitioner).exists()


@pytest.mark.django_db(transaction=True)
def test_at_once_setting_it_up_ends_what_was_signed_in_without_it(as_migrated: None, patient: User) -> None:
    elsewhere, _ = sign_in(patient.email)
    words = token(patient.email).json()["token"]
    here, _ = sign_in(patient.email)
    set_up(here)
    assert here.get("/me/").status_code == 200
    assert elsewhere.get("/me/").status_code == 302
    assert with_token(words).get("/api/v1/me/").status_code == 401


def test_with_it_pages_api_and_admin_open(administrator: User) -> None:
    secret = enrol(administrator)
    assert enter(administrator, secret).get("/admin/").status_code == 200


def test_a_token_asks_for_the_code(practitioner: User) -> None:
    secret = enrol(practitioner)
    assert problem(token(practitioner.email), 401)["code"] == "mfa_required"
    assert problem(token(practitioner.email, code="000000"), 401)["code"] == "mfa_invalid"
    words = token(practitioner.email, code=code_of(secret)).json()["token"]
    assert with_token(words).get("/api/v1/reviews/").status_code == 200


def test_the_password_alone_opens_no_page_once_there_is_a_factor(practitioner: User) -> None:
    enrol(practitioner)
    client, _ = sign_in(practitioner.email)
    for path in ("/me/", "/reviews/", reverse("accounts:access"), "/accounts/password/change/"):
        assert client.get(path).status_code == 302
    assert client.get("/api/v1/me/").status_code == 401


def test_turning_it_off_closes_everything_again(practitioner: User) -> None:
    client = enter(practitioner, enrol(practitioner))
    assert client.get("/reviews/").status_code == 200
    confirm(client)
    client.post("/accounts/2fa/totp/deactivate/")
    assert not Authenticator.objects.filter(user=practitioner).exists()
    assert client.get("/reviews/")["Location"] == SETUP


def test_an_administrator_takes_a_lost_factor_away_and_sees_no_secret(administrator: User, practitioner: User) -> None:
    secret = enrol(practitioner)
    client = enter(administrator, enrol(administrator))
    row = Authenticator.objects.get(user=practitioner, type="totp")
    for page in ("", f"{row.pk}/change/"):
        assert secret not in client.get(f"/admin/mfa/authenticator/{page}").content.decode()
    client.post("/admin/mfa/authenticator/", {"action": "remove", "_selected_action": [row.pk]})
    assert not Authenticator.objects.filter(user=practitioner).exists()
    assert AuditEvent.objects.filter(action="account.factors_removed", actor=administrator, patient=practitioner).exists()
    assert sign_in(practitioner.email)[1].status_code == 302


def test_a_new_password_by_mail_does_not_go_round_it(practitioner: User, mailoutbox: list[Any]) -> None:
    secret = enrol(practitioner)
    client = Client()
    client.post("/accounts/password/reset/", {"email": practitioner.email})
    link = re.search(r"https?://[^/\s]+(/accounts/password/reset/key/\S+/)", str(mailoutbox[-1].body))
    assert link is not None
    page = client.get(link[1], follow=True)
    client.post(page.redirect_chain[-1][0], {"password1": f"{PASSWORD} 2", "password2": f"{PASSWORD} 2"})
    assert client.get("/reviews/").status_code == 302
    _, answer = sign_in(practitioner.email, f"{PASSWORD} 2", client)
    assert answer["Location"].startswith("/accounts/2fa/authenticate/")
    assert secret
