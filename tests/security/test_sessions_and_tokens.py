"""Where one is signed in: how long it lasts, what a token may do, and how all of it is seen and ended."""

import time
from datetime import timedelta
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth.hashers import identify_hasher, make_password
from django.db import connection
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken

from portal.accounts import access
from portal.accounts.models import ApiToken, User
from tests.conftest import PASSWORD
from tests.portal.test_api import problem
from tests.security.people import confirm, sign_in, token, with_token

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def later(client: Client, **moved: int) -> None:
    """Move what is kept about a session into the past, by seconds."""
    session = client.session
    for key, seconds in moved.items():
        session[key] = int(time.time()) - seconds
    session.save()


def test_argon2_keeps_new_passwords_and_takes_over_old_ones_at_the_next_sign_in(patient: User, settings: Any) -> None:
    from medinform import settings as ours

    settings.PASSWORD_HASHERS = ours.PASSWORD_HASHERS
    assert make_password("x").startswith("argon2$argon2id$")
    for old in ("scrypt", "pbkdf2_sha256"):
        patient.password = make_password(PASSWORD, hasher=old)
        patient.save()
        assert sign_in(patient.email)[1].status_code == 302
        patient.refresh_from_db()
        assert identify_hasher(patient.password).algorithm == "argon2"


@pytest.mark.parametrize(
    ("moved", "status"),
    [
        ({"session_seen": 59 * 60}, 200),
        ({"session_seen": 60 * 60}, 302),
        ({"session_began": 11 * 3600}, 200),
        ({"session_began": 12 * 3600}, 302),
    ],
)
def test_a_session_ends_unused_and_after_half_a_day(patient: User, moved: dict[str, int], status: int) -> None:
    client, _ = sign_in(patient.email)
    later(client, **moved)
    assert client.get("/me/").status_code == status
    assert client.get("/api/v1/me/").status_code == (200 if status == 200 else 401)


def test_using_it_keeps_it_and_a_page_that_asks_by_itself_does_not(patient: User) -> None:
    client, _ = sign_in(patient.email)
    later(client, session_seen=30 * 60)
    client.get("/notifications/", headers={"HX-Request": "true"})
    assert client.session["session_seen"] < time.time() - 29 * 60
    client.get("/notifications/")
    assert client.session["session_seen"] > time.time() - 60


def test_a_session_from_before_there_were_limits_goes_on(patient: User) -> None:
    client = Client()
    client.force_login(patient)
    session = client.session
    del session["session_began"], session["session_seen"]
    session.save()
    assert client.get("/me/").status_code == 200
    assert client.session["session_began"] > time.time() - 60


def test_one_sees_ones_browsers_and_ends_one_of_them(patient: User, other_patient: User) -> None:
    other, _ = sign_in(other_patient.email)
    lost, _ = sign_in(patient.email, HTTP_USER_AGENT=FIREFOX, REMOTE_ADDR="192.0.2.4")
    here, _ = sign_in(patient.email)
    page = here.get("/me/sign-ins/").content.decode()
    assert "Firefox, Linux" in page
    assert "192.0.2.4" in page
    assert page.count("this one") == 1
    listed = here.get("/api/v1/me/sessions/").json()
    assert [(row["browser"], row["address"]) for row in listed if row["address"] == "192.0.2.4"] == [("Firefox, Linux", "192.0.2.4")]
    assert len(listed) == 2
    row = UserSession.objects.get(user=patient, ip="192.0.2.4")
    here.post(f"/me/sign-ins/browsers/{row.pk}/end/")
    assert [client.get("/me/").status_code for client in (lost, here, other)] == [302, 200, 200]
    theirs = UserSession.objects.get(user=other_patient)
    assert here.post(f"/me/sign-ins/browsers/{theirs.pk}/end/").status_code == 404
    assert here.delete(f"/api/v1/me/sessions/{theirs.pk}/").status_code == 404
    assert other.get("/me/").status_code == 200


def test_signing_out_everywhere_ends_this_browser_the_others_and_every_token(patient: User, other_patient: User) -> None:
    browsers = [sign_in(patient.email)[0] for _ in range(2)]
    program, theirs = (with_token(token(user.email).json()["token"]) for user in (patient, other_patient))
    assert browsers[0].post("/me/sign-ins/end/")["Location"] == "/accounts/login/"
    assert [client.get("/me/").status_code for client in browsers] == [302, 302]
    assert [client.get("/api/v1/me/").status_code for client in (program, theirs)] == [401, 200]


