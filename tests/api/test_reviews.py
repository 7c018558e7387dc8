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


def test_the_reading_form_says_what_can_be_said(api: Api, patient: User) -> None:
    forms = {form["disease"]: form for form in api(patient).get("/api/v1/reading-forms/").json()}
    assert len(forms) == 6
    form = api(patient).get("/api/v1/reading-forms/diabetic_retinopathy/").json()
    assert form == forms["diabetic_retinopathy"]
    oedema = next(field for field in form["details"] if field["code"] == "oedema")
    assert [choice["code"] for choice in oedema["choices"]] == ["absent", "present", "centre_involving", "can_not_tell"]
    assert form["usual_urgency"] == {"none": "", "repeat": "routine", "test": "routine", "visit": "soon", "clinic": "urgent"}
    assert problem(api(patient).get("/api/v1/reading-forms/plague/"), 404)


def test_details_travel_by_the_same_rule_as_on_pages(
    api: Api, patient: User, practitioner: User, answered: Callable[..., Analysis]
) -> None:
    analysis = answered(patient)
    address, reader = f"/api/v1/reviews/{analysis.review.pk}/", api(practitioner)  # type: ignore[attr-defined]
    reader.post(f"{address}claim/")
    said = {"finding": "parasitized", "confidence": "high", "recommendation": "clinic", "urgency": "now"}
    assert problem(reader.post(f"{address}reading/", {**said, "details": {"egg": 1}}), 400)["code"] == "unknown_detail"
    assert problem(reader.post(f"{address}reading/", {**said, "details": {"count": 0}}), 400)["code"] == "details_contradict"
    assert problem(reader.post(f"{address}reading/", {**said, "details": ["ring"]}), 400)["errors"][0]["field"] == "details"
    assert problem(reader.post(f"{address}reading/", {**said, "recommendation": "none"}), 400)["code"] == "nothing_to_do"
    kept = reader.post(f"{address}reading/", {**said, "details": {"count": 2, "stage": ["ring"]}}).json()["independent"]
    assert (kept["details"], kept["details_words"]["Stage"]) == ({"stage": ["ring"], "count": 2}, "Ring")
    assert reader.post(f"{address}sign/", {**said, "details": {"count": 1}}).status_code == 200
    opinion = api(patient).get(f"/api/v1/analyses/{analysis.pk}/").json()["second_opinion"]["opinion"]
    assert (opinion["urgency"], opinion["details"]) == ("now", {"count": 1})
    assert opinion["advice"] == "Go to a clinic or a hospital, now, as an emergency."
