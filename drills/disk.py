"""The disk of the files is full: a file system of its own, which really has no room left."""

import contextlib
import os
import random
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from drills.count import count
from drills.faults import SEED, pause, report
from drills.load import load
from drills.portal import portal
from drills.report import Report

MEGABYTES = 256
ABOUT = f"The files lie on a file system of {MEGABYTES} MB (a tmpfs), which is filled to the last byte, or the last 100 kB, and freed."


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A tmpfs; only root may mount one."""
    if os.geteuid() != 0:
        raise SystemExit("the drill `disk` mounts a small file system, which only root may do")
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m,mode=700", "medinform-drill", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(path: Path, leave: int) -> None:
    """All of the disk but so many bytes."""
    with path.open("wb") as file, contextlib.suppress(OSError):  # somebody else may take the last bytes first: full it is
        left = os.statvfs(path.parent)
        os.posix_fallocate(file.fileno(), 0, max(4096, left.f_bavail * left.f_frsize - leave))


def drill(rounds: int) -> Report:
    """Full to the last byte, or so that small files fit and large ones do not; freed after up to three seconds."""
    chance = random.Random(f"{SEED} disk")  # noqa: S311  # repeatable on purpose
    with tempfile.TemporaryDirectory(prefix="medinform-drill-") as made:
        folder = Path(made)
        with small_disk(folder / "media"), portal(folder) as running:
            filler = running.media / "filler"
            with load(running.stack, large=800) as steady:
                for _ in range(rounds):
                    pause(chance, 0.3, 1.5)
                    fill(filler, chance.choice([0, 0, 100_000]))
                    pause(chance, 0.5, 3)
                    filler.unlink()
            found = count(running, steady.accepted)
    return report("disk", ABOUT, rounds, found, steady.unanswered, steady.refused)