def test_a_browser_signs_out_everywhere_by_the_api(patient: User) -> None:
    client = Client(enforce_csrf_checks=False)
    sign_in(patient.email, client=client)
    later(client, session_seen=120)  # so that this request writes to the session that it ends
    assert client.delete("/api/v1/token/all/").status_code == 204
    assert client.get("/me/").status_code == 302


def test_a_token_is_kept_as_a_hash_only(patient: User) -> None:
    words = token(patient.email, name="My scale").json()["token"]
    with connection.cursor() as cursor:
        for table in ("knox_authtoken", "accounts_apitoken", "audit_auditevent"):
            cursor.execute(f"SELECT * FROM {table}")
            assert words not in str(cursor.fetchall())


@pytest.mark.parametrize(("method", "path"), [("post", "/api/v1/analyses/"), ("patch", "/api/v1/me/"), ("delete", "/api/v1/me/consent/")])
def test_a_token_that_may_read_changes_nothing(patient: User, method: str, path: str) -> None:
    reader = with_token(token(patient.email, scope="read").json()["token"])
    assert reader.get("/api/v1/me/").status_code == 200
    assert problem(getattr(reader, method)(path, {"name": "Changed"}), 403)["code"] == "token_read_only"
    patient.refresh_from_db()
    assert patient.name != "Changed"


def test_a_token_that_may_read_can_end_itself_and_no_other(patient: User) -> None:
    reader, other = (with_token(token(patient.email, scope="read").json()["token"]) for _ in range(2))
    [row, *_] = reader.get("/api/v1/me/tokens/").json()
    assert problem(reader.delete(f"/api/v1/me/tokens/{row['id']}/"), 403)["code"] == "token_read_only"
    assert reader.delete("/api/v1/token/").status_code == 204
    assert [client.get("/api/v1/me/").status_code for client in (reader, other)] == [401, 200]


def test_a_token_without_a_known_scope_opens_nothing(patient: User) -> None:
    _, words = AuthToken.objects.create(user=patient)
    assert with_token(words).get("/api/v1/me/").status_code == 401


def test_a_token_ends_when_it_was_said_to(patient: User) -> None:
    made = token(patient.email, days=2).json()
    client = with_token(made["token"])
    assert client.get("/api/v1/me/").status_code == 200
    AuthToken.objects.update(expiry=timezone.now() - timedelta(seconds=1))
    assert client.get("/api/v1/me/").status_code == 401
    assert problem(token(patient.email, days=91), 400)["errors"][0]["field"] == "days"
    assert problem(token(patient.email, scope="everything"), 400)["errors"][0]["field"] == "scope"


def test_a_token_is_made_on_the_page_shown_once_and_listed(patient: User) -> None:
    client, _ = sign_in(patient.email)
    confirm(client)
    page = client.post("/me/sign-ins/tokens/", {"name": "My scale", "scope": "read", "days": "7"}).content.decode()
    words = page.partition('id="new_token" value="')[2].partition('"')[0]
    assert len(words) == 64
    assert with_token(words).get("/api/v1/me/").status_code == 200
    again = client.get("/me/sign-ins/").content.decode()
    assert words not in again
    assert "My scale" in again
    assert "Read only" in again
    [row] = client.get("/api/v1/me/tokens/").json()
    assert (row["name"], row["scope"]) == ("My scale", "read")
    assert row["last_used_at"] is not None
    assert client.post(f"/me/sign-ins/tokens/{row['id']}/end/").status_code == 302
    assert with_token(words).get("/api/v1/me/").status_code == 401


def test_an_old_sign_in_is_checked_before_a_token_is_made(patient: User, browse: Any) -> None:
    client = Client()
    client.force_login(patient)
    answer = client.post("/me/sign-ins/tokens/", {"name": "Stolen screen", "scope": "all", "days": "90"})
    assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert not ApiToken.objects.exists()


def test_nobody_sees_or_ends_somebody_elses_token(patient: User, other_patient: User, administrator: User) -> None:
    kept, words = access.issue(user=patient, name="Mine")
    for user in (other_patient, administrator):
        client = with_token(access.issue(user=user)[1])
        assert str(kept.pk) not in client.get("/api/v1/me/tokens/").content.decode()
        assert client.delete(f"/api/v1/me/tokens/{kept.pk}/").status_code == 404
    assert with_token(words).get("/api/v1/me/").status_code == 200


def test_one_person_has_so_many_tokens_and_no_more(patient: User, settings: Any) -> None:
    for _ in range(20):
        access.issue(user=patient)
    with pytest.raises(access.TooManyTokens):
        access.issue(user=patient)
    assert problem(token(patient.email), 409)["code"] == "too_many_tokens"
