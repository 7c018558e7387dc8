"""What one is told, and where, through the API."""

from collections.abc import Callable

from rest_framework.test import APIClient

from portal.accounts.models import User
from tests.portal.test_api import problem

Api = Callable[[User | None], APIClient]
ADDRESS = "/api/v1/me/notifications/"


def kinds(answer: dict) -> dict[str, dict]:
    return {each["kind"]: each for each in answer["kinds"]}


def test_patients_choose_where_they_are_told(api: Api, patient: User) -> None:
    client = api(patient)
    before = client.get(ADDRESS).json()
    assert before["digest"] is None
    assert "review_opened" not in kinds(before)
    assert kinds(before)["security"]["always_on"] == ["portal", "email"]
    assert kinds(before)["security"]["why"]
    after = client.patch(ADDRESS, {"kinds": [{"kind": "analysis_done", "email": False}]}).json()
    assert (kinds(after)["analysis_done"]["portal"], kinds(after)["analysis_done"]["email"]) == (True, False)
    assert kinds(client.get(ADDRESS).json()) == kinds(after)


def test_what_is_always_on_or_not_theirs_is_refused(api: Api, patient: User) -> None:
    client = api(patient)
    for asked, code in (
        ({"kinds": [{"kind": "security", "email": False}]}, "always_on"),
        ({"kinds": [{"kind": "review_opened", "email": False}]}, "unknown_kind"),
        ({"digest": {"hour": 6, "time_zone": "UTC"}}, "not_a_practitioner"),
        ({"kinds": [{"email": False}]}, "invalid"),
    ):
        assert problem(client.patch(ADDRESS, asked), 400)["code"] == code


def test_one_wrong_choice_changes_nothing(api: Api, patient: User) -> None:
    client = api(patient)
    before = client.get(ADDRESS).json()
    asked = {"kinds": [{"kind": "analysis_done", "email": False}, {"kind": "security", "email": False}]}
    assert client.patch(ADDRESS, asked).status_code == 400
    assert client.get(ADDRESS).json() == before


def test_practitioners_choose_when_they_hear_what_waits(api: Api, practitioner: User) -> None:
    client = api(practitioner)
    assert client.get(ADDRESS).json()["digest"] == {"hour": 7, "time_zone": "UTC"}
    asked = {"digest": {"hour": 6, "time_zone": "Africa/Nairobi"}}
    assert client.patch(ADDRESS, asked).json()["digest"] == asked["digest"]
    assert problem(client.patch(ADDRESS, {"digest": {"hour": 6, "time_zone": "Nowhere"}}), 400)["code"] == "unknown_time"
