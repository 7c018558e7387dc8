"""Requests to other machines, paths, archives and XML, tried wherever something is parsed, fetched, named or led on to."""

import ast
import io
import json
import re
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from portal.accounts.models import User
from portal.records import archive
from portal.scans.models import Scan
from tests.conftest import PASSWORD, as_upload, drawn_cell

ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example",
    "http:evil.example",
    "javascript:alert(1)",
    "\thttps://evil.example",
]
ROOT = Path(__file__).resolve().parents[2]


# --- led on to another site
@pytest.mark.parametrize("target", ELSEWHERE)
def test_nobody_is_led_to_another_site(target: str, patient: User, browse: Any) -> None:
    signed_in = browse(patient)
    answers = [
        Client().post("/accounts/login/", {"login": patient.email, "password": PASSWORD, "next": target}),
        signed_in.post("/me/language/", {"language": "en", "next": target}),
        signed_in.post("/me/consent/", {"version": "1", "agree": "on", "next": target}),
        signed_in.post("/me/language/", {"language": "en"}, headers={"Referer": target}),
        signed_in.post("/accounts/logout/", {"next": target}),
    ]
    for answer in answers:
        assert "evil" not in answer.get("Location", "")
        assert "alert" not in answer.get("Location", "")


def test_the_host_that_a_client_claims_gets_into_no_mail(patient: User, mailoutbox: list[Any]) -> None:
    for header in ({"HTTP_HOST": "evil.example"}, {"HTTP_X_FORWARDED_HOST": "evil.example"}):
        Client().post("/accounts/password/reset/", {"email": patient.email}, **header)
    assert "evil" not in "".join(str(message.message()) for message in mailoutbox)


# --- requests to other machines
def test_no_code_that_serves_people_can_ask_another_machine() -> None:
    """The portal fetches nothing by an address that somebody gave: what could is imported nowhere in it."""
    could = {"httpx", "requests", "urllib.request", "urllib3", "http.client", "aiohttp", "ftplib", "socket", "pycurl"}
    found = {}
    for path in [*ROOT.glob("portal/**/*.py"), *ROOT.glob("inference/**/*.py")]:
        names = imports(path)
        if names & could:
            found[str(path.relative_to(ROOT))] = names & could
    assert found == {}


# --- XML
BOMB = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><x>&b;</x>'
OUTSIDE = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'


@pytest.mark.parametrize("data", [BOMB, OUTSIDE])
@pytest.mark.parametrize("kind", ["application/xml", "text/xml", "image/svg+xml"])
def test_xml_is_read_nowhere(data: bytes, kind: str, browse: Any, patient: User) -> None:
    for path in ("/api/v1/token/", "/api/v1/me/", "/api/v1/analyses/"):
        method = Client().post if path.endswith("token/") else browse(patient).patch if path.endswith("me/") else browse(patient).post
        answer = method(path, data, content_type=kind)
        assert answer.status_code in (400, 415)
        assert b"root:" not in answer.content


def imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {str(node.module)} | {f"{node.module}.{name.name}" for name in node.names}
    return names


def test_nothing_of_ours_parses_xml_or_yaml_or_unpickles() -> None:
    risky = {"xml", "lxml", "pickle", "yaml", "marshal", "shelve", "dill"}
    found = {}
    for path in [*ROOT.glob("portal/**/*.py"), *ROOT.glob("inference/**/*.py"), *ROOT.glob("medinform/**/*.py")]:
        risks = {name for name in imports(path) if name.split(".")[0] in risky}
        if risks:
            found[str(path.relative_to(ROOT))] = risks
    charts = found.pop("inference/charts.py")  # writes SVG, and reads none
    assert charts == {"xml.etree", "xml.etree.ElementTree"}
    assert not re.search(r"fromstring|parse\(|XML\(", (ROOT / "inference/charts.py").read_text())
    assert found == {}


def xmp(data: bytes, text: bytes) -> bytes:
    """A PNG with a chunk of XML (XMP), as a camera writes it."""
    body = b"iTXt" + b"XML:com.adobe.xmp\0\0\0\0\0" + text
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return data[:33] + chunk + data[33:]


def test_xml_inside_a_picture_is_neither_read_nor_kept(browse: Any, patient: User, malaria: Any) -> None:
    answer = browse(patient).post("/api/v1/analyses/", {"disease": "malaria", "file": as_upload(xmp(drawn_cell(6), OUTSIDE), "x.png")})
    assert answer.status_code in (200, 201, 202)
    kept = Scan.objects.get().file.read()
    assert b"ENTITY" not in kept
    assert b"root:" not in kept


# --- archives
def bomb(name: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, b"\0" * 2**20)
    return made.getvalue()


