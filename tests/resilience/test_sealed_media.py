"""With MEDIA_KEYS no picture lies readable on the disk, and everything goes on as without."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client
from rest_framework.test import APIClient

import samples
from inference import imaging
from medinform import sealing
from medinform.storage import media
from portal.accounts.models import User
from portal.accounts.services import add_document
from portal.analyses import worker
from portal.analyses.models import Analysis, ModelVersion
from portal.scans import uploads
from portal.storage import integrity, restore
from portal.storage.backup import back_up

OLD, NEW = sealing.new_key(), sealing.new_key()
Api = Callable[[User | None], APIClient]
Browse = Callable[[User | None], Client]


def on_disk() -> list[bytes]:
    return [(media().root / found.name).read_bytes() for found in media().walk() if not found.name.startswith("uploads/")]


def large() -> bytes:
    """Wider than a preview, so that one is made."""
    import cv2

    pixels = imaging.decode(samples.draw("malaria", "parasitized", 3)).pixels[..., ::-1]
    return cv2.imencode(".jpg", cv2.resize(pixels, (1500, 1500), interpolation=cv2.INTER_CUBIC))[1].tobytes()


@pytest.fixture
def sealed(settings: Any, api: Api, patient: User, practitioner: User, malaria: ModelVersion) -> Analysis:
    """Uploaded through the API and answered by the worker's own code, under the old key; beside it a document and a half upload."""
    settings.MEDIA_KEYS = [OLD]
    sent = {"file": SimpleUploadedFile("a.jpg", large()), "disease": "malaria"}
    pk = api(patient).post("/api/v1/analyses/", sent, format="multipart").json()["id"]
    worker.execute(pk, worker="test")
    add_document(profile=practitioner.practitioner_profile, title="Licence", data=b"%PDF-1.7 licence")
    upload = uploads.begin(owner=patient, length=9)
    for offset in (0, 4):
        upload = uploads.append(upload=upload, offset=offset, data=b"half a"[offset : offset + 4])
    found = Analysis.objects.get(pk=pk)
    assert found.status == "done"
    return found


def test_nothing_on_the_disk_can_be_read_without_the_key(sealed: Analysis, settings: Any) -> None:
    assert len(on_disk()) == 4
    assert all(data.startswith(sealing.MAGIC) for data in on_disk())
    settings.MEDIA_KEYS = [NEW]
    with pytest.raises(sealing.SealError):
        media().open(str(sealed.scan.file.name))
    assert len(integrity.verify().damaged) == 5


def test_pages_send_every_picture_as_it_was(sealed: Analysis, browse: Browse, patient: User) -> None:
    client = browse(patient)
    for kind, start in (("image", b"\xff\xd8"), ("preview", b"\xff\xd8"), ("thumbnail", b"\xff\xd8")):
        answer = client.get(f"/scans/{sealed.scan_id}/{kind}/")
        body = b"".join(answer) if answer.streaming else answer.content
        assert (answer.status_code, body[:2]) == (200, start)
        imaging.decode(body)
    heatmap = client.get(f"/analyses/{sealed.pk}/heatmap/")
    assert b"".join(heatmap)[:8] == b"\x89PNG\r\n\x1a\n"
    assert int(heatmap["Content-Length"]) == media().size(str(sealed.heatmap.name))


def test_verify_storage_reads_through_the_seal(sealed: Analysis) -> None:
    out = io.StringIO()
    call_command("verify_storage", "--older-than", "0", stdout=out)
    assert out.getvalue().startswith("5 whole, 0 without a checksum, 0 missing, 0 damaged, 0 orphans")


def test_a_key_is_rotated_and_the_seal_taken_off(sealed: Analysis, settings: Any) -> None:
    settings.MEDIA_KEYS = [NEW]
    with pytest.raises(CommandError):  # without the old key nothing is written anew, and nothing is harmed
        call_command("rotate_media_key", stdout=io.StringIO(), stderr=io.StringIO())
    for keys, expected in (([NEW, OLD], 6), ([NEW, OLD], 0), ([sealing.PLAIN, NEW], 6)):
        settings.MEDIA_KEYS, out = keys, io.StringIO()
        call_command("rotate_media_key", stdout=out)
        assert out.getvalue() == f"5 files, {expected} written anew\n"
        settings.MEDIA_KEYS = keys[:1]
        assert integrity.verify().checked == 5
    assert not any(data.startswith(sealing.MAGIC) for data in on_disk())


@pytest.mark.django_db(transaction=True)
def test_at_once_a_backup_holds_them_unsealed_under_its_own_key(as_migrated: None, sealed: Analysis) -> None:
    out, key = io.BytesIO(), sealing.key(NEW)
    done = back_up(out, key)
    assert (done.files, done.faulty) == (5, [])
    out.seek(0)
    assert restore.check(out, key).files == 5
    out.seek(0)
    with pytest.raises(restore.NotRestorable, match="a key that is not given"):
        restore.check(out, sealing.key(OLD))
    with pytest.raises(restore.NotRestorable, match="cut off"):
        restore.check(io.BytesIO(out.getvalue()[:-20]), key)


@pytest.mark.django_db(transaction=True)
def test_at_once_a_backup_tells_what_it_could_not_keep(as_migrated: None, sealed: Analysis) -> None:
    media().delete(str(sealed.heatmap.name))
    media().write(str(sealed.scan.thumbnail.name), [b"other"])
    faulty = back_up(io.BytesIO(), sealing.key(NEW)).faulty
    assert len(faulty) == 2
    assert any("heatmaps/" in line for line in faulty)
