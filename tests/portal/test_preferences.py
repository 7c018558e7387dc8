"""Where people are told of what: their choice, what stays on, the link that ends mails, and what mail never says."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import User
from portal.analyses.models import Analysis
from portal.audit.models import AuditEvent
from portal.notifications import digest, services, unsubscribe
from portal.notifications.kinds import RULES, kinds_for
from portal.notifications.models import Notification
from portal.notifications.preferences import PreferenceError, choices_of, choose, choose_digest_time
from portal.reviews import services as reviews
from portal.reviews.models import Review

Kind = Notification.Kind
READING = {"finding": "parasitized", "confidence": "high", "recommendation": "visit", "notes": "CANARY-NOTE trophozoite"}
OFF = {"portal": False, "email": False}


def signed(review: Review, practitioner: User) -> Review:
    reviews.claim(review=review, practitioner=practitioner)
    reviews.record_reading(review=review, practitioner=practitioner, **READING)
    reviews.sign(review=review, practitioner=practitioner, **READING)
    return Review.objects.get(pk=review.pk)


def delivered() -> list[Any]:
    """The mails of everything that was told and is to be mailed."""
    mail.outbox.clear()
    services.deliver_each(Notification.objects.filter(emailed_at__isnull=True).values_list("pk", flat=True))
    return mail.outbox


def bodies(message: Any) -> str:
    return "\n".join([message.subject, message.body, *(body for body, _ in message.alternatives), str(message.message())])


def test_every_kind_has_a_rule_and_concerns_somebody(patient: User, practitioner: User) -> None:
    assert set(RULES) == set(Kind.values)
    assert set(kinds_for(practitioner)) == set(RULES)
    assert set(kinds_for(patient)) < set(RULES)


def test_a_kind_that_is_off_everywhere_is_not_told(patient: User, answered: Callable[..., Analysis]) -> None:
    choose(user=patient, choices={Kind.ANSWERED: OFF})
    answered(patient)
    assert not Notification.objects.filter(user=patient).exists()


def test_by_e_mail_alone_it_is_sent_and_not_shown(
    patient: User, answered: Callable[..., Analysis], browse: Any, monkeypatch: Any, django_capture_on_commit_callbacks: Any
) -> None:
    queued: list[int] = []
    monkeypatch.setattr("portal.notifications.services._queue_emails", queued.extend)
    choose(user=patient, choices={Kind.ANSWERED: {"portal": False}})
    with django_capture_on_commit_callbacks(execute=True):
        answered(patient)
    told = Notification.objects.get(user=patient)
    assert told.pk in queued
    assert "The model has answered" not in browse(patient).get("/notifications/").content.decode()
    assert 'class="count"' not in browse(patient).get("/notifications/").content.decode()


def test_in_the_portal_alone_no_mail_is_queued(
    patient: User, answered: Callable[..., Analysis], monkeypatch: Any, django_capture_on_commit_callbacks: Any
) -> None:
    queued: list[int] = []
    monkeypatch.setattr("portal.notifications.services._queue_emails", queued.extend)
    choose(user=patient, choices={Kind.ANSWERED: {"email": False}})
    with django_capture_on_commit_callbacks(execute=True):
        answered(patient)
    told = Notification.objects.get(user=patient)
    assert told.in_portal
    assert told.pk not in queued


@pytest.mark.parametrize(("kind", "channel"), [(Kind.SECURITY, "portal"), (Kind.SECURITY, "email"), (Kind.ADDENDUM, "portal")])
def test_what_stays_on_says_why(patient: User, kind: str, channel: str) -> None:
    with pytest.raises(PreferenceError, match="can not be switched off") as told:
        choose(user=patient, choices={kind: {channel: False}})
    assert RULES[kind].why in told.value.message
    assert getattr(next(choice for choice in choices_of(patient) if choice.kind == kind), channel)


def test_a_changed_password_is_told_in_the_portal_and_by_mail(patient: User, browse: Any) -> None:
    client = browse(patient)
    client.get("/me/")
    new = "a quite different 7 words phrase"
    page = client.post("/accounts/password/change/", {"oldpassword": "correct horse battery", "password1": new, "password2": new})
    if page.status_code == 302 and "reauthenticate" in page["Location"]:
        client.post(page["Location"], {"password": "correct horse battery"})
        client.post("/accounts/password/change/", {"oldpassword": "correct horse battery", "password1": new, "password2": new})
    assert Notification.objects.get(user=patient).kind == Kind.SECURITY
    [message] = mail.outbox
    assert message.to == [patient.email]
    assert "Your password has been changed" in message.body
    assert "Your password has been changed" in message.alternatives[0][0]


def test_the_page_keeps_what_was_ticked(patient: User, practitioner: User, browse: Any) -> None:
    page = browse(patient).get("/notifications/settings/").content.decode()
    assert "Scans are waiting for a practitioner" not in page
    assert RULES[Kind.SECURITY].why in page
    everything = {f"{channel}-{choice.kind}": "on" for choice in choices_of(patient) for channel in ("portal", "email")}
    del everything["email-analysis_done"]
    assert browse(patient).post("/notifications/settings/", everything).status_code == 302
    assert {c.kind: (c.portal, c.email) for c in choices_of(patient)}[Kind.ANSWERED] == (True, False)
    event = AuditEvent.objects.get(action="notifications.chosen")
    assert (event.actor, event.detail["kind"], event.detail["email"]) == (patient, "analysis_done", False)
    desk = browse(practitioner)
    assert "Time zone" in desk.get("/notifications/settings/").content.decode()
    everything = {f"portal-{kind}": "on" for kind in RULES} | {"hour": "6", "time_zone": "Asia/Kolkata"}
    desk.post("/notifications/settings/", everything)
    assert (practitioner.digest_time.hour, practitioner.digest_time.time_zone) == (6, "Asia/Kolkata")  # type: ignore[attr-defined]


def test_mail_says_no_name_no_disease_and_no_finding(
    patient: User, practitioner: User, administrator: User, answered: Callable[..., Analysis]
) -> None:
    User.objects.filter(pk=patient.pk).update(name="Canaria Kanarienvogel")
    User.objects.filter(pk=practitioner.pk).update(name="Dr Rara Avis")
    patient.refresh_from_db()
    practitioner.refresh_from_db()
    first = answered(patient, 1, symptoms=["confusion"])
    done = signed(first.review, practitioner)  # type: ignore[attr-defined]
    reviews.add_addendum(review=done, practitioner=practitioner, text="CANARY-ADDENDUM plasmodium")
    second = answered(patient, 2, probability=0.01)
    reviews.claim(review=second.review, practitioner=practitioner)  # type: ignore[attr-defined]
    reviews.decline(review=second.review, patient=patient)  # type: ignore[attr-defined]
    answered(patient, 3)
    Review.objects.filter(status="waiting").update(due_at=timezone.now() - timedelta(hours=1))
    assert services.send_digests(datetime.now(UTC).replace(hour=7, minute=5)) == 1
    messages = delivered()
    kinds = {message.subject for message in messages}
    assert {f"MEDINFORM: {Kind(kind).label}" for kind in ("analysis_done", "review_signed", "addendum", "review_opened", "digest")} <= kinds
    for message in messages:
        said = bodies(message).lower()
        for canary in ("canar", "kanarien", "rara", "avis", "malaria", "plasmod", "parasit", "trophozoite", "suspicious", "cell", "0.97"):
            assert canary not in said, (canary, message.subject)
        assert message.alternatives[0][1] == "text/html"


def test_a_mail_ends_its_own_kind_by_one_click(patient: User, answered: Callable[..., Analysis], browse: Any, settings: Any) -> None:
    settings.SITE_URL = "https://portal.example"
    answered(patient)
    message = delivered()[0]
    link = re.fullmatch(r"<https://portal\.example(/\S+)>", message.extra_headers["List-Unsubscribe"])
    assert link is not None
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert link[1] in message.body
    nobody = browse(None)
    nobody.handler.enforce_csrf_checks = True
    assert "Stop these e-mails" in nobody.get(link[1]).content.decode()
    assert {choice.kind: choice.email for choice in choices_of(patient)}[Kind.ANSWERED]  # looking changes nothing
    assert nobody.post(link[1], {"List-Unsubscribe": "One-Click"}).status_code == 200
    left = {choice.kind: (choice.portal, choice.email) for choice in choices_of(patient)}
    assert left[Kind.ANSWERED] == (True, False)
    assert left[Kind.SIGNED] == (True, True)
    assert nobody.post(link[1]).status_code == 200  # twice is the same


def test_a_link_that_was_tampered_with_does_nothing(patient: User, other_patient: User, browse: Any) -> None:
    token = unsubscribe.address(patient, Kind.ANSWERED).rstrip("/").rpartition("/")[2]
    forged = unsubscribe.signing.dumps([patient.pk, Kind.ANSWERED], salt="another")
    for bad in (token[:-2], forged, "x", token.replace(token[0], "z", 1)):
        assert browse(None).post(reverse("notifications:unsubscribe", args=[bad])).status_code == 404
    assert {choice.kind: choice.email for choice in choices_of(patient)}[Kind.ANSWERED]
    assert unsubscribe.address(patient, Kind.SECURITY) == ""
    assert unsubscribe.headers(patient, Kind.SECURITY) == {}
    unknown = unsubscribe.signing.dumps([patient.pk, Kind.OPENED], salt=unsubscribe.SALT)  # concerns practitioners
    assert browse(None).post(reverse("notifications:unsubscribe", args=[unknown])).status_code == 404


def test_without_https_no_one_click_is_promised(patient: User) -> None:
    assert set(unsubscribe.headers(patient, Kind.ANSWERED)) == {"List-Unsubscribe"}


def test_nobody_inactive_gets_mail(patient: User, answered: Callable[..., Analysis]) -> None:
    answered(patient)
    User.objects.filter(pk=patient.pk).update(is_active=False)
    assert [message.to for message in delivered() if message.to == [patient.email]] == []


AT_SEVEN = datetime(2026, 11, 26, 7, 5, tzinfo=UTC)


def test_the_digest_comes_once_a_day_and_only_if_something_waits(
    patient: User, practitioner: User, unverified: User, answered: Callable[..., Analysis]
) -> None:
    assert services.send_digests(AT_SEVEN) == 0
    answered(patient)
    assert services.send_digests(AT_SEVEN - timedelta(hours=1)) == 0
    assert services.send_digests(AT_SEVEN) == 1
    assert services.send_digests(AT_SEVEN + timedelta(minutes=10)) == 0
    assert services.send_digests(AT_SEVEN + timedelta(days=1)) == 1
    assert set(Notification.objects.filter(kind=Kind.DIGEST).values_list("user", "subject_id", "in_portal")) == {
        (practitioner.pk, "2026-11-26", False),
        (practitioner.pk, "2026-11-27", False),
    }
    digests = [message for message in delivered() if "What waits" in message.subject]
    assert "Scans that wait to be read: 1" in digests[0].body
    assert "Past the target time: 0" in digests[0].body
    assert "Scans that wait to be read: 1" in digests[0].alternatives[0][0]


def test_the_digest_follows_the_practitioners_clock(patient: User, practitioner: User, answered: Callable[..., Analysis]) -> None:
    answered(patient)
    choose_digest_time(user=practitioner, hour=6, time_zone="Asia/Kolkata")  # 5:30 ahead of UTC
    assert services.send_digests(datetime(2026, 11, 26, 0, 20, tzinfo=UTC)) == 0
    assert services.send_digests(datetime(2026, 11, 26, 0, 40, tzinfo=UTC)) == 1
    choose_digest_time(user=practitioner, hour=23, time_zone="Pacific/Kiritimati")
    assert services.send_digests(datetime(2026, 11, 26, 9, 40, tzinfo=UTC)) == 0  # 23:40 of the same day over there
    with pytest.raises(PreferenceError):
        choose_digest_time(user=practitioner, hour=6, time_zone="Mars/Olympus")


def test_a_digest_that_is_off_is_not_sent(patient: User, practitioner: User, answered: Callable[..., Analysis]) -> None:
    answered(patient)
    choose(user=practitioner, choices={Kind.DIGEST: OFF})
    services.send_digests(AT_SEVEN)
    assert not Notification.objects.filter(kind=Kind.DIGEST).exists()


def test_one_s_own_scans_are_not_in_one_s_digest(practitioner: User, answered: Callable[..., Analysis]) -> None:
    answered(practitioner)
    assert digest.what_waits(practitioner) == {"open": 0, "overdue": 0, "yours": 0, "questions": 0}


def test_news_of_the_queue_by_mail_alone_comes_at_most_once_an_hour(
    patient: User, practitioner: User, answered: Callable[..., Analysis]
) -> None:
    choose(user=practitioner, choices={Kind.OPENED: {"portal": False}})
    for seed in (1, 2):
        answered(patient, seed, symptoms=["confusion"])
    assert Notification.objects.filter(user=practitioner, kind=Kind.OPENED).count() == 1
    Notification.objects.update(created_at=timezone.now() - timedelta(hours=2))
    answered(patient, 3, symptoms=["confusion"])
    assert Notification.objects.filter(user=practitioner, kind=Kind.OPENED).count() == 2
