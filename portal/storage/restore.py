"""The other way: a portal as a backup describes it. All or nothing: until its end was read, the database is as it was."""

import contextlib
import gzip
import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import IO, Any

from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from medinform import sealing
from medinform.storage import media

from . import rows
from .backup import CONTEXT, FORMAT


class NotRestorable(Exception):
    """The message says why."""


@dataclass
class Restored:
    made_at: str = ""
    rows: dict[str, int] = field(default_factory=dict)
    files: int = 0
    faulty: list[str] = field(default_factory=list)


class _Unsealed:
    """A backup's stream as a file that is read from its beginning to its end."""

    def __init__(self, source: IO[bytes], key: sealing.Key) -> None:
        self._pieces, self._left = sealing.unseal(source.read, sealing.Ring(key, {key.id: key}), CONTEXT), b""

    def read(self, size: int) -> bytes:
        while len(self._left) < size:
            piece = next(self._pieces, b"")
            if not piece:
                break
            self._left += piece
        found, self._left = self._left[:size], self._left[size:]
        return found


def check(source: IO[bytes], key: sealing.Key) -> Restored:
    """Read all of it and change nothing. Raises NotRestorable."""
    done = Restored()
    for name, data in _members(source, key, done):
        if name.startswith("rows/"):
            _count(done, name, len(gzip.decompress(data).split(b"\n")))
        elif name.startswith("media/"):
            done.files += _is_counted(name)
    return done


def restore(source: IO[bytes], key: sealing.Key, *, replace: bool = False) -> Restored:
    """Fill an empty portal, or with `replace` empty it first. Raises NotRestorable."""
    if replace:
        rows.drop_everything()
        for found in list(media().walk()):
            with contextlib.suppress(FileNotFoundError):
                media().delete(found.name)
    call_command("migrate", verbosity=0)
    if not replace and not is_empty():
        raise NotRestorable("this portal has people or files already; with --replace all of it is deleted first")
    done, written = Restored(), []
    try:
        with transaction.atomic():
            rows.empty(rows.tables())
            by_label = {model._meta.label: model for model in rows.tables()}
            columns: dict[str, list[str]] = {}
            for name, data in _members(source, key, done):
                if name == "manifest.json":
                    columns = _columns(json.loads(data))
                elif name.startswith("rows/"):
                    label = name.split("/")[1]
                    _count(done, name, rows.write(by_label[label], columns[label], gzip.decompress(data)))
                elif name.startswith("media/"):
                    written.append(name.removeprefix("media/"))
                    media().write(written[-1], [data])
                    done.files += _is_counted(name)
            rows.count_on()
    except BaseException:
        for name in written:
            with contextlib.suppress(OSError):
                media().delete(name)
        raise
    return done


def is_empty() -> bool:
    """Nobody has an account here, nothing happened, and no file lies about: as it is when it is migrated."""
    models = {model._meta.label: model for model in rows.tables()}
    used = ("accounts.User", "scans.Scan", "audit.AuditEvent")
    return not any(models[label]._base_manager.exists() for label in used) and next(media().walk(), None) is None


def _columns(manifest: dict[str, Any]) -> dict[str, list[str]]:
    if manifest["format"] != FORMAT:
        raise NotRestorable(f"the backup has format {manifest['format']}, this release reads {FORMAT}")
    missing = sorted(set(manifest["migrations"]) ^ set(rows.migrations()))
    if missing:
        raise NotRestorable(f"the backup is of another release, whose database differs by {', '.join(missing)}; restore it with that one")
    found: dict[str, list[str]] = manifest["columns"]
    return found


def _members(source: IO[bytes], key: sealing.Key, done: Restored) -> Iterator[tuple[str, bytes]]:
    """Names and bytes. Raises NotRestorable when it is damaged, cut off, or another key's; at the latest at the end."""
    end: dict[str, Any] | None = None
    stream = _Unsealed(source, key)
    try:
        with tarfile.open(fileobj=stream, mode="r|") as tar:  # type: ignore[call-overload]
            for member in tar:
                opened = tar.extractfile(member)
                data = opened.read() if opened else b""
                if member.name == "end.json":
                    end = json.loads(data)
                else:
                    yield member.name, data
        while stream.read(sealing.CHUNK):
            pass  # the seal of the last chunk says that nothing was cut off
    except (sealing.SealError, tarfile.TarError, EOFError) as error:
        raise NotRestorable(f"the backup can not be read: {error}") from error
    except DatabaseError as error:
        raise NotRestorable(f"{connection.vendor} refused a row: {error}") from error
    if end is None:
        raise NotRestorable("the backup has no end")
    told = {label: count for label, count in end["rows"].items() if count}
    if told != done.rows or end["files"] != done.files:
        raise NotRestorable("the backup does not hold what it says")
    done.made_at, done.faulty = end["made_at"], end["faulty"]


def _count(done: Restored, name: str, more: int) -> None:
    label = name.split("/")[1]
    done.rows[label] = done.rows.get(label, 0) + more


def _is_counted(name: str) -> bool:
    """Of a file in pieces only the first is: it is one file."""
    last = PurePosixPath(name).name
    return not (last.isdigit() and len(last) == 12) or int(last) == 0
