"""The worklist: who finds what in it, and what it does not say."""

from collections.abc import Callable

from rest_framework.test import APIClient

from portal.accounts.models import User
from portal.analyses.models import Analysis
from tests.portal.test_api import problem

Api = Callable[[User | None], APIClient]


def listed(client: APIClient, query: str = "") -> set[str]:
    return {row["id"] for row in client.get(f"/api/v1/reviews/?{query}").json()["results"]}


def test_a_practitioners_own_scan_is_not_in_their_worklist(
    api: Api, patient: User, practitioner: User, answered: Callable[..., Analysis]
) -> None:
    own, others = answered(practitioner, 1), answered(patient, 2)
    own_review, others_review = own.review, others.review  # type: ignore[attr-defined]
    assert listed(api(practitioner)) == {str(others_review.pk)}
    assert api(practitioner).get(f"/api/v1/reviews/{own_review.pk}/").status_code == 200  # as its patient
    assert problem(api(practitioner).post(f"/api/v1/reviews/{own_review.pk}/claim/"), 403)["code"] == "own_scan"


def test_patients_find_their_own_reviews_only(api: Api, patient: User, other_patient: User, answered: Callable[..., Analysis]) -> None:
    analysis = answered(patient)
    assert listed(api(patient)) == {str(analysis.review.pk)}  # type: ignore[attr-defined]
    assert listed(api(other_patient)) == set()


def test_an_unverified_practitioner_finds_nothing(api: Api, patient: User, unverified: User, answered: Callable[..., Analysis]) -> None:
    analysis = answered(patient)
    assert listed(api(unverified)) == set()
    assert problem(api(unverified).post(f"/api/v1/reviews/{analysis.review.pk}/claim/"), 404)  # type: ignore[attr-defined]


def test_the_worklist_does_not_name_the_patient_nor_the_models_answer(
    api: Api, patient: User, practitioner: User, answered: Callable[..., Analysis]
) -> None:
    answered(patient, symptoms=["fever"])
    row = api(practitioner).get("/api/v1/reviews/").json()["results"][0]
    assert patient.name not in str(row)
    assert patient.email not in str(row)
    assert row["model_answer"] is None
    assert {"patient_age", "patient_sex", "symptoms", "finding_choices", "due_at", "overdue", "urgency"} <= set(row)


def test_giving_back_hides_the_answer_and_frees_the_review(
    api: Api, patient: User, practitioner: User, other_practitioner: User, answered: Callable[..., Analysis]
) -> None:
    address = f"/api/v1/reviews/{answered(patient).review.pk}/"  # type: ignore[attr-defined]
    reader = api(practitioner)
    reader.post(f"{address}claim/")
    assert reader.post(f"{address}reading/", {"finding": "uninfected", "confidence": "low", "recommendation": "none"}).status_code == 200
    assert reader.post(f"{address}release/").json()["model_answer"] is None
    assert problem(reader.post(f"{address}release/"), 409)["code"] == "not_claimed"
    taken = api(other_practitioner).post(f"{address}claim/").json()
    assert (taken["status"], taken["model_answer"], taken["independent"]) == ("claimed", None, None)


def test_a_declined_review_leaves_the_worklist(api: Api, patient: User, practitioner: User, answered: Callable[..., Analysis]) -> None:
    review = answered(patient).review  # type: ignore[attr-defined]
    assert api(patient).post(f"/api/v1/reviews/{review.pk}/decline/").json()["status"] == "declined"
    assert problem(api(patient).post(f"/api/v1/reviews/{review.pk}/decline/"), 409)["code"] == "not_open"
    assert listed(api(practitioner)) == set()


def test_the_reading_can_be_declined_from_the_analysis(
    api: Api, patient: User, practitioner: User, answered: Callable[..., Analysis]
) -> None:
    address = f"/api/v1/analyses/{answered(patient).pk}/decline-review/"
    assert api(patient).post(address).json()["second_opinion"]["status"] == "declined"
    assert problem(api(patient).post(address), 409)["code"] == "not_open"
    assert listed(api(practitioner)) == set()
    assert problem(api(patient).post(f"/api/v1/analyses/{answered(patient, 5, wants_review=False).pk}/decline-review/"), 404)
