"""Is every file there and what it was, and does every file belong to somebody?"""

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from medinform.sealing import SealError
from medinform.storage import Found, media

from .files import Kept, fields, kept

logger = logging.getLogger(__name__)


@dataclass
class Findings:
    """`unchecked`: files that were kept before there were checksums for their kind; they could be read."""

    checked: int = 0
    unchecked: int = 0
    missing: list[Kept] = field(default_factory=list)
    damaged: list[Kept] = field(default_factory=list)


def verify() -> Findings:
    """Read every file that a row names and compare it with its checksum."""
    found = Findings()
    for file in kept():
        state = _state(file)
        if state in ("missing", "damaged") and not file.is_current():
            continue
        if state in ("missing", "damaged"):
            getattr(found, state).append(file)
        else:
            setattr(found, state, getattr(found, state) + 1)
    return found


def _state(file: Kept) -> str:
    if file.length == 0:
        return "checked"  # announced: nothing of it has come yet
    if not media().exists(file.name):
        return "missing"
    try:
        digest = media().digest(file.name, file.length)
    except FileNotFoundError:
        return "missing"
    except (SealError, OSError):
        return "damaged"
    return "unchecked" if not file.checksum else "checked" if digest == file.checksum else "damaged"


def orphans(*, older_than: float) -> Iterator[Found]:
    """Files older than so many seconds that no row names, and those that were never finished.

    A file is written a moment before its row is: a young one may be about to get it. Names are remembered as 64 bits each, which is
    little for millions; only whoever is not among those is asked for by name.
    """
    known = np.unique(np.fromiter((_short(file.name) for file in kept()), np.uint64))
    seen: set[str] = set()
    for found in media().walk():
        if found.age < older_than or found.name in seen:
            continue
        if found.whole and (_among(known, _short(found.name)) or _is_named(found.name)):
            continue
        seen.add(found.name)
        yield found


def discard_orphans(*, older_than: float) -> list[Found]:
    """Delete them, and what a backup left that did not end well. Returns which."""
    media().release()
    found = list(orphans(older_than=older_than))
    for file in found:
        media().delete(file.name)
        logger.info("deleted %s, which no row names", file.name)
    return found


def _short(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big")


def _among(known: np.ndarray, short: int) -> bool:
    at = int(np.searchsorted(known, np.uint64(short)))
    return at < len(known) and int(known[at]) == short


def _is_named(name: str) -> bool:
    return any(model._base_manager.filter(**{column.name: name}).exists() for model, column in fields())