@pytest.mark.parametrize("name", ["../../escaped.png", "/tmp/escaped.png", "cell.png"])
def test_an_archive_is_not_unpacked(name: str, browse: Any, patient: User, malaria: Any, unverified: User, settings: Any) -> None:
    for user, path, more in ((patient, "/api/v1/analyses/", {"disease": "malaria"}), (unverified, "/me/documents/", {"title": "x"})):
        answer = browse(user).post(path, {**more, "file": as_upload(bomb(name), "x.zip")})
        assert answer.status_code in (302, 400, 415)
    assert not [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def test_a_packed_request_is_not_unpacked(browse: Any, patient: User) -> None:
    """A body that says it is gzip would be a bomb if somebody unpacked it."""
    packed = zlib.compress(b" " * 10**7 + b"{}")
    answer = browse(patient).patch("/api/v1/me/", packed, content_type="application/json", HTTP_CONTENT_ENCODING="gzip")
    assert answer.status_code == 400


def a_png(width: int, height: int, data: bytes) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


@pytest.mark.parametrize("size", [(100_000, 100_000), (2**31 - 1, 1), (30_000, 30_000)])
def test_a_picture_that_would_be_huge_is_refused_before_it_is_made(size: tuple[int, int], browse: Any, patient: User, malaria: Any) -> None:
    sent = {"disease": "malaria", "file": as_upload(a_png(*size, b"\0" * 10**6), "bomb.png")}
    answer = browse(patient).post("/api/v1/analyses/", sent)
    assert answer.status_code in (400, 413)
    assert not Scan.objects.exists()


def test_names_in_the_copy_of_ones_data_stay_in_their_folder(patient: User, answered: Any) -> None:
    """Somebody may call themselves, or their child, whatever they like: no name of theirs is a path in the archive."""
    patient.name = "../../../etc/cron.d/x"
    patient.save()
    answered(patient)
    copied = archive.copy_everything(patient)
    with zipfile.ZipFile(io.BytesIO(b"".join(copied))) as file:
        names = file.namelist()
    assert len(names) > 2
    for name in [*names, copied.name]:
        assert not name.startswith("/")
        assert ".." not in Path(name).parts
        assert "cron" not in name


# --- paths and filters
WRONG = ["../../etc/passwd", "..%2f..%2fetc%2fpasswd", "' OR 1=1 --", "{{7*7}}", "\u0000", "9" * 400, "-1", "💥" * 50]
FIELDS = ["disease", "status", "cursor", "page_size", "ordering", "search", "urgency", "state", "queued_after", "q"]
PAGE_FIELDS = ["page", "before", "own", "urgency", "disease", "next", "q", "sort"]


@pytest.mark.parametrize("said", WRONG)
def test_a_filter_or_an_address_with_an_attack_in_it_is_a_plain_refusal(said: str, browse: Any, patient: User, practitioner: User) -> None:
    """Never a server error, and never a word of a file or of the database."""
    reader, owner = browse(practitioner), browse(patient)
    lists = ["scans", "analyses", "reviews", "questions", "notifications", "critical-notices", "model-versions", "me/tokens"]
    asked = [(f"/api/v1/{name}/", dict.fromkeys(FIELDS, said)) for name in lists]
    asked += [(f"/api/v1/{name}/", {field: said}) for name in ("analyses", "reviews") for field in FIELDS]
    asked += [(path, dict.fromkeys(PAGE_FIELDS, said)) for path in ("/analyses/", "/notifications/", "/me/data/looks/", "/questions/")]
    asked += [("/reviews/", {field: said}) for field in PAGE_FIELDS]
    for path, query in asked:
        answer = reader.get(path, query)
        assert answer.status_code in (200, 302, 400, 403, 404), (path, query)
        assert b"root:" not in answer.content
    for path in ("scans", "analyses", "reviews", "analyses/new", "analyses/models/malaria", "api/v1/uploads", "me/documents"):
        assert owner.get(f"/{path}/{said}/").status_code in (301, 302, 400, 404), path


@pytest.mark.parametrize("disease", ["../malaria", "malaria/../../x", "..", "/etc"])
def test_a_disease_is_one_of_the_catalogue_and_not_a_folder(disease: str, browse: Any, patient: User, malaria: Any) -> None:
    answer = browse(patient).post("/api/v1/analyses/", {"disease": disease, "file": as_upload(drawn_cell(7))})
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "disease"


def test_an_upload_in_pieces_is_named_by_nobody(browse: Any, patient: User, settings: Any) -> None:
    """tus clients may send a file name along: it is not used."""
    said = {"HTTP_TUS_RESUMABLE": "1.0.0", "HTTP_UPLOAD_LENGTH": "4", "HTTP_UPLOAD_METADATA": "filename Li4vLi4vZXRjL3Bhc3N3ZA=="}
    client = browse(patient)
    where = client.post("/api/v1/uploads/", content_type="application/offset+octet-stream", **said)["Location"]
    first = {"HTTP_TUS_RESUMABLE": "1.0.0", "HTTP_UPLOAD_OFFSET": "0"}
    assert client.patch(where, b"\x89PNG", content_type="application/offset+octet-stream", **first).status_code == 204
    [file] = [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]
    assert file.parent.parent == Path(settings.MEDIA_ROOT) / "uploads"
    assert file.parent.name in where.replace("-", "")
    assert file.name.isdigit()


def test_a_very_deep_document_is_refused(browse: Any, patient: User) -> None:
    deep = "[" * 100_000 + "]" * 100_000
    answer = browse(patient).patch("/api/v1/me/", deep, content_type="application/json")
    assert answer.status_code == 400
    assert json.loads(answer.content)["status"] == 400
