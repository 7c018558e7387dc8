"""Files are there whole or not at all, and what is wrong with them is found."""

import io
import os
import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command

from medinform.storage import HELD, Busy, media
from portal.accounts.models import PractitionerDocument, User
from portal.accounts.services import add_document
from portal.analyses.models import Analysis
from portal.scans import uploads
from portal.scans.models import Scan, Upload
from portal.storage import integrity
from tests.conftest import drawn_cell

Answered = Callable[..., Analysis]


@pytest.fixture
def full(patient: User, practitioner: User, answered: Answered) -> Analysis:
    """A file of each kind: scan, thumbnail, heat-map, a practitioner's document, and one on its way in three pieces."""
    add_document(profile=practitioner.practitioner_profile, title="Licence", data=b"%PDF-1.7 licence")
    upload = uploads.begin(owner=patient, length=12)
    for offset in (0, 4):
        upload = uploads.append(upload=upload, offset=offset, data=b"0123456789"[offset : offset + 4])
    return answered(patient)


def told() -> str:
    """What the command says; it has to find something."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(CommandError):
        call_command("verify_storage", "--older-than", "0", stdout=out, stderr=err)
    return err.getvalue() + out.getvalue()


def test_whole_files_are_found_whole(full: Analysis) -> None:
    out = io.StringIO()
    call_command("verify_storage", "--older-than", "0", stdout=out)
    assert out.getvalue().startswith("5 whole, 0 without a checksum, 0 missing, 0 damaged, 0 orphans")


@pytest.mark.parametrize(
    ("model", "name"), [(Scan, "file"), (Scan, "thumbnail"), (Analysis, "heatmap"), (PractitionerDocument, "file"), (Upload, "file")]
)
def test_a_flipped_bit_and_a_missing_file_are_found(full: Analysis, model: Any, name: str) -> None:
    file = getattr(model.objects.get(), name)
    path = Path(media().path(file.name))
    path = sorted(path.glob("[0-9]*"))[-1] if path.is_dir() else path
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert f"damaged: {model._meta.label}" in told()
    path.unlink()
    assert "0 damaged" in told() or model is Upload  # of a file in pieces the others are still there: it is damaged
    assert file.name in told()


def test_orphans_are_found_and_deleted_when_they_are_old_enough(full: Analysis) -> None:
    for name in ("scans/aa/left.png", "uploads/0123abcd/000000000000", "heatmaps/aa/.new-abc"):
        media().write(name, [b"left by a process that died"])
    assert "3 orphans" in told()
    assert integrity.discard_orphans(older_than=60) == []  # too young: their row may be on its way
    assert len(integrity.discard_orphans(older_than=0)) == 3
    assert integrity.verify().checked == 5
    call_command("verify_storage", "--older-than", "0")


def test_a_disk_that_is_full_leaves_nothing(tmp_path: Path, settings: Any) -> None:
    """The kernel refuses to write more than 4,096 bytes into a file: in a child of its own, which the limit ends with."""
    media().write("scans/aa/there", [b"old"])
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        try:
            media().write("scans/aa/there", [b"x" * 10_000])
        except OSError:
            os._exit(0)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert [found.name for found in media().walk()] == ["scans/aa/there"]
    with media().open("scans/aa/there") as file:
        assert file.read() == b"old"


def test_a_file_in_pieces_reads_as_one_and_a_piece_sent_again_replaces_the_first_try(patient: User) -> None:
    upload = uploads.begin(owner=patient, length=9)
    media().append(str(upload.file.name), 0, b"a try that was not counted, and longer")
    for offset in (0, 3, 6):
        upload = uploads.append(upload=upload, offset=offset, data=b"abcdefghi"[offset : offset + 3])
    assert upload.file.size == 9
    with upload.file.open() as file:
        assert file.read() == b"abcdefghi"
    assert not integrity.verify().damaged


def test_what_is_deleted_during_a_backup_can_be_read_until_it_ends() -> None:
    name = media().save("scans/aa/one.png", ContentFile(b"one"))
    with media().holding():
        media().delete(name)
        with media().open(name) as file:
            assert file.read() == b"one"
        with pytest.raises(Busy), media().holding():
            pass
    assert not media().exists(name)
    assert not (media().root / HELD).exists()


def test_what_a_backup_held_that_died_is_deleted_with_the_orphans(db: None) -> None:
    name = media().save("scans/aa/one.png", ContentFile(b"one"))
    (media().root / HELD).mkdir()
    media().delete(name)
    integrity.discard_orphans(older_than=0)
    assert not (media().root / HELD).exists()


def test_a_damaged_scan_is_not_analysed(patient: User, malaria: Any) -> None:
    from portal.analyses import services, worker

    analysis = services.submit(patient=patient, data=drawn_cell(5), disease="malaria").analysis
    path = Path(media().path(analysis.scan.file.name))
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    worker.execute(str(analysis.pk), worker="test")
    assert Analysis.objects.get(pk=analysis.pk).status == "failed"
