"""Intake: check the bytes, cut out identity, keep the file."""

import hashlib
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from django.core.files.base import ContentFile
from django.db import transaction

from inference import imaging
from portal.accounts.models import Dependant
from portal.audit.services import record

from . import identity
from .models import Scan

THUMBNAIL_SIDE = 320
PREVIEW_SIDE = 1280  # twice the width at which a result shows its picture


@dataclass(frozen=True)
class Prepared:
    """A checked file, ready to be kept: everything that needs no database."""

    source_sha256: str
    picture: imaging.Picture
    stripped: bytes
    thumbnail: bytes


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def prepare(data: bytes) -> Prepared:
    """Decode and strip. Raises inference.imaging.ImageRejected with a code and a sentence for whatever is wrong with the file.

    Both are decoded as the model will see them: every byte of a large picture is read, but not every pixel of it made.
    """
    picture = imaging.decode(data)
    try:
        stripped = identity.strip(data, format=picture.format, orientation=picture.orientation)
        same = bool((imaging.decode(stripped).pixels == picture.pixels).all())
    except identity.NotStrippable as error:
        raise imaging.ImageRejected("truncated") from error
    if not same:  # never keep a picture that reads otherwise than the one that was sent
        raise imaging.ImageRejected("corrupt")
    return Prepared(source_sha256=digest(data), picture=picture, stripped=stripped, thumbnail=_thumbnail(picture))


def _thumbnail(picture: imaging.Picture) -> bytes:
    height, width = picture.pixels.shape[:2]
    scale = min(1.0, THUMBNAIL_SIDE / max(width, height))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return _jpeg(cv2.resize(picture.pixels, size, interpolation=cv2.INTER_AREA))


def _jpeg(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()


def preview(scan: Scan) -> bytes | None:
    """A JPEG whose longer side is PREVIEW_SIDE pixels, for a page that shows the picture no larger; none if it is that small already."""
    if max(scan.width, scan.height) <= PREVIEW_SIDE:
        return None
    with scan.file.open("rb") as file:
        return _jpeg(imaging.decode(file.read(), longest=PREVIEW_SIDE).pixels)


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
        format=prepared.picture.format,
        width=prepared.picture.width,
        height=prepared.picture.height,
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
