"""A backup: the database and the files of one moment, in one sealed stream that needs neither memory nor room on the disk.

Inside it is a tar archive: `manifest.json`, every table as parts of `rows/`, every file that a row names under `media/`, and at last
`end.json` with the counts. Rows are read in one snapshot. Files never change once they are there, and what is deleted meanwhile is held
until the backup ends, so that they are of the same moment. Files are unsealed: a backup has a key of its own.
"""

import gzip
import io
import json
import tarfile
import time
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import IO, Any

from medinform import sealing, storage

from . import rows
from .files import Kept, kept

FORMAT = 1
CONTEXT = "backup"


@dataclass
class BackedUp:
    """What is in it; `faulty`: files that a row names and that were missing or damaged, so that they could not be kept as they should."""

    made_at: str = ""
    rows: dict[str, int] = field(default_factory=dict)
    files: int = 0
    bytes: int = 0
    faulty: list[str] = field(default_factory=list)


def back_up(out: IO[bytes], key: sealing.Key) -> BackedUp:
    """Write everything to a file or pipe."""
    sealer = sealing.Sealer(out, key, CONTEXT)
    done = BackedUp()
    with storage.media().holding(), rows.snapshot(), tarfile.open(fileobj=sealer, mode="w|", format=tarfile.PAX_FORMAT) as tar:  # type: ignore[call-overload]
        done.made_at = datetime.now(UTC).isoformat()
        columns = {model._meta.label: rows.columns(model) for model in rows.tables()}
        _add(tar, "manifest.json", {"format": FORMAT, "made_at": done.made_at, "migrations": rows.migrations(), "columns": columns})
        for model in rows.tables():
            label = model._meta.label
            done.rows[label] = 0
            for number, (count, lines) in enumerate(rows.read(model)):
                _add_bytes(tar, f"rows/{label}/{number:06d}.jsonl.gz", gzip.compress(lines, 6))
                done.rows[label] += count
        for file in kept():
            _add_file(tar, file, done)
        _add(tar, "end.json", asdict(done))
    sealer.close()
    return done


def _add_file(tar: tarfile.TarFile, file: Kept, done: BackedUp) -> None:
    if file.length == 0:
        return  # announced: nothing of it has come yet
    try:
        parts, found = _read(file)
    except (OSError, sealing.SealError) as error:
        done.faulty.append(f"{file} ({error})")
        return
    if file.checksum and found != file.checksum:
        done.faulty.append(f"{file} (not what its checksum says)")
    for name, data in parts:
        _add_bytes(tar, f"media/{name}", data)
        done.bytes += len(data)
    done.files += 1


def _read(file: Kept) -> tuple[list[tuple[str, bytes]], str]:
    """As the row describes it (of a file in pieces those that count), and its checksum."""
    if file.length is None:
        with storage.media().open(file.name) as opened:
            data = opened.read()
        return [(file.name, data)], storage.digest([data])
    parts, found = [], ""
    for offset, data in storage.media().pieces(file.name):
        if offset < file.length:
            parts.append((f"{file.name}/{offset:012d}", data))
            found = storage.chain(found, data)
    return parts, found


def _add(tar: tarfile.TarFile, name: str, value: dict[str, Any]) -> None:
    _add_bytes(tar, name, json.dumps(value, ensure_ascii=False).encode())


def _add_bytes(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    about = tarfile.TarInfo(name)
    about.size, about.mtime, about.mode = len(data), int(time.time()), 0o600
    tar.addfile(about, io.BytesIO(data))
