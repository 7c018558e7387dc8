"""Questions through the API."""

from collections.abc import Callable
from typing import Any

from rest_framework.test import APIClient

from portal.accounts.models import User
from portal.analyses.models import Analysis
from tests.portal.test_api import problem
from tests.portal.test_questions import signed

Api = Callable[[User | None], APIClient]
ADDRESS = "/api/v1/questions/"


def test_ask_answer_read_and_close(api: Api, patient: User, practitioner: User, answered: Callable[..., Analysis]) -> None:
    analysis = answered(patient)
    signed(analysis.review, practitioner)  # type: ignore[attr-defined]
    asker, reader = api(patient), api(practitioner)
    made = asker.post(ADDRESS, {"analysis": str(analysis.pk), "text": "What now?"})
    assert made.status_code == 201
    address = made.json()["url"]
    assert (made.json()["state"], made.json()["unread"], made.json()["written"]) == ("waiting", False, 1)
    [waiting] = reader.get(f"{ADDRESS}?to_answer=true").json()["results"]
    assert (waiting["url"], waiting["unread"]) == (address, True)
    assert patient.name not in str(waiting)
    answer = reader.post(f"{address}messages/", {"text": "See a clinic."}).json()
    assert [(message["by"], message["author"]) for message in answer["messages"]] == [
        ("patient", None),
        ("practitioner", practitioner.name),
    ]
    assert reader.get(f"{ADDRESS}?to_answer=true").json()["results"] == []
    assert asker.get(f"{ADDRESS}?analysis={analysis.pk}").json()["results"][0]["unread"] is True
    assert asker.get(address).json()["messages"][1]["text"] == "See a clinic."
    assert asker.get(f"{ADDRESS}?waiting=false").json()["results"][0]["unread"] is False
    assert asker.post(f"{address}close/").json()["state"] == "closed"
    assert problem(asker.post(f"{address}messages/", {"text": "And?"}), 409)["code"] == "closed"
    assert len(asker.get(f"{ADDRESS}?closed=true").json()["results"]) == 1
    assert asker.get(f"{ADDRESS}?closed=false").json()["results"] == []


def test_what_is_not_theirs_is_not_there(
    api: Api, patient: User, other_patient: User, practitioner: User, other_practitioner: User, answered: Callable[..., Analysis]
) -> None:
    analysis = answered(patient)
    signed(analysis.review, practitioner)  # type: ignore[attr-defined]
    address = api(patient).post(ADDRESS, {"analysis": str(analysis.pk), "text": "What now?"}).json()["url"]
    for stranger in (other_patient, other_practitioner):
        assert api(stranger).get(ADDRESS).json()["results"] == []
        assert problem(api(stranger).get(address), 404)
        assert problem(api(stranger).post(f"{address}messages/", {"text": "Me"}), 404)
        assert problem(api(stranger).post(ADDRESS, {"analysis": str(analysis.pk), "text": "Me"}), 400)
    assert problem(api(practitioner).post(ADDRESS, {"analysis": str(analysis.pk), "text": "Me"}), 400)


def test_refusals_have_a_code(api: Api, patient: User, answered: Callable[..., Analysis], settings: Any) -> None:
    unread = answered(patient, 1, wants_review=False)
    client = api(patient)
    assert problem(client.post(ADDRESS, {"analysis": str(unread.pk), "text": "Who?"}), 409)["code"] == "nobody_to_ask"
    waiting = answered(patient, 2)
    assert problem(client.post(ADDRESS, {"analysis": str(waiting.pk), "text": "x" * 2001}), 400)["code"] == "invalid"
    settings.QUESTIONS_AN_HOUR = 1
    assert client.post(ADDRESS, {"analysis": str(waiting.pk), "text": "When?"}).status_code == 201
    assert problem(client.post(ADDRESS, {"analysis": str(waiting.pk), "text": "When?"}), 429)["code"] == "too_many_messages"
