"""Private files leave as what the portal knows them to be, and never as something that a browser runs."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from portal.accounts.models import PractitionerDocument, User
from portal.accounts.services import add_document
from portal.analyses.models import Analysis
from tests.conftest import as_upload, drawn_cell
from tests.portal.access_walk import client_of

HTML = b"<!doctype html><script>alert(document.cookie)</script>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


def files_of(analysis: Analysis, document: PractitionerDocument) -> dict[str, tuple[str, str]]:
    """Address and type of every private file that a view sends, by the name of its route."""
    said: dict[str, tuple[Any, str]] = {
        "scans:image": (analysis.scan_id, "image/png"),
        "scans:preview": (analysis.scan_id, "image/png"),
        "scans:thumbnail": (analysis.scan_id, "image/jpeg"),
        "analyses:heatmap": (analysis.pk, "image/png"),
        "accounts:document": (document.pk, "application/pdf"),
        "v1:scan-image": (analysis.scan_id, "image/png"),
        "v1:scan-thumbnail": (analysis.scan_id, "image/jpeg"),
        "v1:analysis-heatmap": (analysis.pk, "image/png"),
    }
    return {name: (reverse(name, args=[key]), kind) for name, (key, kind) in said.items()}


@pytest.fixture
def document(unverified: User) -> PractitionerDocument:
    return add_document(profile=unverified.practitioner_profile, title="Licence", data=b"%PDF-1.7 " + HTML)


@pytest.fixture
def files(answered: Callable[..., Analysis], patient: User, document: PractitionerDocument) -> dict[str, tuple[str, str]]:
    return files_of(answered(patient), document)


def test_every_private_file_has_a_fixed_type_and_can_not_run(files: dict[str, tuple[str, str]], administrator: User) -> None:
    for name, (path, kind) in files.items():
        answer = client_of(name, administrator).get(path)
        assert answer.status_code == 200, name
        assert answer["Content-Type"] == kind, name
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer["Cache-Control"].startswith("private")
        assert answer["Content-Disposition"].startswith("attachment" if kind == "application/pdf" else "inline")


def test_nginx_sends_the_bytes_where_that_is_set_and_only_to_who_may(
    files: dict[str, tuple[str, str]], settings: Any, patient: User, other_patient: User, document: PractitionerDocument
) -> None:
    settings.X_ACCEL_PREFIX = "/private/"
    path, kind = files["scans:image"]
    answer = client_of("scans:image", patient).get(path)
    assert re.fullmatch(r"/private/scans/[0-9a-f]{2}/[0-9a-f]{32}\.png", answer["X-Accel-Redirect"])
    assert (answer.content, answer["Content-Type"]) == (b"", kind)
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    refused = client_of("scans:image", other_patient).get(path)
    assert refused.status_code == 404
    assert "X-Accel-Redirect" not in refused
    assert (Path(settings.MEDIA_ROOT) / answer["X-Accel-Redirect"].removeprefix("/private/")).is_file()


def test_no_folder_of_files_has_an_address(files: dict[str, tuple[str, str]], patient: User, browse: Any) -> None:
    from portal.scans.models import Scan

    name = Scan.objects.get().file.name
    for prefix in ("/media/", "/private/", "/static/", "/"):
        for path in (name, f"../{name}", f"..%2f{name}", f"%2e%2e/media/{name}"):
            assert browse(patient).get(f"{prefix}{path}").status_code in (301, 302, 404)


@pytest.mark.parametrize("data", [HTML, SVG, b"GIF89a" + HTML, b"PK\x03\x04" + HTML, b"\xff\xd8\xff" + HTML, b"\x89PNG\r\n\x1a\n" + HTML])
@pytest.mark.parametrize("name", ["cell.png", "x.html", "x.svg", "../../../etc/passwd", "a\x00b.png", "x" * 300 + ".png"])
def test_what_is_no_picture_is_not_kept(data: bytes, name: str, browse: Any, patient: User, malaria: Any, settings: Any) -> None:
    answer = browse(patient).post("/api/v1/analyses/", {"disease": "malaria", "file": as_upload(data, name)})
    assert answer.status_code in (400, 415)
    assert not [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def test_a_page_hidden_behind_a_picture_is_left_behind(browse: Any, patient: User, malaria: Any, administrator: User) -> None:
    """A file that is both: what follows the picture, and its comments, are not part of it."""
    from portal.scans.models import Scan

    sent = {"disease": "malaria", "file": as_upload(drawn_cell(5) + HTML, "x.html")}
    assert browse(patient).post("/api/v1/analyses/", sent).status_code in (200, 201, 202)
    kept = Scan.objects.get()
    assert b"<script>" not in kept.file.read()
    assert kept.file.name.endswith(".png")


@pytest.mark.parametrize("name", ["../../etc/passwd", "..\\..\\x.pdf", "/etc/passwd", "x.html", "x.php\x00.pdf", "%2e%2e%2fx.pdf"])
def test_a_documents_name_is_never_used(name: str, browse: Any, unverified: User, settings: Any) -> None:
    browse(unverified).post("/me/documents/", {"title": name, "file": as_upload(b"%PDF-1.7 drawn", name)})
    found = [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]
    assert all(re.fullmatch(r"documents/[0-9a-f]{32}\.pdf", str(path.relative_to(settings.MEDIA_ROOT))) for path in found)


def test_a_title_is_words_and_not_a_page(browse: Any, unverified: User, administrator: User) -> None:
    browse(unverified).post("/me/documents/", {"title": "<script>alert(1)</script>", "file": as_upload(b"%PDF-1.7 drawn", "x.pdf")})
    for user, path in ((unverified, "/me/"), (administrator, "/admin/accounts/practitionerprofile/")):
        page = browse(user).get(path).content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert" in page
