"""Whatever goes wrong is told as a problem, and never as a page or a fault of ours."""

import base64
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from rest_framework.test import APIClient

from portal.accounts.models import User
from portal.analyses.models import Analysis, ModelVersion
from tests.conftest import as_upload
from tests.portal.test_api import problem, upload

Api = Callable[[User | None], APIClient]
LISTS = ["analyses", "scans", "reviews", "notifications"]


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("position", [b"p=garbage", b"p=9999-99-99", b"p=", b"p=%00", b"o=x&p=2020-01-01"])
def test_a_cursor_that_points_nowhere_is_not_our_fault(name: str, position: bytes, api: Api, patient: User) -> None:
    response = api(patient).get(f"/api/v1/{name}/?cursor={quote(base64.b64encode(position).decode())}")
    assert problem(response, 404)["code"] == "not_found"


@pytest.mark.parametrize("path", ["analyses/?uploaded_after=", "audit-events/?recorded_before="])
def test_a_moment_may_have_any_offset(path: str, api: Api, administrator: User) -> None:
    client = api(administrator)
    assert client.get(f"/api/v1/{path}{quote('0106-04-19T17:25:43+17:50')}").status_code == 200
    assert client.get(f"/api/v1/{path}{quote('2026-04-19T17:25:43.123456789-23:59')}").status_code == 200
    assert problem(client.get(f"/api/v1/{path}{quote('0001-01-01T00:00:00+10:00')}"), 400)["code"] == "invalid"
    assert problem(client.get(f"/api/v1/{path}{quote('9999-12-31T23:59:59-10:00')}"), 400)["code"] == "invalid"


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize(("position", "status"), [("2026-04-19T17:25:43+17:50", 200), ("0001-01-01T00:00:00+17:50", 404)])
def test_a_cursor_may_have_any_offset(name: str, position: str, status: int, api: Api, patient: User) -> None:
    cursor = base64.b64encode(f"p={quote(position)}".encode()).decode()
    assert api(patient).get(f"/api/v1/{name}/?cursor={quote(cursor)}").status_code == status


@pytest.mark.parametrize("name", LISTS)
def test_an_odd_page_size_is_ignored(name: str, api: Api, patient: User) -> None:
    assert [api(patient).get(f"/api/v1/{name}/?page_size={size}").status_code for size in ("x", "0", "-1", "9999")] == [200] * 4


def test_a_request_that_is_too_much_is_a_problem(api: Api, patient: User) -> None:
    client, address = api(patient), "/api/v1/analyses/"
    fields = {f"field{number}": "1" for number in range(1500)}
    assert problem(client.post(address, fields, format="multipart"), 400)["code"] == "too_many_fields"
    files = {f"file{number}": as_upload(b"x") for number in range(150)}
    assert problem(client.post(address, files, format="multipart"), 400)["code"] == "too_many_files"
    assert problem(client.post(address, {"disease": "x" * 6_000_000}, format="multipart"), 413)["code"] == "request_too_large"
    assert problem(APIClient().post("/api/v1/token/", {"email": "x" * 6_000_000}), 413)["code"] == "request_too_large"


def test_an_upload_that_says_it_is_huge_is_refused_unread(api: Api, patient: User, malaria: ModelVersion) -> None:
    response = api(patient).post("/api/v1/analyses/", b"", content_type="multipart/form-data; boundary=x", CONTENT_LENGTH="5000000000")
    assert problem(response, 413)["code"] == "too_large"


def test_a_key_that_is_too_long_is_refused_rather_than_cut(api: Api, patient: User, malaria: ModelVersion, cell: bytes) -> None:
    response = upload(api(patient), cell, headers={"Idempotency-Key": "k" * 201})
    assert problem(response, 400)["errors"][0]["field"] == "Idempotency-Key"
    assert upload(api(patient), cell, headers={"Idempotency-Key": "k" * 200}).status_code == 201


