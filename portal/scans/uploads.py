"""Files that come in pieces, so that a lost connection costs a piece and not the whole: what tus 1.0 asks of a server.

https://tus.io/protocols/resumable-upload (core, creation, expiration, termination).
"""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from inference.imaging import MAX_BYTES, ImageRejected
from medinform.storage import chain, media
from portal.accounts.services import require_consent
from portal.audit.services import record

from .models import Upload, upload_path

MOST = 50  # of one person's at a time: a camp's morning, and no more disk than 1 GB


class UploadError(Exception):
    """What a client can put right. `code` is for programs, `message` for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def begin(*, owner: Any, length: int) -> Upload:
    """Announce a file of so many bytes. Raises ConsentRequired, ImageRejected (empty_file, too_large) or UploadError."""
    require_consent(owner)
    if length > MAX_BYTES:
        raise ImageRejected("too_large")
    if length == 0:
        raise ImageRejected("empty_file")
    if Upload.objects.filter(owner=owner).count() >= MOST:
        raise UploadError(
            "too_many_uploads", _("{most} files are on their way already. Finish those first, or wait a day.").format(most=MOST)
        )
    upload = Upload(owner=owner, length=length)
    upload.file = upload_path(upload, "")  # nothing of it lies there before its first piece does
    with transaction.atomic():
        upload.save(force_insert=True)
        record("upload.begun", upload, actor=owner, patient=owner, length=length)
    return upload


def append(*, upload: Upload, offset: int, data: bytes) -> Upload:
    """Add the bytes that begin at `offset`, which has to be where the last ones ended. Raises UploadError."""
    with transaction.atomic():
        upload = Upload.objects.select_for_update().get(pk=upload.pk)
        if offset != upload.offset:
            raise UploadError("wrong_offset", _("{offset} bytes are here: go on from there.").format(offset=upload.offset))
        if offset + len(data) > upload.length:
            raise UploadError("too_long", _("More bytes came than the {length} that were announced.").format(length=upload.length))
        if data:
            media().append(str(upload.file.name), offset, data)
            upload.offset += len(data)
            upload.sha256 = chain(upload.sha256, data)
            upload.save(update_fields=["offset", "sha256"])
    return upload


def find(*, owner: Any, pk: Any) -> Upload:
    """One's own upload, complete. Raises UploadError."""
    try:
        upload = Upload.objects.visible_to(owner).filter(pk=pk).first()
    except ValidationError:  # not an id at all
        upload = None
    if upload is None:
        raise UploadError("upload_unknown", _("This file is not here any more. Please send it again."))
    if not upload.is_complete:
        told = _("Only {offset} of {length} bytes of this file are here. Send the rest first.")
        raise UploadError("upload_incomplete", told.format(offset=upload.offset, length=upload.length))
    return upload


def discard(upload: Upload) -> None:
    """Throw it away: it became a scan, is of no use, or is not wanted."""
    storage, name = upload.file.storage, str(upload.file.name)
    upload.delete()
    transaction.on_commit(lambda: storage.delete(name))


@transaction.atomic
def throw_away(upload: Upload) -> None:
    """By its owner, who does not want it."""
    record("upload.discarded", upload, actor=upload.owner, patient=upload.owner)
    discard(upload)


def discard_expired() -> int:
    """Throw away what nobody came back for."""
    expired = list(Upload.objects.filter(begun_at__lt=timezone.now() - timedelta(hours=settings.UPLOAD_HOURS)))
    for upload in expired:
        discard(upload)
    return len(expired)
