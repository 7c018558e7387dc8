"""People: sign-up, verification, consent, documents, second factor, demo accounts."""

import re
from typing import Any

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from portal.accounts import services
from portal.accounts.models import ConsentText, Role, User
from portal.audit.models import AuditEvent
from portal.notifications.models import Notification
from tests.security.people import code_of

SIGN_UP = {"email": "New@Home.example", "name": "New Person", "role": "patient", "country": "Kenya"}
SIGN_UP |= {"password1": "a long walk on 7 beaches", "password2": "a long walk on 7 beaches"}


def test_a_new_patient_verifies_the_address_and_comes_in(client: Client, db: None) -> None:
    assert client.post("/accounts/signup/", SIGN_UP).status_code == 302
    user = User.objects.get(email="new@home.example")
    assert (user.role, user.patient_profile.country) == (Role.PATIENT, "Kenya")
    assert client.get("/me/").status_code == 302
    link = re.search(r"https?://\S+(/accounts/confirm-email/\S+/)", str(mail.outbox[0].body))
    assert link is not None
    client.post(link[1])
    client.post("/accounts/login/", {"login": SIGN_UP["email"], "password": SIGN_UP["password1"]})
    assert client.get("/me/").status_code == 200


def test_a_practitioner_needs_a_registration_and_nobody_signs_up_as_administrator(client: Client, db: None) -> None:
    page = client.post("/accounts/signup/", {**SIGN_UP, "role": "practitioner"})
    assert "A practitioner needs this" in page.content.decode()
    assert client.post("/accounts/signup/", {**SIGN_UP, "role": "administrator"}).status_code == 200
    assert not User.objects.exists()
    client.post("/accounts/signup/", {**SIGN_UP, "role": "practitioner", "registration_number": "K-1", "speciality": "Pathology"})
    assert not User.objects.get().is_verified_practitioner


def test_one_click_in_the_admin_verifies_and_tells(browse: Any, administrator: User, unverified: User) -> None:
    assert "Almost there" in browse(unverified).get("/reviews/").content.decode()
    desk = browse(administrator)
    assert "Approve" in desk.get("/admin/accounts/practitionerprofile/").content.decode()
    desk.post("/admin/accounts/practitionerprofile/", {"approve": unverified.practitioner_profile.pk})
    unverified = User.objects.get(pk=unverified.pk)
    assert unverified.is_verified_practitioner
    assert unverified.practitioner_profile.verified_by == administrator
    assert Notification.objects.filter(user=unverified, kind="verified").exists()
    assert AuditEvent.objects.filter(action="practitioner.verification", actor=administrator).exists()
    assert "Worklist" in browse(unverified).get("/reviews/").content.decode()


def test_nobody_verifies_themselves(unverified: User) -> None:
    with pytest.raises(PermissionError):
        services.verify_practitioner(profile=unverified.practitioner_profile, by=unverified)


def test_a_new_consent_text_is_asked_for_again(browse: Any, patient: User, malaria: Any) -> None:
    client = browse(patient)
    assert "Upload and ask" in client.get("/analyses/new/malaria/").content.decode()
    ConsentText.objects.create(version=2, title="Second", body="New words.", published_at=timezone.now())
    assert "One thing first" in client.get("/analyses/new/malaria/").content.decode()
    client.post("/me/consent/", {"version": "1", "agree": "on"})
    assert not services.has_consented(patient)
    answer = client.post("/me/consent/", {"version": "2", "agree": "on", "next": "https://elsewhere.example/"})
    assert services.has_consented(patient)
    assert answer["Location"] == "/"


def test_a_document_is_judged_by_its_bytes(browse: Any, unverified: User) -> None:
    from tests.conftest import as_upload

    client = browse(unverified)
    client.post("/me/documents/", {"title": "Licence", "file": as_upload(b"MZ not a document", "licence.pdf")})
    assert not unverified.practitioner_profile.documents.exists()
    client.post("/me/documents/", {"title": "Licence", "file": as_upload(b"%PDF-1.7 drawn", "../../etc/passwd")})
    document = unverified.practitioner_profile.documents.get()
    assert re.fullmatch(r"documents/[0-9a-f]{32}\.pdf", document.file.name)


@pytest.mark.parametrize(
    "path",
    [
        "/accounts/2fa/",
        "/accounts/password/change/",
        "/accounts/email/",
        "/accounts/logout/",
        "/me/consent/",
    ],
)
def test_the_pages_of_the_account_open(path: str, patient: User, client: Client) -> None:
    client.post("/accounts/login/", {"login": patient.email, "password": "correct horse battery"})
    page = client.get(path)
    assert page.status_code == 200
    assert "not a diagnosis" in page.content.decode()


def test_a_second_factor_is_set_up_and_then_asked_for(patient: User, client: Client) -> None:
    signed = {"login": patient.email, "password": "correct horse battery"}
    client.post("/accounts/login/", signed)
    page = client.get("/accounts/2fa/totp/activate/", follow=True)
    if page.redirect_chain:  # it asks for the password again first
        client.post(page.redirect_chain[-1][0], {"password": signed["password"]})
        page = client.get("/accounts/2fa/totp/activate/")
    assert page.status_code == 200
    secret = client.session["mfa.totp.secret"]
    client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)})
    client.post("/accounts/logout/")
    assert client.post("/accounts/login/", signed)["Location"].startswith("/accounts/2fa/authenticate/")
    assert client.get("/me/").status_code == 302


def test_demo_accounts_are_made_only_with_debug_and_told_once(settings: Any, capsys: Any, db: None, malaria: Any) -> None:
    with pytest.raises(CommandError):
        call_command("seed_demo")
    settings.DEBUG = True
    call_command("seed_demo")
    first = capsys.readouterr().out
    assert len(re.findall(r"@example\.org +\S{8,}", first)) == 3
    assert "2 sample scan(s) added" in first
    call_command("seed_demo")
    assert "@example.org" not in capsys.readouterr().out
    assert User.objects.get(email="practitioner@example.org").is_verified_practitioner


def test_audit_events_are_only_added(patient: User) -> None:
    event = AuditEvent.objects.filter(patient=patient).first()
    assert event is not None
    with pytest.raises(TypeError):
        event.save()
    with pytest.raises(TypeError):
        event.delete()
