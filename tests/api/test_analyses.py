"""Analyses as the API shows them: the answer, and the second opinion with it."""

from collections.abc import Callable
from typing import Any

from rest_framework.test import APIClient

from portal.accounts.models import User
from portal.analyses import services as analyses
from portal.analyses.models import Analysis, ModelVersion
from portal.audit.models import AuditEvent
from portal.reviews import services as reviews
from tests.portal.test_api import problem, upload

Api = Callable[[User | None], APIClient]
READING = {"finding": "uninfected", "confidence": "high", "recommendation": "none"}


def signed(analysis: Analysis, reader: User) -> None:
    review = reviews.claim(review=analysis.review, practitioner=reader)  # type: ignore[attr-defined]
    reviews.record_reading(review=review, practitioner=reader, **READING)
    reviews.sign(review=review, practitioner=reader, **READING)
    review.refresh_from_db()
    reviews.add_addendum(review=review, practitioner=reader, text="A second slide would help.")


def test_the_second_opinion_comes_with_the_analysis(
    api: Api, patient: User, practitioner: User, other_practitioner: User, answered: Callable[..., Analysis]
) -> None:
    analysis = answered(patient)
    address = f"/api/v1/analyses/{analysis.pk}/"
    waiting = api(patient).get(address).json()["second_opinion"]
    assert (waiting["status"], waiting["practitioner"], waiting["opinion"], waiting["addenda"]) == ("waiting", None, None, [])
    signed(analysis, practitioner)
    for reader in (patient, practitioner):
        body = api(reader).get(address).json()
        opinion = body["second_opinion"]
        assert (opinion["status"], opinion["practitioner"]) == ("signed", practitioner.name)
        assert (opinion["opinion"]["finding"], opinion["opinion"]["stage"]) == ("uninfected", "final")
        assert [addendum["text"] for addendum in opinion["addenda"]] == ["A second slide would help."]
        assert body["report_status"] == "amended"
    assert problem(api(other_practitioner).get(address), 404)["code"] == "not_found"


def test_a_reading_that_is_not_signed_is_not_the_patients_to_see(
    api: Api, patient: User, practitioner: User, answered: Callable[..., Analysis]
) -> None:
    analysis = answered(patient)
    review = reviews.claim(review=analysis.review, practitioner=practitioner)  # type: ignore[attr-defined]
    reviews.record_reading(review=review, practitioner=practitioner, **READING)
    seen = api(patient).get(f"/api/v1/analyses/{analysis.pk}/").json()["second_opinion"]
    assert (seen["status"], seen["opinion"]) == ("claimed", None)


def test_an_analysis_without_review_has_no_second_opinion(api: Api, patient: User, answered: Callable[..., Analysis]) -> None:
    body = api(patient).get(f"/api/v1/analyses/{answered(patient, wants_review=False).pk}/").json()
    assert (body["review"], body["second_opinion"]) == (None, None)


def test_an_analysis_says_what_to_do_and_what_it_can_not_tell(api: Api, patient: User, answered: Callable[..., Analysis]) -> None:
    analysis = answered(patient)
    body = api(patient).get(f"/api/v1/analyses/{analysis.pk}/").json()
    assert body["next_steps"] == analysis.catalogue.next_steps["suspicious"]
    assert body["cannot_tell"] == analysis.catalogue.cannot_tell
    assert api(patient).get(body["image"]).status_code == 200
    assert body["place"] is None


def test_the_place_in_the_queue_is_told_while_one_waits(api: Api, patient: User, other_patient: User, malaria: ModelVersion) -> None:
    from tests.conftest import drawn_cell

    first = upload(api(other_patient), drawn_cell(1)).json()
    second = upload(api(patient), drawn_cell(2)).json()
    assert (first["place"]["ahead"], second["place"]["ahead"]) == (0, 1)
    assert first["place"]["seconds"] >= 1


def test_a_file_that_is_at_fault_says_what_to_do(api: Api, patient: User, malaria: ModelVersion, cell: bytes) -> None:
    pk = upload(api(patient), cell).json()["id"]
    [claimed] = analyses.claim(pk, worker="test")
    analyses.record_rejected(claimed, code="too_blurred", message="Hold the camera still.")
    body = api(patient).get(f"/api/v1/analyses/{pk}/").json()
    assert (body["status"], body["error_code"], body["error_message"]) == ("rejected", "too_blurred", "Hold the camera still.")
    assert (body["finding"], body["probability"], body["heatmap"]) == ("", None, None)
    assert problem(api(patient).get(f"/api/v1/analyses/{pk}/heatmap/"), 404)


def test_analyses_are_filtered(api: Api, patient: User, malaria: ModelVersion, answered: Callable[..., Analysis]) -> None:
    from tests.conftest import drawn_cell

    suspicious, clear = answered(patient, 1), answered(patient, 2, probability=0.01)
    queued = upload(api(patient), drawn_cell(3)).json()["id"]

    def found(**query: Any) -> set[str]:
        return {row["id"] for row in api(patient).get("/api/v1/analyses/", query).json()["results"]}

    assert found(status="queued") == {queued}
    assert found(outcome="suspicious") == {str(suspicious.pk)}
    assert found(outcome="not_suspicious") == {str(clear.pk)}
    assert found(disease="covid19") == set()
    assert found(uploaded_after=clear.queued_at.isoformat()) == {str(clear.pk), queued}
    assert found(uploaded_before=suspicious.queued_at.isoformat()) == {str(suspicious.pk)}


def test_cancelling_and_queueing_again_keep_to_the_states(
    api: Api, patient: User, administrator: User, malaria: ModelVersion, cell: bytes
) -> None:
    address = f"/api/v1/analyses/{upload(api(patient), cell).json()['id']}/"
    assert problem(api(administrator).post(f"{address}requeue/"), 409)["code"] == "wrong_state"
    assert api(patient).post(f"{address}cancel/").json()["status"] == "cancelled"
    assert problem(api(patient).post(f"{address}cancel/"), 409)["code"] == "wrong_state"
    assert problem(api(patient).post(f"{address}requeue/"), 403)["code"] == "permission_denied"
    assert api(administrator).post(f"{address}requeue/").json()["status"] == "queued"


def test_reading_and_listing_are_audited(api: Api, patient: User, administrator: User, answered: Callable[..., Analysis]) -> None:
    analysis = answered(patient)
    api(administrator).get("/api/v1/analyses/")
    api(administrator).get(f"/api/v1/analyses/{analysis.pk}/")
    events = AuditEvent.objects.filter(actor=administrator, patient=patient, target_id=str(analysis.pk))
    assert set(events.values_list("action", flat=True)) == {"analysis.listed", "analysis.read"}


def test_a_detail_asks_as_few_questions_with_many_addenda(
    api: Api, patient: User, practitioner: User, answered: Callable[..., Analysis], django_assert_max_num_queries: Any
) -> None:
    analysis = answered(patient)
    signed(analysis, practitioner)
    client, address = api(patient), f"/api/v1/analyses/{analysis.pk}/"
    with django_assert_max_num_queries(20) as few:
        client.get(address)
    review = analysis.review  # type: ignore[attr-defined]
    review.refresh_from_db()
    for text in ("one", "two", "three"):
        reviews.add_addendum(review=review, practitioner=practitioner, text=text)
    with django_assert_max_num_queries(len(few.captured_queries)):
        assert len(client.get(address).json()["second_opinion"]["addenda"]) == 4