def test_a_problem_names_its_request(api: Api, patient: User) -> None:
    for response in (api(None).get("/api/v1/me/"), api(patient).get("/api/v1/nothing/"), api(patient).get("/api/v1/scans/nothing/")):
        assert response.json()["instance"] == f"urn:uuid:{response['X-Request-ID']}"


def test_401_says_how_to_sign_in(patient: User) -> None:
    for response in (
        APIClient().get("/api/v1/me/"),
        APIClient().get("/api/v1/me/", headers={"Authorization": "Token wrong"}),
        APIClient().post("/api/v1/token/", {"email": patient.email, "password": "wrong"}),
    ):
        problem(response, 401)
        assert response["WWW-Authenticate"] == "Token"


def test_a_session_without_its_csrf_token_is_told_so(patient: User) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(patient)
    assert problem(client.post("/api/v1/notifications/read-all/"), 403)["code"] == "csrf_failed"


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
def test_an_address_that_nobody_knows_is_told_so_whatever_is_sent_there(method: str, db: None) -> None:
    response = getattr(APIClient(enforce_csrf_checks=True), method)("/api/v1/model-versions/x/operating-point/")
    assert problem(response, 404)["code"] == "not_found"


def test_what_no_view_sees_is_a_problem_too(db: None) -> None:
    response = APIClient().get("/api/v1/me/", headers={"Host": "another.example"})
    assert problem(response, 400)["code"] == "bad_request"


def test_pictures_come_to_a_client_that_wants_pictures_only(api: Api, patient: User, answered: Callable[..., Analysis]) -> None:
    analysis = answered(patient)
    addresses = [f"/api/v1/analyses/{analysis.pk}/heatmap/"]
    addresses += [f"/api/v1/scans/{analysis.scan_id}/{kind}/" for kind in ("image", "thumbnail")]
    for address in addresses:
        for accept in ("image/*", "image/png,image/jpeg", "*/*", "application/json"):
            assert api(patient).get(address, headers={"Accept": accept}).status_code == 200
    problem(api(None).get(addresses[0], headers={"Accept": "image/png"}), 401)
    assert problem(api(patient).get("/api/v1/me/", headers={"Accept": "image/png"}), 406)["code"] == "not_acceptable"


@pytest.mark.parametrize("method", ["options", "put", "patch", "delete", "post"])
def test_no_method_on_any_route_is_our_fault(method: str, api: Api, patient: User, answered: Callable[..., Analysis]) -> None:
    from tests.portal.access_walk import routes

    analysis = answered(patient)
    known = {"scan": analysis.scan_id, "analysis": analysis.pk, "review": analysis.review.pk, "disease": "malaria"}  # type: ignore[attr-defined]
    token = APIClient().post("/api/v1/token/", {"email": patient.email, "password": "correct horse battery"}).json()["token"]
    paths = {}
    for name, path in routes():
        if name.startswith("v1:"):
            thing = str(known.get(name[3:].partition("-")[0], 1))
            paths[name] = "/" + path.replace("(?P<pk>[^/.]+)", thing).replace("(?P<code>[a-z0-9_]+)", thing).replace("^", "").replace(
                "$", ""
            )
    del paths["v1:token"]  # signing out would end the walk
    for name, path in paths.items():
        client: Any = APIClient(headers={"Authorization": f"Token {token}"})
        response = getattr(client, method)(path)
        assert response.status_code < 500, name
        if response.status_code >= 400:
            problem(response, response.status_code)


def test_a_fault_of_ours_is_a_problem_without_detail(
    api: Api, patient: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from portal.accounts.api import MeView

    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr(MeView, "get", broken)
    client = api(patient)
    client.raise_request_exception = False
    response = client.get("/api/v1/me/")
    assert problem(response, 500)["code"] == "internal_error"
    assert b"secret" not in response.content
    assert "the secret of the house" in caplog.text
