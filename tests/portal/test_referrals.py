"""Referring a case: to a practitioner or to a speciality; who refers keeps seeing it, and what they read stays theirs."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from portal.accounts.models import User, Verification
from portal.accounts.services import verify_practitioner
from portal.analyses.models import Analysis
from portal.notifications.models import Notification
from portal.reviews import services
from portal.reviews.models import Opinion, Referral, Review
from portal.reviews.readers import colleagues, specialities
from portal.reviews.referrals import refer
from portal.reviews.services import ReviewError
from portal.scans.models import Scan
from tests.conftest import verified
from tests.portal.cases import READING, fresh, policy, read, read_and_sign

WHY = "Outside my field."


@pytest.fixture
def review(patient: User, practitioner: User, other_practitioner: User, answered: Callable[..., Analysis]) -> Review:
    return answered(patient).review  # type: ignore[attr-defined,no-any-return]


@pytest.fixture
def dermatologist(administrator: User) -> User:
    user = verified("dr.lind@clinic.example", administrator)
    user.practitioner_profile.speciality = "Dermatology"
    user.practitioner_profile.save()
    return user


def test_a_case_is_handed_to_a_named_practitioner_who_is_told(review: Review, practitioner: User, other_practitioner: User) -> None:
    read(review, practitioner)
    refer(review=review, practitioner=practitioner, to=other_practitioner, reason=WHY)
    held = fresh(review)
    assert (held.status, held.practitioner, held.revealed_at) == ("claimed", other_practitioner, None)
    assert held.claim_expires_at is not None
    assert held.claim_expires_at > timezone.now() + timedelta(minutes=45)
    assert Notification.objects.filter(user=other_practitioner, kind="review_referred").exists()
    assert held.independent is None  # what the first one read is not the new one's
    services.record_reading(review=review, practitioner=other_practitioner, **{**READING, "finding": "uninfected"})
    services.sign(review=review, practitioner=other_practitioner, **{**READING, "finding": "uninfected"})
    assert fresh(review).practitioner == other_practitioner
    assert Notification.objects.filter(user=practitioner, kind="case_settled").exists()
    assert {(o.practitioner, o.finding) for o in Opinion.objects.filter(stage="independent")} == {
        (practitioner, "parasitized"),
        (other_practitioner, "uninfected"),
    }


def test_who_refers_keeps_seeing_the_case_the_scan_and_the_outcome(
    review: Review, practitioner: User, other_practitioner: User, browse: Any, api: Any
) -> None:
    services.claim(review=review, practitioner=practitioner)
    refer(review=review, practitioner=practitioner, to=other_practitioner, reason=WHY)
    assert Scan.objects.visible_to(practitioner).filter(pk=review.analysis.scan_id).count() == 1
    assert review in Review.objects.followed_by(practitioner)
    assert not Analysis.objects.visible_to(practitioner).exists()  # had not read it: the model's answer stays closed
    assert api(practitioner).get(f"/api/v1/reviews/{review.pk}/").json()["model_answer"] is None
    services.record_reading(review=review, practitioner=other_practitioner, **READING)
    services.sign(review=review, practitioner=other_practitioner, **{**READING, "notes": "The outcome."})
    assert Scan.objects.visible_to(practitioner).filter(pk=review.analysis.scan_id).count() == 1
    assert api(practitioner).get(f"/api/v1/reviews/{review.pk}/").json()["opinion"]["notes"] == "The outcome."
    assert "The outcome." in browse(practitioner).get(f"/reviews/{review.pk}/").content.decode()


def test_a_case_goes_back_to_the_queue_for_a_speciality(
    review: Review, practitioner: User, other_practitioner: User, dermatologist: User
) -> None:
    services.claim(review=review, practitioner=practitioner)
    refer(review=review, practitioner=practitioner, speciality=" dermatology", reason=WHY)
    waiting = fresh(review)
    assert (waiting.status, waiting.practitioner, waiting.wanted_speciality) == ("waiting", None, "Dermatology")
    assert Notification.objects.filter(user=dermatologist, kind="review_referred").exists()
    assert not Notification.objects.filter(user=other_practitioner, kind="review_referred").exists()
    read_and_sign(review, other_practitioner)  # a wish: nothing waits for ever for somebody who is not there
    assert fresh(review).status == "signed"


def test_what_can_not_be_referred(review: Review, patient: User, practitioner: User, other_practitioner: User, unverified: User) -> None:
    def refused(**asked: Any) -> str:
        with pytest.raises(ReviewError) as told:
            refer(**{"review": review, "practitioner": practitioner, "reason": WHY, **asked})
        return told.value.code

    assert refused(to=other_practitioner) == "not_claimed"
    services.claim(review=review, practitioner=practitioner)
    assert refused(to=other_practitioner, reason=" ") == "reason_required"
    assert refused(to=practitioner) == refused(to=unverified) == refused(to=patient) == "unknown_colleague"
    assert refused(speciality="Astrology") == "unknown_speciality"
    assert refused(practitioner=other_practitioner, to=practitioner) == "not_claimed"
    assert Referral.objects.count() == 0


def test_a_practitioner_who_is_not_verified_any_more_is_no_colleague(
    review: Review, practitioner: User, other_practitioner: User, administrator: User
) -> None:
    assert list(colleagues(review, practitioner)) == [other_practitioner]
    verify_practitioner(profile=other_practitioner.practitioner_profile, by=administrator, verification=Verification.REFUSED)
    assert list(colleagues(review, practitioner)) == []


def test_nobody_is_asked_who_has_read_it_or_referred_it(
    review: Review, practitioner: User, other_practitioner: User, dermatologist: User
) -> None:
    policy("double")
    read_and_sign(review, practitioner)
    services.claim(review=review, practitioner=other_practitioner)
    assert list(colleagues(fresh(review), other_practitioner)) == [dermatologist]
    assert specialities(colleagues(fresh(review), other_practitioner)) == ["Dermatology"]
    refer(review=review, practitioner=other_practitioner, to=dermatologist, reason=WHY)
    assert list(colleagues(fresh(review), dermatologist)) == []


def test_a_handed_over_case_that_nobody_takes_comes_back_and_its_referrer_may_take_it(
    review: Review, practitioner: User, other_practitioner: User
) -> None:
    services.claim(review=review, practitioner=practitioner)
    refer(review=review, practitioner=practitioner, to=other_practitioner, reason=WHY)
    Review.objects.update(claim_expires_at=timezone.now() - timedelta(seconds=1))
    assert services.release_expired() == 1
    read_and_sign(review, practitioner)
    assert fresh(review).practitioner == practitioner


def test_who_referred_the_first_reading_does_not_make_the_second(review: Review, practitioner: User, other_practitioner: User) -> None:
    policy("double")
    services.claim(review=review, practitioner=practitioner)
    refer(review=review, practitioner=practitioner, to=other_practitioner, reason=WHY)
    services.record_reading(review=review, practitioner=other_practitioner, **READING)
    services.sign(review=review, practitioner=other_practitioner, **READING)
    assert review not in Review.objects.queue_of(practitioner)
    with pytest.raises(ReviewError) as told:
        services.claim(review=review, practitioner=practitioner)
    assert told.value.code == "read_before"


def test_claiming_again_does_not_shorten_a_case_that_was_handed_over(review: Review, practitioner: User, other_practitioner: User) -> None:
    services.claim(review=review, practitioner=practitioner)
    refer(review=review, practitioner=practitioner, to=other_practitioner, reason=WHY)
    until = fresh(review).claim_expires_at
    assert services.claim(review=review, practitioner=other_practitioner).claim_expires_at == until


def test_the_api_refers_and_lists_colleagues(
    review: Review, practitioner: User, other_practitioner: User, dermatologist: User, api: Any
) -> None:
    reader, address = api(practitioner), f"/api/v1/reviews/{review.pk}/"
    reader.post(f"{address}claim/")
    known = reader.get(f"{address}colleagues/").json()
    assert {one["name"] for one in known["practitioners"]} == {other_practitioner.name, dermatologist.name}
    assert known["specialities"] == ["Dermatology", "Pathology"]
    assert reader.post(f"{address}refer/", {"reason": WHY}).status_code == 400
    assert reader.post(f"{address}refer/", {"reason": WHY, "to": practitioner.pk}).json()["code"] == "unknown_colleague"
    referred = reader.post(f"{address}refer/", {"reason": WHY, "to": other_practitioner.pk})
    assert referred.status_code == 201
    assert referred.json()["referrals"][0]["reason"] == WHY
    assert api(other_practitioner).get(address).json()["referrals"][0]["referred_by"] == practitioner.name
    assert api(dermatologist).get(address).json()["referrals"] == []


def test_the_page_refers_and_keeps_what_was_typed(review: Review, practitioner: User, other_practitioner: User, browse: Any) -> None:
    services.claim(review=review, practitioner=practitioner)
    reader = browse(practitioner)
    page = reader.post(f"/reviews/{review.pk}/refer/", {"to": "", "reason": "Half a reason"})
    assert page.status_code == 400
    assert "Half a reason" in page.content.decode()
    reader.post(f"/reviews/{review.pk}/refer/", {"to": f"person:{other_practitioner.pk}", "reason": WHY})
    assert fresh(review).practitioner == other_practitioner
    assert WHY in browse(other_practitioner).get(f"/reviews/{review.pk}/").content.decode()
    followed = reader.get("/reviews/?view=followed").content.decode()
    assert f"work-{review.pk}" in followed
    assert f"claim-{review.pk}" not in followed
