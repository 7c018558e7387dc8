"""A copy of everything, as a zip that is written while it is sent.

Nothing is kept: no file with a whole record in it lies anywhere, nothing has to be deleted afterwards, and what is sent is as fresh as the
moment. Pictures go through in pieces and rows in batches, so that hundreds of scans need no more memory than one.
"""

import json
import secrets
import zipfile
from collections.abc import Iterable, Iterator
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from zipstream import ZipStream

from portal.accounts.languages import language_of
from portal.accounts.models import User
from portal.analyses.models import Analysis
from portal.audit.services import record
from portal.notifications.models import Notification
from portal.notifications.services import notify
from portal.scans.models import Scan

from . import collect

SENDING_SECONDS = 600  # a sender that has not come on for so long is gone
HOUR = 3600


class CopyRefused(Exception):
    """Not now. `code` is for programs, `message` for people."""

    def __init__(self, code: str, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.code, self.message, self.retry_after = code, message, retry_after


class Copy:
    """The chunks of one person's zip, in their language. Whoever iterates also closes it: then the next copy may be asked for."""

    def __init__(self, user: User, lock: str) -> None:
        self.user, self._lock, self._token = user, lock, secrets.token_hex(8)
        self._language = language_of(user) or translation.get_language()
        self.name = f"medinform-{timezone.localdate():%Y-%m-%d}.zip"

    def take(self) -> bool:
        return bool(cache.add(self._lock, self._token, SENDING_SECONDS))

    def __iter__(self) -> Iterator[bytes]:
        zipped = ZipStream()
        for name, data in _parts(self.user, self._language):
            stored = name.startswith(("images/", "heatmaps/", "documents/"))  # they are compressed already
            zipped.add(data, name, compress_type=zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED)
            yield from zipped.all_files()
            cache.touch(self._lock, SENDING_SECONDS)
        yield from zipped.finalize()

    def close(self) -> None:
        if cache.get(self._lock) == self._token:  # not that of a later one, should this one have been given up for lost
            cache.delete(self._lock)


def copy_everything(user: User) -> Copy:
    """Begin a copy: one at a time, and a few an hour. The person is told, by e-mail too. Raises CopyRefused."""
    copy = Copy(user, f"copy:{user.pk}")
    if not copy.take():
        raise CopyRefused("copy_in_progress", _("A copy is being sent already. Wait until it has arrived."), 60)
    try:
        _count(user)
        with transaction.atomic():
            event = record("record.copied", user, actor=user, patient=user)
            notify(user=user, kind=Notification.Kind.COPIED, subject_id=event.pk, url=reverse("records:index"))
    except BaseException:
        copy.close()
        raise
    return copy


def _count(user: User) -> None:
    key = f"copies:{user.pk}"
    cache.add(key, 0, HOUR)
    if cache.incr(key) > settings.COPIES_AN_HOUR:
        words = _("At most {most} copies are made an hour. Try again later.").format(most=settings.COPIES_AN_HOUR)
        raise CopyRefused("too_many_copies", words, HOUR)


def _parts(user: User, language: str) -> Iterator[tuple[str, Any]]:
    """Every file of the zip: its name, and its text or its chunks."""
    about = {"user": user, "made_at": timezone.now()}
    yield "README.txt", _page(language, "readme.txt", about)
    yield "index.html", _page(language, "index.html", {**about, "analyses": _listed(user)})
    yield "data.json", _json(collect.everything(user))
    for scan in Scan.objects.filter(patient=user).iterator(collect.BATCH):
        yield from _file(collect.image_name(scan), scan.file)
    for analysis in collect.analyses_of(user).iterator(collect.BATCH):
        if analysis.heatmap:
            yield from _file(collect.heatmap_name(analysis), analysis.heatmap)
        yield collect.report_name(analysis), _page(language, "report.html", {**about, **_report(analysis)})
    for document in collect.documents_of(user):
        yield from _file(collect.document_name(document), document.file)


def _page(language: str, name: str, context: dict[str, Any]) -> str:
    """Each by itself: between two pieces, this thread may serve somebody who reads another language."""
    with translation.override(language):
        return render_to_string(f"records/archive/{name}", context)


def _listed(user: User) -> Iterator[tuple[Analysis, str]]:
    for analysis in collect.analyses_of(user).iterator(collect.BATCH):
        yield analysis, collect.report_name(analysis)


def _report(analysis: Analysis) -> dict[str, Any]:
    review = getattr(analysis, "review", None)
    return {
        "analysis": analysis,
        "disease": analysis.catalogue,
        "index": "../index.html",
        "image": collect.image_name(analysis.scan),
        "heatmap": collect.heatmap_name(analysis) if analysis.heatmap else "",
        "review": review,
        "questions": list(review.questions.all())[::-1] if review is not None else [],
        "opinion": review.final if review is not None and review.signed_at else None,
    }


def _file(name: str, file: Any) -> Iterator[tuple[str, Iterable[bytes]]]:
    """One that is gone, whatever became of it, does not keep the rest from its owner."""
    if file.storage.exists(file.name):
        yield name, _chunks(file)


def _chunks(file: Any) -> Iterator[bytes]:
    with file.open("rb") as opened:
        yield from opened.chunks()


def _json(sections: dict[str, Any]) -> Iterator[bytes]:
    """An object of sections, written as it is read: an iterator becomes a list of one row a line."""
    start = "{\n"
    for name, value in sections.items():
        yield f"{start}{json.dumps(name)}: ".encode()
        yield from _list(value) if isinstance(value, Iterator) else [_dump(value)]
        start = ",\n"
    yield b"\n}\n"


def _list(rows: Iterator[Any]) -> Iterator[bytes]:
    yield b"["
    for number, row in enumerate(rows):
        yield (b",\n  " if number else b"\n  ") + _dump(row)
    yield b"\n]"


def _dump(value: Any) -> bytes:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False).encode()
