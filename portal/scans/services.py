"""Intake: check the bytes, cut out identity, keep the file."""

import hashlib
from dataclasses import dataclass
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction

from portal.accounts.models import Dependant
from portal.audit.services import record

from . import sandbox
from .decoder import PREVIEW_SIDE
from .models import Scan


@dataclass(frozen=True)
class Prepared:
    """A checked file, ready to be kept: everything that needs no database. Width and height are upright."""

    source_sha256: str
    format: str
    width: int
    height: int
    stripped: bytes
    thumbnail: bytes


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def prepare(data: bytes) -> Prepared:
    """Decode and strip. Raises inference.imaging.ImageRejected with a code and a sentence for whatever is wrong with the file."""
    about, (stripped, thumbnail) = sandbox.ask("prepare", data)
    return Prepared(digest(data), about["format"], about["width"], about["height"], stripped, thumbnail)


def preview(scan: Scan) -> bytes | None:
    """A JPEG for a page that shows the picture no larger than PREVIEW_SIDE; none if it is that small already."""
    if max(scan.width, scan.height) <= PREVIEW_SIDE:
        return None
    with scan.file.open("rb") as file:
        return sandbox.ask("preview", file.read())[1][0]


def store(
    *, patient: Any, prepared: Prepared, synthetic: bool = False, dependant: Dependant | None = None, laterality: str = ""
) -> tuple[Scan, bool]:
    """Keep a checked file as the patient's scan. Call inside a transaction; the files go away again if it rolls back.

    The same bytes from the same patient give the scan that is there already. `laterality` is of DICOM's codes, or empty where it is not
    known. Returns the scan and whether it is new.
    """
    existing = Scan.objects.filter(patient=patient, source_sha256=prepared.source_sha256).first()
    if existing is not None:
        return existing, False
    scan = Scan(
        patient=patient,
        format=prepared.format,
        width=prepared.width,
        height=prepared.height,
        size=len(prepared.stripped),
        source_sha256=prepared.source_sha256,
        sha256=digest(prepared.stripped),
        synthetic=synthetic,
        dependant=dependant,
        laterality=laterality,
    )
    try:
        scan.file.save("", ContentFile(prepared.stripped), save=False)
        scan.thumbnail.save("", ContentFile(prepared.thumbnail), save=False)
        with transaction.atomic():
            scan.save(force_insert=True)
            record("scan.stored", scan, actor=patient, patient=patient, sha256=scan.sha256)
    except BaseException:
        discard_files(scan)
        raise
    return scan, True


def name_side(*, scan: Scan, laterality: str, by: Any) -> bool:
    """Say which of two a scan shows, where nobody had said it before; what was said is not overwritten. True if it was written now."""
    with transaction.atomic():
        if not Scan.objects.filter(pk=scan.pk, laterality="").update(laterality=laterality):
            return False
        scan.laterality = laterality
        record("scan.side_named", scan, actor=by, patient=scan.patient, laterality=laterality)
    return True


def correct_side(*, scan: Scan, laterality: str, by: Any) -> bool:
    """Say otherwise which of two a scan shows, while no practitioner has begun to read it. True if it was written now."""
    with transaction.atomic():
        before = scan.laterality
        if not Scan.objects.unread().filter(pk=scan.pk, laterality=before).update(laterality=laterality):
            return False
        scan.laterality = laterality
        record("scan.side_corrected", scan, actor=by, patient=scan.patient, before=before, laterality=laterality)
    return True


def discard_files(scan: Scan) -> None:
    """Remove what was written for a scan whose row did not come to be."""
    for file in (scan.file, scan.thumbnail):
        if file.name:
            file.storage.delete(file.name)
