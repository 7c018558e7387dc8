"""Beside the form of a reading: drafts, templates of one's own, and the check of an old sign-in before a signature."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.totp.internal import auth as totp
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken
from rest_framework.test import APIClient

from portal.accounts import access
from portal.accounts.models import User
from portal.analyses.models import Analysis
from portal.audit.models import AuditEvent
from portal.reviews import drafts, own_templates, services
from portal.reviews.models import Draft, Opinion, ReadingTemplate, Review
from portal.reviews.services import ReviewError
from tests.conftest import PASSWORD, signed_in
from tests.portal.test_api import problem
from tests.security.people import code_of

READING: dict[str, Any] = {"finding": "parasitized", "confidence": "high", "recommendation": "visit", "notes": "Ring form."}
FIRST, FINAL = Opinion.Stage.INDEPENDENT, Opinion.Stage.FINAL
Browse = Callable[[User | None], Client]
Api = Callable[[User | None], APIClient]


@pytest.fixture
def review(patient: User, practitioner: User, answered: Callable[..., Analysis]) -> Review:
    return services.claim(review=answered(patient).review, practitioner=practitioner)  # type: ignore[attr-defined]


@pytest.fixture
def read(review: Review, practitioner: User) -> Review:
    services.record_reading(review=review, practitioner=practitioner, **READING)
    return review


def expire(review: Review) -> None:
    Review.objects.filter(pk=review.pk).update(claim_expires_at=timezone.now() - timedelta(seconds=1))
    services.release_expired()


# --- drafts


def test_a_draft_survives_a_reload_and_a_claim_that_ran_out(browse: Browse, review: Review, practitioner: User) -> None:
    desk, room = browse(practitioner), f"/reviews/{review.pk}/"
    half = {"notes": "Half a thought", "finding": "parasitized", "detail-stage": ["ring"], "detail-count": "many", "recommendation": ""}
    saved = desk.post(f"{room}drafts/independent/", half)
    assert saved.status_code == 200
    assert saved.json()["saved_at"]
    assert Draft.objects.get().said == {"notes": "Half a thought", "finding": "parasitized", "details": {"stage": ["ring"]}}
    page = desk.get(room).content.decode()
    assert "Half a thought" in page
    assert 'value="ring"\n                 checked' in page
    expire(review)
    assert desk.post(f"{room}drafts/independent/", {**half, "notes": "A whole thought"}).status_code == 200  # the page was open still
    assert "A whole thought" not in desk.get(room).content.decode()  # who does not hold the case reads nothing
    desk.post(f"{room}claim/")
    assert "A whole thought" in desk.get(room).content.decode()
    assert AuditEvent.objects.filter(action="review.draft_begun").count() == 1


def test_a_draft_is_seen_by_nobody_else(browse: Browse, api: Api, review: Review, practitioner: User, other_practitioner: User) -> None:
    drafts.save(review=review, practitioner=practitioner, stage=FIRST, said={"notes": "Between us"})
    expire(review)
    other, room = browse(other_practitioner), f"/reviews/{review.pk}/"
    other.post(f"{room}claim/")
    assert "Between us" not in other.get(room).content.decode()
    assert problem(api(other_practitioner).get(f"/api/v1/reviews/{review.pk}/drafts/independent/"), 404)
    administrator = User.objects.get(role="administrator")
    assert not Draft.objects.visible_to(administrator).exists()
    assert "Between us" not in browse(administrator).get(room).content.decode()
    assert "Between us" not in str(list(AuditEvent.objects.values_list("detail", flat=True)))


def test_a_draft_needs_a_claim_and_its_stage(review: Review, practitioner: User, other_practitioner: User, patient: User) -> None:
    for who, stage, code in (
        (other_practitioner, FIRST, "not_claimed"),
        (patient, FIRST, "not_verified"),
        (practitioner, FINAL, "read_first"),
    ):
        with pytest.raises(ReviewError) as told:
            drafts.save(review=review, practitioner=who, stage=stage, said={"notes": "x"})
        assert told.value.code == code


def test_keeping_and_signing_end_the_draft_and_a_late_save_does_not_bring_it_back(review: Review, practitioner: User) -> None:
    drafts.save(review=review, practitioner=practitioner, stage=FIRST, said=READING)
    services.record_reading(review=review, practitioner=practitioner, **READING)
    with pytest.raises(ReviewError) as told:
        drafts.save(review=review, practitioner=practitioner, stage=FIRST, said=READING)
    assert told.value.code == "already_read"
    drafts.save(review=review, practitioner=practitioner, stage=FINAL, said=READING)
    services.sign(review=review, practitioner=practitioner, **READING)
    with pytest.raises(ReviewError) as told:
        drafts.save(review=review, practitioner=practitioner, stage=FINAL, said=READING)
    assert told.value.code == "already_signed"
    assert not Draft.objects.exists()


def test_drafts_end_when_the_patient_declines_and_when_nobody_comes_back(
    review: Review, patient: User, practitioner: User, answered: Callable[..., Analysis]
) -> None:
    drafts.save(review=review, practitioner=practitioner, stage=FIRST, said=READING)
    services.decline(review=review, patient=patient)
    assert not Draft.objects.exists()
    fresh, old = (
        services.claim(review=answered(patient, seed).review, practitioner=practitioner)  # type: ignore[attr-defined]
        for seed in (11, 12)
    )
    for each in (fresh, old):
        drafts.save(review=each, practitioner=practitioner, stage=FIRST, said=READING)
    Draft.objects.filter(review=old).update(saved_at=timezone.now() - timedelta(days=15))
    assert drafts.forget_old() == 1
    assert Draft.objects.get().review == fresh


def test_a_draft_thrown_away_starts_the_form_again(browse: Browse, read: Review, practitioner: User) -> None:
    desk, room = browse(practitioner), f"/reviews/{read.pk}/"
    desk.post(f"{room}drafts/final/", {**READING, "notes": "Second thoughts"})
    assert "Second thoughts" in desk.get(room).content.decode()
    desk.post(f"{room}drafts/final/discard/")
    page = desk.get(room).content.decode()
    assert "Second thoughts" not in page
    assert "Ring form." in page


def test_drafts_by_the_api(api: Api, review: Review, practitioner: User) -> None:
    client, address = api(practitioner), f"/api/v1/reviews/{review.pk}/drafts/independent/"
    assert problem(client.get(address), 404)
    said = {"notes": "Half", "finding": "martian", "details": {"count": 3, "egg": 1}}
    assert client.put(address, said).json()["said"] == {"notes": "Half", "details": {"count": 3}}
    assert client.get(address).json()["stage"] == "independent"
    assert problem(client.put(address.replace("independent", "final"), said), 409)["code"] == "read_first"
    assert client.delete(address).status_code == 204
    assert problem(client.delete(address), 404)


# --- templates


def test_a_template_is_kept_from_the_form_and_fills_the_next_one(browse: Browse, review: Review, practitioner: User) -> None:
    desk, room = browse(practitioner), f"/reviews/{review.pk}/"
    desk.post(f"{room}drafts/independent/template/", {**READING, "detail-stage": ["ring"], "template_name": "Ring"})
    template = ReadingTemplate.objects.get()
    assert (template.disease, template.name, template.said["details"]) == ("malaria", "Ring", {"stage": ["ring"]})
    assert "Ring form." in desk.get(room).content.decode()  # what was typed stays
    desk.post(
        f"{room}drafts/independent/fill/", {"template": template.pk, "notes": "Thin smear.", "detail-count": "2", "confidence": "low"}
    )
    filled = Draft.objects.get().said
    assert filled["notes"] == "Thin smear.\nRing form."
    assert filled["details"] == {"stage": ["ring"], "count": 2}
    assert (filled["confidence"], filled["finding"]) == ("high", "parasitized")
    desk.post(f"{room}drafts/independent/fill/", {"template": template.pk, **filled})
    assert Draft.objects.get().said["notes"] == "Thin smear.\nRing form."  # its notes are not said twice
    for nothing in ("", "x", "99999", "9" * 30):
        desk.post(f"{room}drafts/independent/fill/", {"template": nothing, "notes": "Mine"})
        assert Draft.objects.get().said["notes"] == "Mine"


def test_a_template_for_every_disease_keeps_neither_finding_nor_details(practitioner: User) -> None:
    said = {**READING, "details": {"count": 2}, "change_reason": "Only here"}
    template = own_templates.save(practitioner=practitioner, name=" Come back ", disease="", said=said)
    assert template.name == "Come back"
    assert template.said == {"confidence": "high", "recommendation": "visit", "notes": "Ring form."}


def test_templates_are_ones_own(
    browse: Browse, api: Api, review: Review, practitioner: User, other_practitioner: User, patient: User
) -> None:
    template = own_templates.save(practitioner=practitioner, name="Mine", disease="malaria", said=READING)
    mine, other = browse(practitioner), browse(other_practitioner)
    assert "Mine" in mine.get("/reviews/templates/").content.decode()
    assert "Mine" not in other.get("/reviews/templates/").content.decode()
    for action in ("", "delete/"):
        assert other.post(f"/reviews/templates/{template.pk}/{action}", {"name": "Stolen"}).status_code == 404
    assert browse(patient).get("/reviews/templates/").status_code == 403
    expire(review)
    other.post(f"/reviews/{review.pk}/claim/")
    other.post(f"/reviews/{review.pk}/drafts/independent/fill/", {"template": template.pk, "notes": "Own"})
    assert Draft.objects.get(practitioner=other_practitioner).said == {"notes": "Own"}
    mine.post(f"/reviews/templates/{template.pk}/", {"name": "Renamed", "notes": "Other words"})
    template.refresh_from_db()
    assert (template.name, template.said["notes"], template.said["finding"]) == ("Renamed", "Other words", "parasitized")
    mine.post(f"/reviews/templates/{template.pk}/delete/")
    assert not ReadingTemplate.objects.exists()


def test_templates_by_the_api(api: Api, practitioner: User, other_practitioner: User, patient: User) -> None:
    client, address = api(practitioner), "/api/v1/reading-templates/"
    body = {"name": "Ring", "disease": "malaria", "said": {**READING, "details": {"stage": ["ring"]}}}
    made = client.post(address, body)
    assert made.status_code == 201
    one = f"{address}{made.json()['id']}/"
    assert problem(client.post(address, body), 409)["code"] == "name_taken"
    assert problem(client.post(address, {**body, "name": "Empty", "said": {}}), 409)["code"] == "empty"
    assert problem(api(patient).post(address, body), 403)["code"] == "not_verified"
    assert client.patch(one, {"name": "Rings"}).json()["said"]["details"] == {"stage": ["ring"]}
    assert client.patch(one, {"said": {"notes": "Short"}}).json()["said"] == {"notes": "Short"}
    assert [row["name"] for row in client.get(address).json()] == ["Rings"]
    assert api(other_practitioner).get(address).json() == []
    assert problem(api(other_practitioner).delete(one), 404)
    assert client.delete(one).status_code == 204


# --- is it still you?


def test_an_old_session_confirms_and_comes_back_to_sign_with_what_was_typed(browse: Browse, read: Review, practitioner: User) -> None:
    desk, room = browse(practitioner), f"/reviews/{read.pk}/"
    signed_in(desk, practitioner, seconds_ago=16 * 60)
    assert "asks for your password or a code first" in desk.get(room).content.decode()
    asked = desk.post(f"{room}sign/", {**READING, "notes": "Typed before the check"})
    assert asked.status_code == 302
    assert asked["Location"].startswith("/accounts/reauthenticate/?next=")
    assert not Opinion.objects.filter(stage=FINAL).exists()
    assert "Is it still you?" in desk.get(asked["Location"]).content.decode()
    back = f"{room}?confirmed=1"
    wrong = desk.post("/accounts/reauthenticate/", {"password": "not it", "next": back})
    assert wrong.status_code == 200
    assert desk.post(f"{room}sign/", READING)["Location"].startswith("/accounts/reauthenticate/")
    assert desk.post(f"{room}sign/", {**READING, "notes": "Typed before the check"}).status_code == 302
    right = desk.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": back})
    assert right["Location"] == back
    page = desk.get(back).content.decode()
    assert "It is you." in page
    assert "Typed before the check" in page
    desk.post(f"{room}sign/", {**READING, "notes": "Typed before the check"})
    assert Opinion.objects.get(stage=FINAL).notes == "Typed before the check"


def test_a_recent_session_signs_at_once_and_one_without_a_time_does_not(browse: Browse, read: Review, practitioner: User) -> None:
    desk, unknown = browse(practitioner), Client()
    unknown.force_login(practitioner)
    assert unknown.post(f"/reviews/{read.pk}/sign/", READING)["Location"].startswith("/accounts/reauthenticate/")
    signed_in(desk, practitioner, seconds_ago=14 * 60)
    assert desk.post(f"/reviews/{read.pk}/sign/", READING)["Location"] == f"/reviews/{read.pk}/"
    assert Opinion.objects.filter(stage=FINAL).exists()


def with_token(user: User, minutes_old: float) -> APIClient:
    kept, token = access.issue(user=user)
    AuthToken.objects.filter(about=kept).update(created=timezone.now() - timedelta(minutes=minutes_old))
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    return client


def test_an_old_token_signs_with_the_password(read: Review, practitioner: User, other_practitioner: User) -> None:
    client, address = with_token(practitioner, 16), f"/api/v1/reviews/{read.pk}/sign/"
    assert problem(client.post(address, READING), 403)["code"] == "reauthentication_required"
    assert problem(client.post(address, {**READING, "password": "not it"}), 403)["code"] == "reauthentication_failed"
    assert problem(client.post(address, {**READING, "code": "123456"}), 403)["code"] == "reauthentication_failed"
    assert not Opinion.objects.filter(stage=FINAL).exists()
    assert client.post(address, {**READING, "password": PASSWORD}).status_code == 200
    assert AuditEvent.objects.filter(action="account.confirmed", actor=practitioner).count() == 1
    assert problem(client.post(address, READING), 409)["code"] == "already_signed"  # confirmed for a while: not asked again
    assert problem(with_token(practitioner, 16).post(address, READING), 403)["code"] == "reauthentication_required"  # but that token only


def test_a_fresh_token_signs_at_once(read: Review, practitioner: User) -> None:
    assert with_token(practitioner, 14).post(f"/api/v1/reviews/{read.pk}/sign/", READING).status_code == 200


def test_an_old_token_signs_with_a_code_once(read: Review, practitioner: User) -> None:
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(practitioner, secret)
    address = f"/api/v1/reviews/{read.pk}/sign/"
    assert problem(with_token(practitioner, 16).post(address, {**READING, "code": "000"}), 403)["code"] == "reauthentication_failed"
    assert with_token(practitioner, 16).post(address, {**READING, "code": code_of(secret)}).status_code == 200


def test_wrong_passwords_count_against_the_limit(read: Review, practitioner: User) -> None:
    client, address = with_token(practitioner, 16), f"/api/v1/reviews/{read.pk}/sign/"
    codes = [client.post(address, {**READING, "password": f"wrong {n}"}).json()["code"] for n in range(12)]
    assert codes[0] == "reauthentication_failed"
    assert codes[-1] == "too_many_attempts"
    assert client.post(address, {**READING, "password": PASSWORD}).status_code == 429
