"""Pictures that kill or hang whoever answers them: each fails alone, and keeps nobody waiting for long."""

import contextlib
import os
import pickle
import random
import signal
import time
from typing import Any

import psutil
import redis

from drills.count import count
from drills.faults import INFERENCE, SEED, pause, report
from drills.load import DISEASE, load
from drills.portal import HURRY, Portal, lives, portal
from drills.report import Report

POISON = (
    "The process that answers is stopped (SIGSTOP) or crashes (SIGSEGV) whenever it works on one picture; others wait beside it. "
    "Kept waiting: how long that picture held the process while another had no answer, all its attempts together. At most one time limit, "
    "and the start of a process in the place of the one that was ended."
)
SOFT = int(HURRY["TASK_SOFT_TIME_LIMIT"]) // 3  # seconds, of a portal with poison
LIMIT = SOFT + 15  # medinform/settings.py
START = 5  # of a process
Span = tuple[float, float]


def drill(rounds: int) -> Report:
    """The row fails after three attempts with its reason. How long it keeps each of the others waiting is measured, too."""
    chance = random.Random(f"{SEED} poison")  # noqa: S311  # repeatable on purpose
    ends: list[tuple[str, int]] = []
    held: list[list[Span]] = []
    with portal(TASK_SOFT_TIME_LIMIT=str(SOFT)) as running:
        stack, client = running.stack, running.stack.client()
        with load(stack, every=0.5, clients=1) as steady:
            for picture in range(3 * rounds):
                if len(ends) == rounds:
                    break
                how = chance.choice([signal.SIGSTOP, signal.SIGSEGV])
                end, tries = _strike(running, str(steady.send(client, _large(picture))), how)
                if tries or end[0] == "stuck":  # else it was answered before it could be met: no poison
                    ends.append(end)
                    held.append(tries)
                pause(chance, 0.5, 1)
        found = count(running, steady.accepted)
        rows = stack.rows("SELECT queued_at, finished_at FROM analyses_analysis WHERE status = 'done'")
    others = [(row["queued_at"].timestamp(), row["finished_at"].timestamp()) for row in rows]
    kept = max((_shared(span, tries) for span in others for tries in held), default=0.0)
    told = report("poison", POISON, rounds, found, steady.unanswered, steady.refused)
    told.rows[0] |= {
        "failed alone after three attempts": ends.count(("failed", 3)),
        "longest that one kept another waiting, s": kept,
        "one time limit, s": LIMIT,
        "longest wait of another, s": max((end - begin for begin, end in others), default=0.0),
    }
    if ends.count(("failed", 3)) < rounds or found.failed > rounds:
        told.failed.append(f"not each failed alone: {ends}, {found.failed} failed")
    if kept > LIMIT + START:
        told.failed.append(f"one kept another waiting for {kept:.1f} s")
    return told


def _shared(span: Span, others: list[Span]) -> float:
    """For how long of the one the others lasted, in seconds."""
    return sum(max(0.0, min(span[1], end) - max(span[0], begin)) for begin, end in others)


def _large(number: int) -> bytes:
    """Work for a good while, so that it can be met at it."""
    import cv2

    import samples
    from inference import imaging

    pixels = imaging.decode(samples.draw(DISEASE, "parasitized", 9000 + number)).pixels[..., ::-1]
    large = cv2.resize(pixels, (5000, 5000), interpolation=cv2.INTER_LINEAR)
    return cv2.imencode(".png", large, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()


def _strike(running: Portal, pk: str, how: signal.Signals) -> tuple[tuple[str, int], list[Span]]:
    """Each time that it is worked on. How it ended, after how many attempts, and from when until when each of them held the process: until
    that is gone, which is later than the row is given back."""
    struck, query = 0, f"SELECT status, attempt FROM analyses_analysis WHERE id = '{pk}'"  # noqa: S608
    tries: dict[int, Span] = {}
    held: list[psutil.Process] = []
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        now, [row] = time.time(), running.stack.rows(query)
        if held and any(map(lives, held)):
            tries[struck] = tries[struck][0], now
        elif row["status"] in ("done", "failed", "rejected"):
            return (row["status"], row["attempt"]), list(tries.values())
        elif row["status"] == "running" and row["attempt"] > struck and (struck or _is_busy_with(running, pk)):
            struck, held = row["attempt"], running.children(INFERENCE)
            tries[struck] = now, now
            for child in held:
                with contextlib.suppress(psutil.Error):
                    os.kill(child.pid, how)
        time.sleep(0.01)
    return ("stuck", struck), list(tries.values())


def _is_busy_with(running: Portal, pk: str) -> bool:
    """Whether the worker has begun it, and not one that it claimed together with it (portal/analyses/suspects.py)."""
    if len(running.stack.rows("SELECT 1 FROM analyses_analysis WHERE status = 'running' LIMIT 2")) == 1:
        return True
    kept: Any = redis.Redis.from_url(running.redis.url)
    return any(pk in pickle.loads(value) for value in kept.mget(kept.keys("*:busy:*") or ["none"]) if value)  # noqa: S301  # our own
