"""Private files on disk. A file is there whole or not at all, and is sealed when MEDIA_KEYS says so.

Written beside its place under a temporary name, synchronised, renamed, and the folder synchronised: a process that dies, a disk that is
full or a machine that loses power leaves the old state or the new one. What it can leave is a file that no row names; the portal's
clean-up (portal.storage) takes those away.
"""

import contextlib
import errno
import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import FileSystemStorage

from medinform import sealing

NEW, HELD, LOCK = ".new-", ".held", ".lock"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class StorageFull(OSError):
    """There is no more room."""


class Busy(Exception):
    """Somebody else does just that."""


@dataclass(frozen=True)
class Found:
    """A file that lies there; `whole` is False for what was never finished."""

    name: str
    age: float
    whole: bool


class MediaStorage(FileSystemStorage):
    """Django's, with whole writes, sealed files, and files that come in pieces (a folder with one file for each)."""

    @property
    def root(self) -> Path:
        return Path(self.location)

    @property
    def ring(self) -> sealing.Ring:
        return sealing.ring(settings.MEDIA_KEYS)

    def write(self, name: str, chunks: Iterable[bytes]) -> None:
        """Under this very name, whatever was there before."""
        path = Path(self.path(name))
        _make(path.parent)
        first = self.ring.first
        handle, new = tempfile.mkstemp(dir=path.parent, prefix=NEW)
        try:
            with os.fdopen(handle, "wb") as file:
                out = sealing.Sealer(file, first, name) if first else file
                for chunk in chunks:
                    out.write(chunk)
                if isinstance(out, sealing.Sealer):
                    out.close()
                file.flush()
                os.fsync(file.fileno())
            Path(new).replace(path)
        except BaseException as error:
            with contextlib.suppress(OSError):
                Path(new).unlink()
            if isinstance(error, OSError) and error.errno in _FULL:
                raise StorageFull(error.errno, error.strerror) from error
            raise
        _synchronise(path.parent)

    def append(self, name: str, offset: int, data: bytes) -> None:
        """One more piece of a file; what an earlier try wrote and did not count is replaced."""
        self.write(f"{name}/{offset:012d}", [data])

    def _save(self, name: str, content: File) -> str:
        self.write(name, content.chunks())
        return name

    def _open(self, name: str, mode: str = "rb") -> File:
        if mode != "rb":
            raise ValueError("a kept file is read or replaced, never changed")
        path = self._find(name)
        if path.is_dir():
            return ContentFile(b"".join(data for _, data in self.pieces(name)), name=name)
        file = path.open("rb")
        if sealing.key_id(file.read(sealing.HEADER)) is None:
            file.seek(0)
            return File(file, name=name)
        with file:
            file.seek(0)
            return ContentFile(b"".join(sealing.unseal(file.read, self.ring, name)), name=name)

    def pieces(self, name: str) -> Iterator[tuple[int, bytes]]:
        """Offset and bytes of each."""
        for path in sorted(self._find(name).glob("[0-9]*")):
            with self._open(f"{name}/{path.name}") as file:
                yield int(path.name), file.read()

    def size(self, name: str) -> int:
        path = Path(self.path(name))
        if path.is_dir():
            return sum(self.size(f"{name}/{piece.name}") for piece in path.glob("[0-9]*"))
        with path.open("rb") as file:
            is_sealed = sealing.key_id(file.read(sealing.HEADER)) is not None
        return sealing.opened_size(path.stat().st_size) if is_sealed else path.stat().st_size

    def key_id(self, name: str) -> bytes | None:
        """Which key sealed it, if any did."""
        with Path(self.path(name)).open("rb") as file:
            return sealing.key_id(file.read(sealing.HEADER))

    def reseal(self, name: str) -> int:
        """With the first key, or with none, as the setting says. How many files were written anew."""
        path, first = Path(self.path(name)), self.ring.first
        if path.is_dir():
            return sum(self.reseal(f"{name}/{piece.name}") for piece in path.glob("[0-9]*"))
        if self.key_id(name) == (first.id if first else None):
            return 0
        with self.open(name) as file:
            data = file.read()
        self.write(name, [data])
        return 1

    def digest(self, name: str, length: int | None = None) -> str:
        """SHA-256 of what was kept. Of a file in pieces: of each piece with the one before, up to `length` bytes (`chain`)."""
        if length is not None:
            found = ""
            for offset, data in self.pieces(name):
                if offset < length:
                    found = chain(found, data)
            return found
        with self.open(name) as file:
            return digest(file.chunks())

    def delete(self, name: str) -> None:
        """A backup that runs may still need it: it is then only put aside, until that backup ends."""
        path, held = Path(self.path(name)), self.root / HELD
        if held.is_dir():
            with contextlib.suppress(FileNotFoundError):
                (held / name).parent.mkdir(parents=True, exist_ok=True)
                path.replace(held / name)
            return
        if path.is_dir():
            for piece in (*path.glob("[0-9]*"), *path.glob(f"{NEW}*")):
                piece.unlink(missing_ok=True)
            path.rmdir()
        else:
            super().delete(name)

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Whatever is deleted while the block runs can still be read in it. Raises Busy when another block does the same."""
        held = self.root / HELD
        _make(held)
        with (held / LOCK).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Busy("another backup is running") from error
            try:
                yield
            finally:
                shutil.rmtree(held, ignore_errors=True)

    def release(self) -> None:
        """Delete what a backup held that ended before it could."""
        if (self.root / HELD).is_dir():
            with contextlib.suppress(Busy), self.holding():
                pass

    def _find(self, name: str) -> Path:
        """Where it is now."""
        path, held = Path(self.path(name)), self.root / HELD / name
        return held if not path.exists() and held.exists() else path

    def walk(self) -> Iterator[Found]:
        """Every file; those in pieces as one. What a running backup holds is not among them."""
        now, root = time.time(), str(self.root)
        for folder, folders, files in os.walk(root):
            folders[:] = [name for name in folders if name != HELD]
            for file in files:
                path = Path(folder, file)
                with contextlib.suppress(FileNotFoundError):
                    name = path.relative_to(root).as_posix()
                    in_pieces = file.isdigit() and len(file) == 12
                    yield Found(
                        path.parent.relative_to(root).as_posix() if in_pieces else name, now - path.stat().st_mtime, NEW not in file
                    )


def digest(chunks: Iterable[bytes]) -> str:
    """SHA-256, in hexadecimal."""
    found = hashlib.sha256()
    for chunk in chunks:
        found.update(chunk)
    return found.hexdigest()


def chain(before: str, piece: bytes) -> str:
    """The checksum of a file that comes in pieces, after one more of them."""
    return hashlib.sha256(before.encode() + hashlib.sha256(piece).digest()).hexdigest()


def _make(folder: Path) -> None:
    if not folder.is_dir():
        _make(folder.parent)
        folder.mkdir(mode=settings.FILE_UPLOAD_DIRECTORY_PERMISSIONS or 0o700, exist_ok=True)
        _synchronise(folder.parent)


def _synchronise(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def media() -> MediaStorage:
    """The one that models use."""
    from django.core.files.storage import default_storage

    found: Any = default_storage
    return found
