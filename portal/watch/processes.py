"""What every process counts, in files that whoever is asked for metrics adds up (prometheus_client's multiprocess mode).

Each process takes the first free place of the folder and goes on counting where the one before it stopped. So there are never more files
than processes at a time, however often gunicorn and Celery replace theirs, and two containers that share the folder never share a file,
although both have a process 7.
"""

import fcntl
import itertools
import os
from pathlib import Path
from typing import IO

import prometheus_client.values
from django.conf import settings

ROOM = 2**20  # bytes of each file, taken at once: a mapped file that meets a full disk as it grows kills its process
_held: tuple[int, str, IO[str]] | None = None  # process id, place, the locked file


def place() -> str:
    """The name of this process in the folder: asked for at every count, so it is looked up once for each process."""
    global _held
    if _held is None or _held[0] != os.getpid():  # after a fork the parent's file is closed here, which keeps its lock there
        _held = (os.getpid(), *_take(Path(settings.METRICS_DIR)))
    return _held[1]


def _take(folder: Path) -> tuple[str, IO[str]]:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for number in itertools.count():
        file = (folder / f"{number}.lock").open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
        else:
            for kind in ("counter", "histogram"):
                _reserve(folder / f"{kind}_{number}.db")
            return str(number), file
    raise AssertionError("count has no end")


def _reserve(path: Path) -> None:
    with path.open("ab") as file:
        if file.tell() < ROOM:
            os.posix_fallocate(file.fileno(), 0, ROOM)


def share() -> None:
    """Count in files from now on. Called before the first metric is made; without METRICS_TOKEN nothing is written anywhere."""
    if settings.METRICS_TOKEN:
        folder = Path(settings.METRICS_DIR)
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder)
        prometheus_client.values.ValueClass = prometheus_client.values.MultiProcessValue(place)
