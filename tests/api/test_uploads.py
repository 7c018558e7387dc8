"""Files that come in pieces: tus 1.0, and what becomes of them."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from rest_framework.response import Response
from rest_framework.test import APIClient

from inference.imaging import MAX_BYTES
from portal.accounts.models import Consent, User
from portal.analyses.models import Analysis
from portal.scans import tasks, uploads
from portal.scans.models import Upload
from tests.conftest import drawn_cell

Api = Callable[[User | None], APIClient]
TUS = {"Tus-Resumable": "1.0.0"}
PIECE = "application/offset+octet-stream"
LIST = "/api/v1/uploads/"


def begin(client: APIClient, length: int) -> Response:
    return client.post(LIST, headers={**TUS, "Upload-Length": str(length)})  # type: ignore[return-value]


def send(client: APIClient, address: str, offset: int, piece: bytes, content_type: str = PIECE) -> Any:
    return client.generic("PATCH", address, piece, content_type=content_type, headers={**TUS, "Upload-Offset": str(offset)})


def sent(client: APIClient, data: bytes, piece: int = 5000) -> str:
    """All of it, in pieces; its address."""
    address = begin(client, len(data))["Location"]
    for offset in range(0, len(data), piece):
        answer = send(client, address, offset, data[offset : offset + piece])
        assert (answer.status_code, answer["Upload-Offset"]) == (204, str(min(offset + piece, len(data))))
    return address


def pk(address: str) -> str:
    return address.rstrip("/").rpartition("/")[2]


def test_a_picture_in_pieces_becomes_the_same_scan_as_one_in_a_form(api: Api, patient: User, malaria: Any, cell: bytes) -> None:
    client = api(patient)
    address = sent(client, cell)
    assert Upload.objects.get().is_complete
    in_pieces = client.post("/api/v1/analyses/", {"upload": pk(address), "disease": "malaria"}, format="multipart")
    assert in_pieces.status_code == 201
    assert Upload.objects.count() == 0
    whole = client.post("/api/v1/analyses/", {"file": SimpleUploadedFile("a.png", cell), "disease": "malaria"}, format="multipart")
    assert (whole.status_code, whole.json()["id"]) == (200, in_pieces.json()["id"])


def test_it_goes_on_from_where_the_connection_broke(api: Api, patient: User, malaria: Any, cell: bytes) -> None:
    client = api(patient)
    address = begin(client, len(cell))["Location"]
    send(client, address, 0, cell[:3000])
    asked = client.head(address, headers=TUS)
    assert (asked.status_code, asked["Upload-Offset"], asked["Upload-Length"]) == (200, "3000", str(len(cell)))
    assert asked["Cache-Control"] == "no-store"
    assert send(client, address, 0, cell[:3000]).json()["code"] == "wrong_offset"
    assert send(client, address, 3000, cell[3000:]).status_code == 204
    with Upload.objects.get().file.open() as file:
        assert file.read() == cell


def test_what_is_not_complete_is_no_scan(api: Api, patient: User, malaria: Any, cell: bytes) -> None:
    client = api(patient)
    address = begin(client, len(cell))["Location"]
    send(client, address, 0, cell[:-1])
    refused = client.post("/api/v1/analyses/", {"upload": pk(address), "disease": "malaria"}, format="multipart")
    assert (refused.status_code, refused.json()["code"]) == (409, "upload_incomplete")
    assert Analysis.objects.count() == 0
    assert Upload.objects.count() == 1


def test_another_persons_upload_does_not_exist(api: Api, patient: User, other_patient: User, administrator: User, malaria: Any) -> None:
    address = sent(api(patient), drawn_cell(7))
    for person in (other_patient, administrator):
        client = api(person)
        assert client.head(address, headers=TUS).status_code == 404
        assert send(client, address, 0, b"x").status_code == 404
        assert client.delete(address, headers=TUS).status_code == 404
        asked = client.post("/api/v1/analyses/", {"upload": pk(address), "disease": "malaria"}, format="multipart")
        assert (asked.status_code, asked.json()["code"]) == (409, "upload_unknown")
    assert Upload.objects.count() == 1


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"Upload-Length": "5"}, 412, "wrong_protocol"),
        ({"Tus-Resumable": "0.2.2", "Upload-Length": "5"}, 412, "wrong_protocol"),
        (TUS, 400, "bad_header"),
        ({**TUS, "Upload-Length": "-5"}, 400, "bad_header"),
        ({**TUS, "Upload-Length": "\u0665"}, 400, "bad_header"),
        ({**TUS, "Upload-Length": "0"}, 400, "empty_file"),
        ({**TUS, "Upload-Length": str(MAX_BYTES + 1)}, 413, "too_large"),
    ],
)
def test_what_can_not_be_begun_says_why(api: Api, patient: User, headers: dict[str, str], status: int, code: str) -> None:
    environ = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    answer = api(patient).generic("POST", LIST, **environ)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["code"]) == (status, code)  # type: ignore[attr-defined]
    assert Upload.objects.count() == 0


def test_without_consent_nothing_begins(api: Api, patient: User) -> None:
    Consent.objects.filter(user=patient).delete()
    answer = begin(api(patient), 10)
    assert (answer.status_code, answer.json()["code"]) == (403, "consent_required")  # type: ignore[attr-defined]


def test_more_than_was_announced_is_refused(api: Api, patient: User) -> None:
    client = api(patient)
    address = begin(client, 10)["Location"]
    answer = send(client, address, 0, b"x" * 11)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_long")
    assert send(client, address, 0, b"x" * 10, "application/json").status_code == 415
    assert client.head(address, headers=TUS)["Upload-Offset"] == "0"


def test_nobody_fills_the_disk(api: Api, patient: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MOST", 2)
    client = api(patient)
    assert [begin(client, 10).status_code for _ in range(3)] == [201, 201, 429]


def test_it_can_be_thrown_away(api: Api, patient: User, django_capture_on_commit_callbacks: Any) -> None:
    client = api(patient)
    address = sent(client, b"0123456789")
    name = Upload.objects.get().file.name
    assert default_storage.exists(name)
    with django_capture_on_commit_callbacks(execute=True):
        assert client.delete(address, headers=TUS).status_code == 204
    assert not default_storage.exists(name)
    assert client.head(address, headers=TUS).status_code == 404


def test_a_picture_that_is_refused_is_not_kept(api: Api, patient: User, malaria: Any, browse: Any) -> None:
    address = sent(api(patient), b"this is no picture")
    page = browse(patient).post("/analyses/new/malaria/", {"upload": pk(address)}, headers={"accept": "application/json"})
    assert (page.status_code, page.json()["code"]) == (400, "unsupported_type")
    assert Upload.objects.count() == 0
    again = browse(patient).post("/analyses/new/malaria/", {"upload": pk(address)}, headers={"accept": "application/json"})
    assert again.json()["code"] == "upload_unknown"
    strange = browse(patient).post("/analyses/new/malaria/", {"upload": "../../etc"}, headers={"accept": "application/json"})
    assert strange.json()["code"] == "upload_unknown"


def test_either_a_file_or_an_upload(api: Api, patient: User, malaria: Any) -> None:
    answer = api(patient).post("/api/v1/analyses/", {"disease": "malaria"}, format="multipart")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "file")
    unknown = api(patient).post("/api/v1/analyses/", {"disease": "malaria", "upload": str(uuid.uuid4())}, format="multipart")
    assert unknown.json()["code"] == "upload_unknown"


def test_what_nobody_comes_back_for_goes_away(api: Api, patient: User, settings: Any, django_capture_on_commit_callbacks: Any) -> None:
    sent(api(patient), b"old")
    sent(api(patient), b"new")
    old = Upload.objects.order_by("begun_at").first()
    assert old is not None
    Upload.objects.filter(pk=old.pk).update(begun_at=timezone.now() - timedelta(hours=settings.UPLOAD_HOURS, minutes=1))
    with django_capture_on_commit_callbacks(execute=True):
        tasks.discard_expired_uploads()
    assert [upload.length for upload in Upload.objects.all()] == [3]
    assert not default_storage.exists(old.file.name)


def test_it_says_what_it_speaks(api: Api, patient: User) -> None:
    answer = api(patient).options(LIST)
    assert (answer.status_code, answer["Tus-Version"], answer["Tus-Max-Size"]) == (204, "1.0.0", str(MAX_BYTES))
    assert set(answer["Tus-Extension"].split(",")) == {"creation", "expiration", "termination"}
