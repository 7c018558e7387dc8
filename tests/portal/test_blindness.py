"""What was signed before does not reach who reads next, nor the patient, until the answer is settled: planted words are looked for."""

from collections.abc import Callable
from typing import Any

import pytest

from portal.accounts.models import User
from portal.analyses.models import Analysis
from portal.reviews import services
from portal.reviews.models import Review
from portal.reviews.referrals import refer
from tests.conftest import verified
from tests.portal.cases import READING, fresh, policy, read

CANARY, CHANGED, REFERRED = "canarynotes", "canarychange", "canaryreferral"


@pytest.fixture
def third(administrator: User) -> User:
    return verified("dr.abebe@clinic.example", administrator)


@pytest.fixture
def fourth(administrator: User) -> User:
    return verified("dr.lind@clinic.example", administrator)


@pytest.fixture
def case(
    patient: User, practitioner: User, other_practitioner: User, third: User, fourth: User, answered: Callable[..., Analysis]
) -> Review:
    """Referred by the fourth, read by the first, who changed their mind; waits for the second."""
    policy("double")
    review = answered(patient).review  # type: ignore[attr-defined]
    services.claim(review=review, practitioner=fourth)
    refer(review=review, practitioner=fourth, to=practitioner, reason=REFERRED)
    said = {**READING, "notes": CANARY}
    services.record_reading(review=review, practitioner=practitioner, **{**said, "finding": "uninfected"})
    services.sign(review=review, practitioner=practitioner, **said, change_reason=CHANGED)
    return fresh(review)


def everything(client: Any, api: Any, review: Review) -> str:
    """All that a person can open about a case, pages and API, in one text."""
    paths = ("/", "/reviews/", "/reviews/?all=1", f"/reviews/{review.pk}/", "/notifications/", "/reviews/notices/", "/analyses/")
    paths += (f"/analyses/{review.analysis_id}/",)
    calls = ("reviews/", f"reviews/{review.pk}/", "analyses/", f"analyses/{review.analysis_id}/", "critical-notices/", "notifications/")
    pages = [client.get(path).content.decode() for path in paths]
    return "\n".join([*pages, *(api.get(f"/api/v1/{call}").content.decode() for call in calls)])


def planted(text: str) -> set[str]:
    return {word for word in (CANARY, CHANGED, REFERRED) if word in text}


def test_the_second_reader_sees_nothing_of_the_first_before_and_after_the_own_reading(
    case: Review, practitioner: User, other_practitioner: User, browse: Any, api: Any
) -> None:
    def seen() -> str:
        return everything(browse(other_practitioner), api(other_practitioner), case)

    assert planted(seen()) == set()
    services.claim(review=case, practitioner=other_practitioner)
    text = seen()
    assert planted(text) == set()
    assert practitioner.name not in text
    assert "Second reading" in text
    services.record_reading(review=case, practitioner=other_practitioner, **READING)
    assert planted(seen()) == set()
    services.sign(review=case, practitioner=other_practitioner, **READING)
    assert planted(seen()) == {CANARY, CHANGED, REFERRED}


def test_the_patient_is_told_that_one_has_read_but_not_what(
    case: Review, patient: User, other_practitioner: User, browse: Any, api: Any
) -> None:
    page = browse(patient).get(f"/analyses/{case.analysis_id}/").content.decode()
    assert "One practitioner has read your picture. A second one reads it too" in page
    assert "Preliminary" in page
    assert "I do not want a practitioner to read it" not in page
    assert planted(everything(browse(patient), api(patient), case)) == set()
    shown = api(patient).get(f"/api/v1/analyses/{case.analysis_id}/").json()
    assert (shown["report_status"], shown["second_opinion"]["role"], shown["second_opinion"]["opinion"]) == ("preliminary", "second", None)

    read(case, other_practitioner)
    assert planted(everything(browse(patient), api(patient), case)) == set()
    services.sign(review=case, practitioner=other_practitioner, **{**READING, "notes": "The answer."})
    page = browse(patient).get(f"/analyses/{case.analysis_id}/").content.decode()
    assert "The answer." in page
    assert "each for themselves, and agree" in page
    assert "Final: a practitioner has answered" in page
    assert planted(everything(browse(patient), api(patient), case)) == set()
    assert api(patient).get(f"/api/v1/analyses/{case.analysis_id}/").json()["second_opinion"]["settled_by"] == "agreement"


def test_only_the_arbiter_who_holds_the_case_sees_both(
    case: Review, patient: User, practitioner: User, other_practitioner: User, third: User, fourth: User, browse: Any, api: Any
) -> None:
    other = {**READING, "finding": "uninfected", "notes": "secondcanary"}
    services.claim(review=case, practitioner=other_practitioner)
    services.record_reading(review=case, practitioner=other_practitioner, **other)
    services.sign(review=case, practitioner=other_practitioner, **other)
    assert "secondcanary" not in everything(browse(practitioner), api(practitioner), case)
    assert CANARY not in everything(browse(other_practitioner), api(other_practitioner), case)
    assert CANARY not in everything(browse(third), api(third), case)
    assert "Two practitioners have read your picture. A third one" in browse(patient).get(f"/analyses/{case.analysis_id}/").content.decode()

    services.claim(review=case, practitioner=third)
    page = browse(third).get(f"/reviews/{case.pk}/").content.decode()
    assert "Both readings are below" in page
    for text in (page, str(api(third).get(f"/api/v1/reviews/{case.pk}/").json())):
        assert CANARY in text
        assert "secondcanary" in text
        assert CHANGED not in text  # it would tell the model's answer before the own reading
    services.record_reading(review=case, practitioner=third, **READING)
    assert CHANGED in browse(third).get(f"/reviews/{case.pk}/").content.decode()
    services.sign(review=case, practitioner=third, **READING)
    page = browse(patient).get(f"/analyses/{case.analysis_id}/").content.decode()
    assert "A third one looked at it and at both readings" in page
    assert planted(page) == set()
    for reader in (practitioner, other_practitioner, fourth):
        assert "secondcanary" in browse(reader).get(f"/reviews/{case.pk}/").content.decode()


def test_the_first_reader_follows_the_case(case: Review, practitioner: User, other_practitioner: User, browse: Any, api: Any) -> None:
    services.claim(review=case, practitioner=other_practitioner)
    page = browse(practitioner).get(f"/reviews/{case.pk}/").content.decode()
    assert CANARY in page  # their own words
    assert "You have signed your reading" in page
    assert f'action="/reviews/{case.pk}/claim/"' not in page
    shown = api(practitioner).get(f"/api/v1/reviews/{case.pk}/").json()
    assert (shown["own_opinion"]["notes"], shown["opinion"], shown["role"]) == (CANARY, None, "second")
    assert shown["model_answer"] is not None


def test_the_page_says_what_became_of_the_signature(
    patient: User, practitioner: User, answered: Callable[..., Analysis], browse: Any
) -> None:
    policy("double")
    review = answered(patient, 4).review  # type: ignore[attr-defined]
    read(review, practitioner)
    page = browse(practitioner).post(f"/reviews/{review.pk}/sign/", READING, follow=True).content.decode()
    assert "Another practitioner reads it too, before the patient is told" in page
