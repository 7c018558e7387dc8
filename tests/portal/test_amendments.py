"""Amending: the next version beside the old ones, each with its time and reason; the newest counts."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from portal.accounts.models import User
from portal.analyses.models import Analysis
from portal.notifications.models import Notification
from portal.reviews.amendments import amend
from portal.reviews.models import Opinion, Review
from portal.reviews.services import ReviewError
from tests.conftest import PASSWORD, signed_in
from tests.portal.cases import READING, fresh, policy, read_and_sign
from tests.portal.test_drafts import with_token
from tests.portal.test_second_reader import race

CHANGED = {**READING, "finding": "uninfected", "notes": "A platelet after all."}
WHY = "Seen again on a larger screen."


@pytest.fixture
def signed(patient: User, practitioner: User, other_practitioner: User, answered: Callable[..., Analysis]) -> Review:
    review = answered(patient).review  # type: ignore[attr-defined]
    read_and_sign(review, practitioner, notes="A ring form.")
    return fresh(review)


def test_the_newest_version_counts_and_all_stay(signed: Review, patient: User, practitioner: User) -> None:
    amend(review=signed, practitioner=practitioner, reason=WHY, **CHANGED)
    amend(review=signed, practitioner=practitioner, reason="A typing error.", **{**CHANGED, "notes": "A platelet."})
    review = fresh(signed)
    assert review.final is not None
    assert (review.final.version, review.final.notes) == (3, "A platelet.")
    assert [(v.version, v.finding, v.amend_reason) for v in review.versions] == [
        (1, "parasitized", ""),
        (2, "uninfected", WHY),
        (3, "uninfected", "A typing error."),
    ]
    assert Analysis.objects.get().report_status == "amended"
    assert Notification.objects.filter(user=patient, kind="review_amended").count() == 2


def test_a_version_is_never_changed(signed: Review, practitioner: User) -> None:
    version = amend(review=signed, practitioner=practitioner, reason=WHY, **CHANGED)
    with pytest.raises(TypeError):
        version.save()
    with pytest.raises(TypeError):
        version.delete()


@pytest.mark.parametrize(
    ("who", "reason", "said", "code"),
    [
        ("practitioner", "  ", CHANGED, "reason_required"),
        ("practitioner", WHY, {**READING, "notes": "A ring form."}, "nothing_changed"),
        ("practitioner", WHY, {**CHANGED, "finding": "flu"}, "unknown_choice"),
        ("other_practitioner", WHY, CHANGED, "not_signed_by_you"),
        ("patient", WHY, CHANGED, "not_verified"),
    ],
)
def test_who_amends_and_how(signed: Review, who: str, reason: str, said: dict[str, Any], code: str, request: Any) -> None:
    with pytest.raises(ReviewError) as told:
        amend(review=signed, practitioner=request.getfixturevalue(who), reason=reason, **said)
    assert told.value.code == code
    assert Opinion.objects.filter(stage="final").count() == 1


def test_nothing_is_amended_before_it_is_settled(patient: User, practitioner: User, other_practitioner: User, answered: Any) -> None:
    policy("double")
    review = answered(patient).review
    read_and_sign(review, practitioner)
    with pytest.raises(ReviewError) as told:
        amend(review=review, practitioner=practitioner, reason=WHY, **CHANGED)
    assert told.value.code == "not_signed_by_you"


def test_the_database_keeps_a_later_version_signed_and_with_a_reason(signed: Review, practitioner: User) -> None:
    for wrong in ({"version": 2, "stage": "final"}, {"version": 2, "stage": "independent", "amend_reason": WHY}, {"amend_reason": WHY}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Opinion.objects.create(review=signed, practitioner=practitioner, **{"stage": "final", **wrong}, **CHANGED)


def test_patient_and_practitioner_see_every_version(signed: Review, patient: User, practitioner: User, browse: Any, api: Any) -> None:
    page = browse(practitioner).post(f"/reviews/{signed.pk}/amend/", {**CHANGED, "reason": WHY})
    assert page.status_code == 302
    for who, path in ((patient, f"/analyses/{signed.analysis_id}/"), (practitioner, f"/reviews/{signed.pk}/")):
        text = browse(who).get(path).content.decode()
        assert WHY in text
        assert "A platelet after all." in text
        assert "A ring form." in text
    assert "Amended by a practitioner" in browse(patient).get("/analyses/").content.decode()
    shown = api(patient).get(f"/api/v1/analyses/{signed.analysis_id}/").json()
    assert shown["report_status"] == "amended"
    assert [version["version"] for version in shown["second_opinion"]["versions"]] == [1, 2]
    assert shown["second_opinion"]["opinion"]["amend_reason"] == WHY


def test_a_refused_amendment_keeps_what_was_typed(signed: Review, practitioner: User, browse: Any) -> None:
    page = browse(practitioner).post(f"/reviews/{signed.pk}/amend/", {**CHANGED, "reason": ""})
    assert page.status_code == 400
    assert "A platelet after all." in page.content.decode()


def test_the_api_amends(signed: Review, practitioner: User, other_practitioner: User, api: Any) -> None:
    address = f"/api/v1/reviews/{signed.pk}/amend/"
    assert api(other_practitioner).post(address, {**CHANGED, "reason": WHY}).status_code == 404
    assert api(practitioner).post(address, CHANGED).status_code == 400
    assert api(practitioner).post(address, {**CHANGED, "reason": WHY}).json()["opinion"]["version"] == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("as_migrated")
def test_at_once_each_of_two_amendments_is_a_version(signed: Review, practitioner: User) -> None:
    both = race(
        lambda: amend(review=signed, practitioner=practitioner, reason=WHY, **CHANGED),
        lambda: amend(review=signed, practitioner=practitioner, reason=WHY, **{**CHANGED, "notes": "Another word."}),
    )
    assert {said.version for said in both} == {2, 3}


def test_an_old_sign_in_confirms_first_and_loses_nothing(signed: Review, practitioner: User, browse: Any) -> None:
    desk = browse(practitioner)
    signed_in(desk, practitioner, seconds_ago=16 * 60)
    page = desk.post(f"/reviews/{signed.pk}/amend/", {**CHANGED, "reason": WHY})
    assert page.status_code == 400
    assert "Confirm that it is you" in page.content.decode()
    assert WHY in page.content.decode()
    assert "/accounts/reauthenticate/" in page.content.decode()
    assert fresh(signed).versions[-1].version == 1
    desk.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert desk.post(f"/reviews/{signed.pk}/amend/", {**CHANGED, "reason": WHY}).status_code == 302
    assert fresh(signed).versions[-1].version == 2


def test_an_old_token_amends_with_the_password(signed: Review, practitioner: User) -> None:
    client, address = with_token(practitioner, 16), f"/api/v1/reviews/{signed.pk}/amend/"
    refused = client.post(address, {**CHANGED, "reason": WHY})
    assert (refused.status_code, refused.json()["code"]) == (403, "reauthentication_required")
    assert client.post(address, {**CHANGED, "reason": WHY, "password": PASSWORD}).status_code == 201
