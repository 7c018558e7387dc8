"""Whose earlier pictures a practitioner may lay beside the one that they read."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from portal.accounts import dependants
from portal.accounts.models import Sex, User
from portal.accounts.services import update_profile
from portal.analyses.models import Analysis
from portal.audit.models import AuditEvent
from portal.reviews import services
from portal.reviews.models import Review
from portal.scans.models import Scan

READING = {"finding": "parasitized", "confidence": "high", "recommendation": "visit"}
Answered = Callable[..., Analysis]


@pytest.fixture
def earlier(patient: User, other_practitioner: User, answered: Answered) -> Analysis:
    """Sent first, and signed by another practitioner."""
    analysis = answered(patient, 1)
    sign(analysis, other_practitioner)
    return analysis


@pytest.fixture
def now(patient: User, earlier: Analysis, answered: Answered) -> Analysis:
    """Sent afterwards."""
    return answered(patient, 2)


def claim(analysis: Analysis, practitioner: User) -> Review:
    return services.claim(review=Review.objects.get(analysis=analysis), practitioner=practitioner)


def sign(analysis: Analysis, practitioner: User) -> None:
    review = claim(analysis, practitioner)
    services.record_reading(review=review, practitioner=practitioner, **READING)
    services.sign(review=review, practitioner=practitioner, **READING)


def sees(user: User, analysis: Analysis) -> bool:
    return bool(Scan.objects.visible_to(user).filter(pk=analysis.scan_id).exists())


def test_the_claim_opens_the_earlier_picture_and_its_end_closes_it(practitioner: User, earlier: Analysis, now: Analysis) -> None:
    assert not sees(practitioner, earlier)
    review = claim(now, practitioner)
    assert sees(practitioner, earlier)
    Review.objects.filter(pk=review.pk).update(claim_expires_at=timezone.now() - timedelta(seconds=1))
    assert not sees(practitioner, earlier)
    claim(now, practitioner)
    assert sees(practitioner, earlier)
    services.release(review=review, practitioner=practitioner)
    assert not sees(practitioner, earlier)


def test_who_signed_still_sees_what_they_compared_with(practitioner: User, earlier: Analysis, now: Analysis) -> None:
    sign(now, practitioner)
    assert sees(practitioner, earlier)


def test_later_pictures_and_those_of_others_stay_closed(
    practitioner: User, other_practitioner: User, patient: User, other_patient: User, earlier: Analysis, now: Analysis, answered: Answered
) -> None:
    later, of_another = answered(patient, 3), answered(other_patient, 4)
    for analysis in (later, of_another):
        sign(analysis, other_practitioner)
    claim(now, practitioner)
    assert not sees(practitioner, later)
    assert not sees(practitioner, of_another)


def test_pictures_of_other_people_of_the_same_account_stay_closed(
    browse: Any, practitioner: User, other_practitioner: User, patient: User, answered: Answered
) -> None:
    update_profile(user=patient, birth_date=date(1990, 1, 1))
    born = date.today() - timedelta(days=5 * 366)
    one, other = (
        dependants.add(guardian=patient, name=name, birth_date=born, sex=Sex.FEMALE, relationship="parent") for name in ("Asha", "Binta")
    )
    of_parent, of_one, of_other = (
        answered(patient, seed, **who) for seed, who in ((11, {}), (12, {"dependant": one.pk}), (13, {"dependant": other.pk}))
    )
    for analysis in (of_parent, of_one, of_other):
        sign(analysis, other_practitioner)
    now = answered(patient, 14, dependant=one.pk)
    claim(now, practitioner)
    assert [sees(practitioner, analysis) for analysis in (of_parent, of_one, of_other)] == [False, True, False]
    page = browse(practitioner).get(f"/reviews/{Review.objects.get(analysis=now).pk}/").content.decode()
    assert f'data-scan="{of_one.scan_id}"' in page
    later = answered(patient, 15)
    claim(later, practitioner)
    assert [sees(practitioner, analysis) for analysis in (of_parent, of_one, of_other)] == [True, True, False]
    assert list(Scan.objects.before(later.scan, later.catalogue)) == [of_parent.scan]


def test_pictures_of_another_kind_or_that_nobody_should_read_stay_closed(
    practitioner: User, patient: User, answered: Answered, earlier: Analysis
) -> None:
    skin, declined, unwanted = answered(patient, 5), answered(patient, 6), answered(patient, 7, wants_review=False)
    services.decline(review=Review.objects.get(analysis=declined), patient=patient)
    Review.objects.filter(analysis=skin).update(status="signed", practitioner=earlier.review.practitioner, **at_once())  # type: ignore[attr-defined]
    Analysis.objects.filter(pk=skin.pk).update(disease="skin_cancer")
    claim(answered(patient, 8), practitioner)
    assert sees(practitioner, earlier)
    assert [sees(practitioner, analysis) for analysis in (skin, declined, unwanted)] == [False, False, False]


def at_once() -> dict[str, Any]:
    return {"signed_at": timezone.now(), "revealed_at": timezone.now()}


def test_what_the_model_said_of_the_earlier_picture_stays_closed(browse: Any, practitioner: User, earlier: Analysis, now: Analysis) -> None:
    review = claim(now, practitioner)
    services.record_reading(review=review, practitioner=practitioner, **READING)
    reader = browse(practitioner)
    assert reader.get(f"/scans/{earlier.scan_id}/image/").status_code == 200
    assert reader.get(f"/analyses/{earlier.pk}/").status_code == 404
    assert reader.get(f"/analyses/{earlier.pk}/heatmap/").status_code == 404
    assert list(Analysis.objects.visible_to(practitioner)) == [now]


def test_the_room_lists_the_earlier_pictures_and_every_look_is_audited(
    browse: Any, practitioner: User, patient: User, earlier: Analysis, now: Analysis
) -> None:
    reader, room = browse(practitioner), f"/reviews/{Review.objects.get(analysis=now).pk}/"
    assert str(earlier.scan_id) not in reader.get(room).content.decode()
    claim(now, practitioner)
    assert f'data-earlier="/scans/{earlier.scan_id}/image/"' in reader.get(room).content.decode()
    reader.get(f"/scans/{earlier.scan_id}/image/")
    looks = AuditEvent.objects.filter(target_id=str(earlier.scan_id), actor=practitioner, patient=patient)
    assert set(looks.values_list("action", flat=True)) == {"scan.listed", "scan.image_read"}


def test_a_program_finds_the_same_pictures(
    api: Any, practitioner: User, other_practitioner: User, earlier: Analysis, now: Analysis
) -> None:
    address = f"/api/v1/reviews/{Review.objects.get(analysis=now).pk}/earlier-scans/"
    assert api(practitioner).get(address).json()["results"] == []
    claim(now, practitioner)
    assert [row["id"] for row in api(practitioner).get(address).json()["results"]] == [str(earlier.scan_id)]
    assert api(other_practitioner).get(address).json()["results"] == []
