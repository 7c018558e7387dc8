"""The API: answers, errors as problem details, idempotency, pages, tokens."""

from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal import auth as totp
from rest_framework.test import APIClient

import samples
from portal.accounts.models import Consent, User
from portal.analyses.models import Analysis, ModelVersion
from portal.audit.models import AuditEvent
from tests.conftest import PASSWORD, as_upload, drawn_cell
from tests.security.people import code_of

Api = Callable[[User | None], APIClient]
READING = {"finding": "parasitized", "confidence": "high", "recommendation": "none"}


def upload(client: APIClient, data: bytes, disease: str = "malaria", **more: Any) -> Any:
    headers = more.pop("headers", {})
    return client.post("/api/v1/analyses/", {"file": as_upload(data), "disease": disease, **more}, format="multipart", headers=headers)


def problem(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.content
    assert response["Content-Type"].startswith("application/problem+json")
    body: dict[str, Any] = response.json()
    assert {"type", "title", "status", "detail", "code"} <= set(body)
    assert body["status"] == status
    return body


def test_upload_is_201_then_200_for_the_same_bytes(api: Api, patient: User, malaria: ModelVersion, cell: bytes) -> None:
    first = upload(api(patient), cell, symptoms=["fever", "chills"])
    again = upload(api(patient), cell)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first["Location"] == first.json()["url"]
    assert first.json()["id"] == again.json()["id"]
    assert first.json()["symptoms"] == ["chills", "fever"]
    assert first.json()["wants_review"] is True
    assert set(first.json()["place"]) == {"ahead", "seconds"}


def test_an_idempotency_key_gives_the_same_analysis_or_422(api: Api, patient: User, malaria: ModelVersion, cell: bytes) -> None:
    key = {"Idempotency-Key": "upload-1"}
    first = upload(api(patient), cell, headers=key)
    assert upload(api(patient), cell, headers=key).json()["id"] == first.json()["id"]
    assert problem(upload(api(patient), drawn_cell(5), headers=key), 422)["code"] == "idempotency_key_reused"


def test_what_is_wrong_with_an_upload_has_a_code(api: Api, patient: User, malaria: ModelVersion, cell: bytes) -> None:
    assert problem(upload(api(patient), cell, disease="tuberculosis"), 409)["code"] == "disease_unavailable"
    assert problem(upload(api(patient), b"GIF89a nothing"), 415)["code"] == "unsupported_type"
    assert problem(upload(api(patient), cell[:500]), 400)["code"] == "truncated"
    assert problem(upload(api(patient), b""), 400)["code"] == "empty_file"
    assert problem(upload(api(patient), b"\xff\xd8" + b"0" * 21_000_000), 413)["code"] == "too_large"
    assert problem(upload(api(patient), cell, disease="plague"), 400)["errors"][0]["field"] == "disease"
    assert problem(upload(api(patient), cell, symptoms=["sunburn"]), 400)["errors"][0]["field"] == "symptoms"
    assert problem(api(patient).post("/api/v1/analyses/", {}, format="multipart"), 400)["code"] == "invalid"
    assert problem(api(patient).post("/api/v1/analyses/", {}, format="json"), 415)["code"] == "unsupported_media_type"
    assert not Analysis.objects.exists()


def test_a_film_is_asked_about_several_diseases(api: Api, patient: User, other_patient: User, all_six: None) -> None:
    film = samples.draw("pneumonia", "normal", 5)
    client = api(patient)
    first = upload(client, film, disease="tuberculosis", also=["pneumonia", "covid19"], symptoms=["cough"])
    assert first.status_code == 201
    beside = first.json()["alongside"]
    assert {(row["disease"], row["status"]) for row in beside} == {("pneumonia", "queued"), ("covid19", "queued")}
    other = client.get(beside[0]["url"]).json()
    assert {row["disease"] for row in other["alongside"]} == {"tuberculosis", "pneumonia", "covid19"} - {other["disease"]}
    assert Analysis.objects.values("scan").distinct().count() == 1
    client.post(f"{beside[0]['url']}cancel/")
    assert len(client.get(first.json()["url"]).json()["alongside"]) == 1
    assert problem(upload(client, film, disease="tuberculosis", also=["malaria"]), 400)["errors"][0]["field"] == "also"
    assert problem(upload(client, film, disease="tuberculosis", also=["plague"]), 400)["errors"][0]["field"].startswith("also")
    assert upload(api(other_patient), film, disease="tuberculosis").json()["alongside"] == []  # another's scan of the same bytes


def test_upload_needs_consent(api: Api, patient: User, malaria: ModelVersion, cell: bytes) -> None:
    Consent.objects.all().delete()
    assert problem(upload(api(patient), cell), 403)["code"] == "consent_required"
    assert api(patient).get("/api/v1/me/consent/").json()["given"] is False
    assert api(patient).post("/api/v1/me/consent/", {"version": 1}).status_code == 201
    assert upload(api(patient), cell).status_code == 201


def test_other_errors_are_problems_too(api: Api, patient: User, db: None) -> None:
    assert problem(api(None).get("/api/v1/me/"), 401)["code"] == "not_authenticated"
    assert problem(api(patient).get("/api/v1/nothing/"), 404)["code"] == "not_found"
    assert problem(api(patient).delete("/api/v1/me/"), 405)["code"] == "method_not_allowed"
    assert problem(api(patient).get("/api/v1/analyses/?status=odd"), 400)["errors"][0]["field"] == "status"
    assert problem(api(patient).get("/api/v1/analyses/?cursor=odd"), 404)["code"] == "not_found"
    response = api(patient).generic("PATCH", "/api/v1/me/", "{broken", content_type="application/json")
    assert problem(response, 400)["code"] == "parse_error"


def test_too_many_requests_are_told_to_wait(api: Api, patient: User, monkeypatch: pytest.MonkeyPatch) -> None:
    from rest_framework.throttling import UserRateThrottle

    monkeypatch.setattr(UserRateThrottle, "THROTTLE_RATES", {"user": "2/min"})
    statuses = [api(patient).get("/api/v1/me/").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    response = api(patient).get("/api/v1/me/")
    assert problem(response, 429)["code"] == "throttled"
    assert int(response["Retry-After"]) > 0


def test_the_answer_and_its_pictures_come_out(api: Api, patient: User, answered: Callable[..., Analysis]) -> None:
    analysis = answered(patient)
    body = api(patient).get(f"/api/v1/analyses/{analysis.pk}/").json()
    assert (body["status"], body["report_status"], body["outcome"]) == ("done", "preliminary", "suspicious")
    assert "not a diagnosis" in body["disclaimer"]
    assert api(patient).get(body["heatmap"])["Content-Type"] == "image/png"
    scan = api(patient).get(body["scan"]).json()
    picture = api(patient).get(scan["image"])
    assert b"".join(picture.streaming_content) == analysis.scan.file.read()  # type: ignore[attr-defined]
    assert picture["Cache-Control"].startswith("private")
    actions = set(AuditEvent.objects.filter(actor=patient).values_list("action", flat=True))
    assert actions >= {"analysis.read", "analysis.heatmap_read", "scan.read", "scan.image_read"}


def test_the_models_answer_is_hidden_from_the_practitioner_until_they_have_read(
    api: Api, patient: User, practitioner: User, other_practitioner: User, answered: Callable[..., Analysis]
) -> None:
    analysis = answered(patient)
    address = f"/api/v1/reviews/{analysis.review.pk}/"  # type: ignore[attr-defined]
    reader = api(practitioner)
    assert reader.post(f"{address}claim/").json()["model_answer"] is None
    assert problem(api(other_practitioner).post(f"{address}claim/"), 409)["code"] == "already_claimed"
    assert problem(reader.post(f"{address}sign/", READING), 409)["code"] == "read_first"
    assert problem(reader.post(f"{address}reading/", {**READING, "finding": "measles"}), 409)["code"] == "unknown_choice"
    shown = reader.post(f"{address}reading/", READING).json()
    assert shown["model_answer"]["finding"] == "parasitized"
    assert api(other_practitioner).get(address).json()["model_answer"] is None
    assert api(other_practitioner).get(address).json()["independent"] is None
    assert reader.post(f"{address}sign/", READING).json()["status"] == "signed"
    assert reader.post(f"{address}addenda/", {"text": "More."}).status_code == 201
    seen = api(patient).get(address).json()
    assert (seen["opinion"]["finding"], seen["addenda"][0]["text"]) == ("parasitized", "More.")
    assert api(patient).get(f"/api/v1/analyses/{analysis.pk}/").json()["report_status"] == "amended"


def test_the_queue_is_filtered(api: Api, patient: User, practitioner: User, answered: Callable[..., Analysis]) -> None:
    first, second = answered(patient, 1), answered(patient, 2)
    reader = api(practitioner)
    reader.post(f"/api/v1/reviews/{first.review.pk}/claim/")  # type: ignore[attr-defined]

    def found(query: str) -> set[str]:
        return {row["id"] for row in reader.get(f"/api/v1/reviews/?{query}").json()["results"]}

    mine, free = str(first.review.pk), str(second.review.pk)  # type: ignore[attr-defined]
    assert found("") == {mine, free}
    assert found("mine=true") == {mine}
    assert found("status=waiting") == {free}
    assert found("overdue=true") == set()
    assert found("disease=covid19") == set()


def test_lists_come_in_pages_by_cursor(api: Api, patient: User, answered: Callable[..., Analysis]) -> None:
    made = [str(answered(patient, seed).pk) for seed in range(5)]
    address, seen = "/api/v1/analyses/?page_size=2", []
    while address:
        page = api(patient).get(address).json()
        seen += [row["id"] for row in page["results"]]
        address = page["next"]
    assert seen == made[::-1]


@pytest.mark.parametrize("address", ["/api/v1/analyses/", "/api/v1/scans/", "/api/v1/reviews/", "/api/v1/notifications/", "/analyses/"])
def test_a_longer_list_asks_no_more_questions(
    address: str, api: Api, browse: Any, patient: User, answered: Callable[..., Analysis], django_assert_max_num_queries: Any
) -> None:
    client = api(patient) if address.startswith("/api") else browse(patient)
    for seed in range(2):
        answered(patient, seed)
    with django_assert_max_num_queries(30) as few:
        client.get(address)
    for seed in range(2, 8):
        answered(patient, seed)
    with django_assert_max_num_queries(len(few.captured_queries)):
        assert client.get(address).status_code == 200


def test_a_practitioners_worklist_asks_no_more_questions(
    api: Api, browse: Any, patient: User, practitioner: User, answered: Callable[..., Analysis], django_assert_max_num_queries: Any
) -> None:
    for client, address in ((api(practitioner), "/api/v1/reviews/"), (browse(practitioner), "/reviews/")):
        seeds = range(2) if address.startswith("/api") else range(20, 22)
        for seed in seeds:
            answered(patient, seed)
        client.get(address)
        with django_assert_max_num_queries(40) as few:
            client.get(address)
        for seed in seeds:
            answered(patient, seed + 100)
        with django_assert_max_num_queries(len(few.captured_queries)):
            assert client.get(address).status_code == 200


def token(**credentials: str) -> Any:
    return APIClient().post("/api/v1/token/", credentials)


def test_a_token_opens_the_api_and_can_be_ended(patient: User) -> None:
    answer = token(email="Meera@home.example", password=PASSWORD)
    assert answer.status_code == 201, answer.content
    client = APIClient(headers={"Authorization": f"Token {answer.json()['token']}"})
    assert client.get("/api/v1/me/").json()["email"] == "meera@home.example"
    assert client.delete("/api/v1/token/").status_code == 204
    assert problem(client.get("/api/v1/me/"), 401)["code"] == "authentication_failed"


def test_a_token_needs_password_verified_mail_and_second_factor(patient: User) -> None:
    assert problem(token(email="meera@home.example", password="wrong"), 401)["code"] == "invalid_credentials"
    EmailAddress.objects.update(verified=False)
    assert problem(token(email="meera@home.example", password=PASSWORD), 401)["code"] == "email_not_verified"
    EmailAddress.objects.update(verified=True)
    secret = totp.generate_totp_secret()
    totp.TOTP.activate(patient, secret)
    assert problem(token(email="meera@home.example", password=PASSWORD), 401)["code"] == "mfa_required"
    assert problem(token(email="meera@home.example", password=PASSWORD, code="000000"), 401)["code"] == "mfa_invalid"
    assert token(email="meera@home.example", password=PASSWORD, code=code_of(secret)).status_code == 201


def test_one_changes_oneself(api: Api, patient: User) -> None:
    answer = api(patient).patch("/api/v1/me/", {"name": "Meera N", "birth_date": "1990-02-01", "sex": "female"})
    assert answer.json()["name"] == "Meera N"
    patient.refresh_from_db()
    assert (patient.patient_profile.age or 0) > 30
    assert problem(api(patient).patch("/api/v1/me/", {"birth_date": "2190-02-01"}), 400)["errors"][0]["field"] == "birth_date"


def test_notifications_are_read_one_by_one_or_all(api: Api, patient: User, answered: Callable[..., Analysis]) -> None:
    answered(patient, 1)
    answered(patient, 2)
    rows = api(patient).get("/api/v1/notifications/?unread=true").json()["results"]
    assert [row["kind"] for row in rows] == ["analysis_done"] * 2
    api(patient).post(f"/api/v1/notifications/{rows[0]['id']}/read/")
    assert api(patient).post("/api/v1/notifications/read-all/").json() == {"read": 1}


def test_the_catalogue_says_what_is_available(api: Api, patient: User, malaria: ModelVersion) -> None:
    rows = {row["code"]: row for row in api(patient).get("/api/v1/diseases/").json()}
    assert set(rows) == {"tuberculosis", "skin_cancer", "malaria", "covid19", "pneumonia", "diabetic_retinopathy"}
    assert [code for code, row in rows.items() if row["available"]] == ["malaria"]
    assert rows["malaria"]["metrics"]["sensitivity"] == malaria.metrics["sensitivity"]
    assert problem(api(patient).get("/api/v1/diseases/plague/"), 404)["code"] == "not_found"


def test_the_schema_is_whole(db: None) -> None:
    from django.core.management import call_command

    call_command("spectacular", validate=True, fail_on_warn=True, file="/dev/null")
    assert APIClient().get("/api/v1/docs/").status_code == 200
