"""Withdrawing consent, and closing the account: what is kept, for how long, and what is erased."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken

from portal.accounts import dependants
from portal.accounts import services as accounts
from portal.accounts.models import Consent, Dependant, Role, User
from portal.accounts.services import add_document
from portal.analyses import services as analyses
from portal.analyses.models import Analysis
from portal.audit.context import RequestContext, reset_context, set_context
from portal.audit.models import AuditEvent
from portal.notifications.models import Notification
from portal.records import erasure, services
from portal.records.models import Erasure, RetentionPolicy
from portal.reviews import services as reviews
from portal.reviews.models import Opinion, Review
from portal.scans.models import Scan
from tests.conftest import PASSWORD, drawn_cell, person
from tests.portal.record_things import Answered, dump, in_days, media, signed

pytestmark = pytest.mark.django_db


# --- consent


def test_withdrawing_stops_what_waits_and_is_undone_by_agreeing_again(
    browse: Any, patient: User, practitioner: User, other_practitioner: User, answered: Answered
) -> None:
    waiting, held, done = answered(patient, 1), answered(patient, 2), answered(patient, 3)
    reviews.claim(review=held.review, practitioner=practitioner)  # type: ignore[attr-defined]
    signed(done, other_practitioner)
    pending = analyses.submit(patient=patient, data=drawn_cell(4), disease="malaria").analysis
    client = browse(patient)
    page = client.get("/me/data/withdraw/").content.decode()
    assert "1 picture that still waits for the model" in page
    assert "2 pictures that wait for a practitioner" in page
    assert "stays in your record" in page
    client.post("/me/data/withdraw/")
    assert not accounts.has_consented(patient)
    pending.refresh_from_db()
    assert pending.status == "cancelled"
    assert {r.analysis_id: r.status for r in Review.objects.filter(patient=patient)} == {
        waiting.pk: "declined",
        held.pk: "declined",
        done.pk: "signed",
    }
    assert Notification.objects.filter(user=practitioner, kind="review_declined").exists()
    assert AuditEvent.objects.filter(action="consent.withdrawn", actor=patient, patient=patient).count() == 1
    with pytest.raises(accounts.ConsentRequired):
        analyses.submit(patient=patient, data=drawn_cell(5), disease="malaria")
    with pytest.raises(analyses.NotPossible):
        analyses.requeue(analysis=pending, by=practitioner)
    assert not Erasure.objects.exists()
    client.post("/me/consent/", {"version": "1", "agree": "on"})
    assert accounts.has_consented(patient)
    assert Consent.objects.filter(user=patient).count() == 2
    assert analyses.submit(patient=patient, data=drawn_cell(5), disease="malaria").created


def test_withdrawing_twice_or_without_a_consent_changes_nothing(api: Any, patient: User) -> None:
    client = api(patient)
    assert client.delete("/api/v1/me/consent/").status_code == 204
    assert client.delete("/api/v1/me/consent/").status_code == 204
    assert client.get("/api/v1/me/consent/").json()["given"] is False
    assert AuditEvent.objects.filter(action="consent.withdrawn").count() == 1
    assert client.post("/api/v1/me/consent/", {"version": 1}).status_code == 201


def test_one_consent_in_force_a_text(patient: User) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Consent.objects.create(user=patient, text=Consent.objects.get(user=patient).text)


def test_where_the_policy_says_so_a_withdrawal_erases_after_the_grace(
    browse: Any, patient: User, other_patient: User, practitioner: User, administrator: User, answered: Answered, settings: Any
) -> None:
    services.set_policy(by=administrator, on_withdrawal="erase", grace_days=7)
    mine, theirs = answered(patient, 1), answered(other_patient, 2)
    signed(mine, practitioner, notes="CANARY-NOTE")
    picture = mine.scan.file.open("rb").read()
    client = browse(patient)
    assert "erased after 7 days, unless you agree again before" in " ".join(client.get("/me/data/withdraw/").content.decode().split())
    client.post("/me/data/withdraw/")
    assert "are going to be erased on" in client.get("/me/data/").content.decode()
    assert erasure.run_due() == 0
    client.post("/me/consent/", {"version": "1", "agree": "on"})
    in_days(8)
    assert erasure.run_due() == 0
    client.post("/me/data/withdraw/")
    in_days(8)
    assert erasure.run_due() == 1
    assert picture not in media(settings)
    assert "CANARY-NOTE" not in dump()
    assert not Analysis.objects.filter(patient=patient).exists()
    assert Analysis.objects.get(patient=other_patient) == theirs
    assert theirs.scan.file.open("rb").read() in media(settings)
    assert not Notification.objects.filter(url__contains=str(mine.pk)).exists()
    patient.refresh_from_db()
    assert patient.is_active
    assert client.get("/me/data/").status_code == 200


# --- closing


def close_it(client: Client, password: str = PASSWORD) -> Any:
    return client.post("/me/data/close/", {"understood": "on", "password": password})


def test_closing_asks_for_the_password_and_signs_out_everywhere(client: Client, api: Any, patient: User) -> None:
    credentials = {"login": patient.email, "password": PASSWORD}
    client.post("/accounts/login/", credentials)
    elsewhere = Client()
    elsewhere.post("/accounts/login/", credentials)
    token = api(None).post("/api/v1/token/", {"email": patient.email, "password": PASSWORD}).json()["token"]
    assert close_it(client, "not the password").status_code == 400
    assert not Erasure.objects.exists()
    assert client.post("/me/data/close/", {"password": PASSWORD}).status_code == 400
    page = client.get("/me/data/close/").content.decode()
    assert "For 14 days nothing else happens" in page
    assert "kept for 10 years" in page
    assert "sign in to keep it" in client.post("/me/data/close/", {"understood": "on", "password": PASSWORD}, follow=True).content.decode()
    row = Erasure.objects.get()
    assert (row.kind, row.keep_years, row.due_at.date()) == ("account", 10, (timezone.now() + timedelta(days=14)).date())
    assert client.get("/me/").status_code == elsewhere.get("/me/").status_code == 302
    assert api(None).get("/api/v1/me/", HTTP_AUTHORIZATION=f"Token {token}").status_code == 401
    assert Notification.objects.filter(user=patient, kind="account_closing").exists()


def test_signing_in_again_keeps_the_account(client: Client, patient: User) -> None:
    services.ask_to_close(user=patient)
    page = client.post("/accounts/login/", {"login": patient.email, "password": PASSWORD}, follow=True)
    assert "Your account stays open" in page.content.decode()
    in_days(15)
    assert erasure.run_due() == 0
    patient.refresh_from_db()
    assert patient.is_active
    assert AuditEvent.objects.filter(action="account.closing_cancelled", actor=patient).exists()
    services.ask_to_close(user=patient)  # and may ask again


def test_a_token_is_a_sign_in_too(api: Any, patient: User) -> None:
    client = api(None)
    signed_in = {"email": patient.email, "password": PASSWORD}
    headers = {"HTTP_AUTHORIZATION": f"Token {client.post('/api/v1/token/', signed_in).json()['token']}"}
    assert client.get("/api/v1/me/closing/", **headers).json()["going"] == []
    wrong = client.post("/api/v1/me/closing/", {"password": "not it"}, **headers)
    assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong_password")
    asked = client.post("/api/v1/me/closing/", {"password": PASSWORD}, **headers)
    assert (asked.status_code, asked.json()["kind"]) == (202, "account")
    assert client.get("/api/v1/me/closing/", **headers).status_code == 401
    assert client.post("/api/v1/token/", signed_in).status_code == 201
    assert Erasure.objects.get().cancelled_at is not None


def test_wrong_passwords_are_limited(client: Client, patient: User) -> None:
    client.post("/accounts/login/", {"login": patient.email, "password": PASSWORD})
    said = [close_it(client, f"guess {number}").content.decode() for number in range(12)]
    assert "Too many wrong passwords" in said[-1]
    assert "Too many wrong passwords" in close_it(client).content.decode()
    assert not Erasure.objects.exists()


def test_after_erasing_nothing_of_the_person_is_left(
    client: Client, administrator: User, practitioner: User, other_patient: User, answered: Answered, settings: Any
) -> None:
    services.set_policy(by=administrator, on_closing="erase")
    token = set_context(RequestContext(address="203.0.113.77"))
    leaving = person("canary.mail@elsewhere.example", Role.PATIENT, name="Canary Leaver", birth_date=date(1970, 5, 17))
    EmailAddress.objects.create(user=leaving, email="canary.second@elsewhere.example")
    child = {"birth_date": date(date.today().year - 4, 5, 17), "sex": "female", "relationship": "parent"}
    dependants.add(guardian=leaving, name="Canary Child", **child)
    mine = answered(leaving, 1)
    analyses.submit(patient=leaving, data=drawn_cell(3), disease="malaria", idempotency_key="CANARY-KEY")
    reset_context(token)
    theirs = answered(other_patient, 2)
    signed(mine, practitioner, notes="CANARY-NOTE")
    kind = ContentType.objects.get_for_model(User)
    LogEntry.objects.create(user=administrator, content_type=kind, object_id=str(leaving.pk), object_repr=str(leaving), action_flag=CHANGE)
    client.post("/accounts/login/", {"login": leaving.email, "password": PASSWORD}, REMOTE_ADDR="203.0.113.77")
    AuthToken.objects.create(user=leaving)
    pictures = [scan.file.open("rb").read() for scan in Scan.objects.filter(patient=leaving)]
    pictures += [mine.scan.thumbnail.open("rb").read(), mine.heatmap.open("rb").read()]
    canaries = ["Canary Leaver", "Canary Child", "canary.mail", "canary.second", "CANARY-NOTE", "CANARY-KEY", "203.0.113.77"]
    before, kept = dump(), media(settings)
    assert all(canary in before for canary in canaries)
    assert all(picture in kept for picture in pictures)

    assert close_it(client).status_code == 302
    assert erasure.run_due() == 0
    in_days(15)
    assert erasure.run_due() == 1

    after, kept = dump(), media(settings)
    assert [canary for canary in canaries if canary in after] == []
    # a heat-map is the same bytes for the same answer, so the stranger's may equal it: pictures are told apart
    assert not any(picture in kept for picture in pictures[:3])
    assert theirs.scan.file.open("rb").read() in kept
    leaving.refresh_from_db()
    assert (leaving.is_active, leaving.has_usable_password()) == (False, False)
    assert not AuthToken.objects.filter(user=leaving).exists()
    assert AuditEvent.objects.filter(actor=leaving, action="scan.stored").exists()  # what was done stays, without a name
    assert client.post("/accounts/login/", {"login": "canary.mail@elsewhere.example", "password": PASSWORD}).status_code == 200
    assert erasure.run_due() == 0
    again = person("canary.mail@elsewhere.example", Role.PATIENT, name="Canary Again")
    assert not Scan.objects.filter(patient=again).exists()


def test_kept_records_have_no_name_and_go_when_their_years_are_over(
    patient: User, practitioner: User, answered: Answered, settings: Any
) -> None:
    accounts.update_profile(user=patient, birth_date=date(1970, 5, 17), sex="female", country="Kenya")
    born = date(date.today().year - 4, 5, 17)
    child = dependants.add(guardian=patient, name="Canary Child", birth_date=born, sex="female", relationship="parent")
    done = answered(patient)
    Scan.objects.filter(pk=done.scan_id).update(dependant=child)
    signed(done, practitioner)
    pending = answered(patient, 2)
    name, email, picture = patient.name, patient.email, done.scan.file.open("rb").read()
    services.ask_to_close(user=patient)
    in_days(15)
    assert erasure.run_due() == 1
    after = dump()
    assert name not in after
    assert email not in after
    assert "Canary Child" not in after
    child.refresh_from_db()
    assert (child.birth_date, child.sex) == (born.replace(month=1, day=1), "female")
    assert picture in media(settings)
    patient.patient_profile.refresh_from_db()
    profile = patient.patient_profile
    assert (profile.birth_date.isoformat(), profile.sex, profile.country) == ("1970-01-01", "female", "")
    assert pending.review.__class__.objects.get(analysis=pending).status == "declined"  # type: ignore[attr-defined]
    row = Erasure.objects.open().get()
    assert (row.kind, (row.due_at - timezone.now()).days) == ("record", 3651)
    assert erasure.run_due() == 0
    in_days(3653)
    assert erasure.run_due() == 1
    assert picture not in media(settings)
    assert not Scan.objects.filter(patient=patient).exists()
    assert not Opinion.objects.exists()
    assert not Dependant.objects.exists()
    profile.refresh_from_db()
    assert (profile.birth_date, profile.sex) == (None, "unknown")


def test_what_was_promised_holds_when_the_policy_changes(patient: User, administrator: User, answered: Answered) -> None:
    answered(patient)
    services.ask_to_close(user=patient)
    services.set_policy(by=administrator, on_closing="erase", grace_days=0)
    assert erasure.run_due() == 0
    in_days(15)
    assert erasure.run_due() == 1
    assert Scan.objects.filter(patient=patient).exists()


def test_opinions_of_a_practitioner_who_leaves_keep_name_and_number(
    patient: User, practitioner: User, administrator: User, browse: Any, answered: Answered, settings: Any
) -> None:
    add_document(profile=practitioner.practitioner_profile, title="Licence", data=b"%PDF-1.7 CANARY-DOCUMENT")
    review = signed(answered(patient), practitioner, notes="Stays.")
    own = answered(practitioner, 5).scan.file.open("rb").read()
    email = practitioner.email
    services.ask_to_close(user=practitioner)
    in_days(15)
    assert erasure.run_due() == 1
    page = browse(patient).get(f"/analyses/{review.analysis_id}/").content.decode()
    assert practitioner.name in page
    assert "MCI 12345" in page
    assert "Stays." in page
    assert email not in dump()
    assert b"CANARY-DOCUMENT" not in media(settings)
    assert own not in media(settings)  # a name stays, so their own scans do not
    practitioner.refresh_from_db()
    assert not practitioner.is_verified_practitioner


def test_a_practitioner_who_said_nothing_leaves_no_name(unverified: User) -> None:
    name, number = unverified.name, unverified.practitioner_profile.registration_number
    unverified.name = "Canary Unheard"
    unverified.save()
    services.ask_to_close(user=unverified)
    in_days(15)
    erasure.run_due()
    assert name not in dump()
    assert "Canary Unheard" not in dump()
    assert f'"{number}"' not in dump()


def test_the_last_administrator_stays(client: Client, administrator: User) -> None:
    client.post("/accounts/login/", {"login": administrator.email, "password": PASSWORD})
    assert "only administrator" in close_it(client).content.decode()
    second = person("second@clinic.example", Role.ADMINISTRATOR)
    services.ask_to_close(user=second)
    with pytest.raises(services.ClosingRefused):  # the other one is leaving
        services.ask_to_close(user=administrator)
    services.keep_account(user=second)
    services.ask_to_close(user=administrator)


def test_an_erasure_that_fails_is_tried_again_and_holds_up_nobody(
    patient: User, other_patient: User, administrator: User, answered: Answered, settings: Any, caplog: Any
) -> None:
    services.set_policy(by=administrator, on_closing="erase")
    done = answered(patient)
    for user in (patient, other_patient):
        services.ask_to_close(user=user)
    in_days(15)
    stored = Path(settings.MEDIA_ROOT) / done.scan.file.name
    picture = stored.read_bytes()
    stored.unlink()
    stored.mkdir()  # a file that can not be deleted
    (stored / "in the way").touch()
    assert erasure.run_due() == 1
    assert "tried again" in caplog.text
    patient.refresh_from_db()
    assert not patient.is_active  # begun: nobody signs in and finds a record half gone
    assert not services.keep_account(user=patient)
    assert patient.name != erasure.NAMELESS
    (stored / "in the way").unlink()
    stored.rmdir()
    assert erasure.run_due() == 1
    assert picture not in media(settings)
    patient.refresh_from_db()
    assert patient.name == erasure.NAMELESS


def test_the_policy_is_set_in_the_administration_and_told_on_the_page(browse: Any, administrator: User, patient: User) -> None:
    desk = browse(administrator)
    assert desk.get("/admin/records/retentionpolicy/")["Location"] == "/admin/records/retentionpolicy/1/change/"
    form = {"on_withdrawal": "keep", "on_closing": "keep", "keep_years": "7", "grace_days": "3", "notice": "The Records Act asks for it."}
    assert desk.post("/admin/records/retentionpolicy/1/change/", form).status_code == 302
    page = " ".join(browse(patient).get("/me/data/close/").content.decode().split())
    assert "kept for 7 years" in page
    assert "For 3 days" in page
    assert "The Records Act asks for it." in page
    event = AuditEvent.objects.get(action="retention.set")
    assert (event.actor, event.detail["old"]["keep_years"], event.detail["new"]["keep_years"]) == (administrator, 10, 7)
    assert desk.get("/admin/records/retentionpolicy/add/").status_code == 403
    with pytest.raises(IntegrityError), transaction.atomic():
        RetentionPolicy.objects.create(pk=2)
