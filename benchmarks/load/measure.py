"""Uploads at 1.5 times what the workers manage, while many browse and some read: who is turned away how, how long pages take, what is left.

The camps offer 1.5 times what the workers have just answered, again and again: where that settles, the workers are given half as much again
as they manage beside the pages and the uploads themselves. Camps do not slow down when they are told to come back. The crowd is Locust, in
a process of its own on the same processors; what it takes of them is a figure of the table.
"""

import base64
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx
import psutil

from benchmarks.figures import Figure
from benchmarks.pipeline import ANALYSIS, PENDING, pictures, portal, wait
from tests.e2e.stack import ROOT, Stack, until

DISEASE, DRAWN = "diabetic_retinopathy", 12
OVER, WINDOW, AGAIN = 1.5, 20, 5  # seconds over which answers are counted, and after which they are counted anew
FIRST, LEAST = 5.0, 1.0  # uploads a second of the camps, until something is known, and whatever is known
CAMPS, ARRIVE = 6, 10
ANSWERED = f"SELECT count(*) AS answered FROM analyses_analysis WHERE finished_at > now() - interval '{WINDOW} seconds'"  # noqa: S608
ALONE = 50  # requests of one person to the portal before the crowd comes: what pages take of this machine at best
SAMPLE = 2  # seconds between two looks at the memory
OPINION = {"finding": "grade_0", "confidence": "moderate", "recommendation": "none", "notes": "Read under load."}


@dataclass(frozen=True)
class Size:
    minutes: float = 10
    patients: int = 200
    practitioners: int = 20
    walk_ins: int = 10

    @property
    def seconds(self) -> float:
        return self.minutes * 60

    @property
    def longest_wait(self) -> int:
        """QUEUE_SECONDS of this portal: short enough that half as much again as can be done fills the queue within the time."""
        return max(5, round(self.seconds / 10))


class Watch(ABC):
    """Looks again and again, in a thread of its own, while the block runs."""

    every: float  # seconds

    @abstractmethod
    def look(self) -> None: ...

    def __enter__(self) -> Self:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def _watch(self) -> None:
        while not self._stop.wait(self.every):
            self.look()

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join()


@dataclass
class Memory(Watch):
    """MiB of each process group."""

    stack: Stack
    every: float = SAMPLE
    seen: dict[str, list[float]] = field(default_factory=dict)

    def look(self) -> None:
        for name, process in self.stack.processes.items():
            self.seen.setdefault(name, []).append(_resident(process.pid) / 2**20)

    def growth(self, name: str) -> float:
        """The last third over the middle third: what is loaded on first use is loaded by then."""
        seen = self.seen[name]
        third = len(seen) // 3
        return statistics.median(seen[-third:]) / statistics.median(seen[third : 2 * third])


@dataclass
class Pace(Watch):
    """Answers a second, and to the camps, by the file, how many uploads a second they are to send."""

    stack: Stack
    file: Path
    every: float = AGAIN
    seen: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._tell(FIRST)

    def look(self) -> None:
        [row] = self.stack.rows(ANSWERED)
        self.seen.append(row["answered"] / WINDOW)
        self._tell(max(LEAST, OVER * self.seen[-1]))

    def _tell(self, rate: float) -> None:
        written = self.file.with_suffix(".new")
        written.write_text(str(rate))
        written.replace(self.file)  # nobody reads half a number

    @property
    def settled(self) -> float:
        """The mean of the second half."""
        return statistics.mean(self.seen[len(self.seen) // 2 :])


def _resident(pid: int) -> int:
    found = 0
    for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
        try:
            found += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return found


def figures(size: Size | None = None) -> list[Figure]:
    size = size or Size()
    limits = {"QUEUE_SECONDS": str(size.longest_wait), "ANALYSES_WAITING": "300", "ACCESS_LOG": "false"}
    with portal("PostgreSQL and Redis", **limits) as stack, tempfile.TemporaryDirectory(prefix="medinform-load-") as folder:
        _dress(stack)
        sessions = _cast(stack, size)
        alone = _alone(stack, sessions["patient"][-1])
        drawn = [base64.b64encode(data).decode() for data in pictures(DISEASE, DRAWN, 20_000)]
        plan: dict[str, Any] = {
            "address": stack.address,
            "disease": DISEASE,
            "pictures": drawn,
            "opinion": OPINION,
            "arrive": ARRIVE,
            "patients": size.patients,
            "practitioners": size.practitioners,
            "camps": CAMPS,
            "walk_ins": size.walk_ins,
            "sessions": sessions,
        }
        rate = Path(folder) / "rate"
        with Memory(stack) as memory, Pace(stack, rate) as pace:
            seen = _crowd(plan | {"rate": str(rate), "seconds": size.seconds}, Path(folder))
        stopped = time.time()
        left = sum(row["status"] in PENDING for row in stack.rows(ANALYSIS))
        drained = wait(stack, seconds=1200) - stopped if left else 0.0
        rows = stack.rows(ANALYSIS.replace("id,", "id, in_bulk,", 1))
        return _told(size, alone, pace.settled, seen, memory, rows, left, max(0.0, drained))


def _dress(stack: Stack) -> None:
    """Pages need their static files collected, as on a server; the web process reads what there is when it starts."""
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--noinput"], cwd=ROOT, env=stack.environment, check=True, capture_output=True
    )
    stack.kill("web")
    stack.start("web")
    until(lambda: _answers(stack.address), 60, "the web process's start")


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/healthz").status_code == 200
    except httpx.HTTPError:
        return False


def _cast(stack: Stack, size: Size) -> dict[str, list[str]]:
    """A session for each of the crowd, by kind."""
    counts = [str(count) for count in (size.patients, size.walk_ins, CAMPS, size.practitioners)]
    command = [sys.executable, "-m", "benchmarks.load.cast", *counts]
    environment = {**stack.environment, "DJANGO_SETTINGS_MODULE": "medinform.settings"}
    made = subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(made.stdout.splitlines()[-1]))


def _alone(stack: Stack, session: str) -> float:
    """Milliseconds that the first page takes when nobody else asks for anything, the median."""
    with httpx.Client(base_url=stack.address, cookies={"sessionid": session}) as client:
        taken = [client.get("/").raise_for_status().elapsed.total_seconds() for _ in range(ALONE)]
    return statistics.median(taken) * 1000


def _crowd(plan: dict[str, Any], folder: Path) -> dict[str, Any]:
    path = folder / "plan.json"
    path.write_text(json.dumps(plan))
    command = [sys.executable, "-m", "benchmarks.load.crowd", str(path)]
    ran = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(ran.stdout.splitlines()[-1]))


def _told(
    size: Size,
    alone: float,
    pace: float,
    seen: dict[str, Any],
    memory: Memory,
    rows: list[dict[str, Any]],
    left: int,
    drained: float,
) -> list[Figure]:
    suite = (
        f"{size.patients} patients, {size.practitioners} practitioners, uploads at {OVER} times the workers' pace, {size.minutes:g} minutes"
    )
    asked = sum(about["n"] for about in seen["requests"].values())
    camp = {status: times for name, status, times in seen["statuses"] if name == "upload, camp"}
    offered, answered = sum(camp.values()), sum(row["status"] == "done" for row in rows) - left
    errors = sum(about["failures"] for about in seen["requests"].values())  # an answer that the crowd does not know what to do with
    pages = sorted((float(ms), times) for ms, times in seen["pages"])
    waited = {bulk: [_span(row) for row in rows if row["in_bulk"] == bulk and row["started_at"]] for bulk in (False, True)}
    found = [
        Figure(suite, "errors, but a 429 or 503 that says when to come back", errors, "", asked, "<= 0"),
        Figure(suite, "pages, p95", _quantile(pages, 0.95), "ms", sum(times for _, times in pages), "< 300"),
        Figure(suite, "pages, median", _quantile(pages, 0.5), "ms", sum(times for _, times in pages)),
        Figure(suite, "yardstick: home, before the crowd came, median", alone, "ms", ALONE),
        Figure(suite, "answered beside that, in the second half", pace, "scans/s", 1),
        Figure(suite, "what camps offered, over what was answered meanwhile", offered / max(1, answered), "x", offered),
        Figure(suite, "of it taken at once", (camp.get(201, 0) + camp.get(200, 0)) / max(1, offered), "share", offered),
        Figure(suite, "of it asked to come back: too many of one's own (429)", camp.get(429, 0) / max(1, offered), "share", offered),
        Figure(suite, "of it asked to come back: queue too long (503)", camp.get(503, 0) / max(1, offered), "share", offered),
        Figure(suite, "uploads accepted and not answered at the end", sum(row["status"] != "done" for row in rows), "", len(rows), "<= 0"),
        Figure(suite, "waited when the uploads stopped", left, "", 1),
        Figure(suite, "until that was drained", drained, "s", 1),
    ]
    for bulk, name in ((False, "somebody's few"), (True, "camp batches")):
        if waited[bulk]:
            ordered = [(span, 1) for span in sorted(waited[bulk])]
            found += [Figure(suite, f"{name}: upload until a worker has it, p95", _quantile(ordered, 0.95), "s", len(ordered))]
    if waited[False] and waited[True]:
        over = statistics.median(waited[False]) / statistics.median(waited[True])
        found += [Figure(suite, "wait of somebody's few over that of camp batches, medians", over, "x", len(rows), "< 1")]
    for name in sorted(memory.seen):
        count = len(memory.seen[name])
        found += [Figure(suite, f"memory of {name}: last third over the middle third", memory.growth(name), "x", count, "<= 1.05")]
    for name, about in sorted(seen["requests"].items()):
        found += [Figure("Requests, p95", name, about["p95"] or 0, "ms", int(about["n"]))]
    found += [Figure("Requests, p95", "what Locust itself took of one processor", seen["spent"], "share", 1)]
    for line in seen["errors"]:
        print(line, file=sys.stderr)
    return found


def _span(row: dict[str, Any]) -> float:
    return float((row["started_at"] - row["queued_at"]).total_seconds())


def _quantile(values: list[tuple[float, int]], share: float) -> float:
    """Of ordered (value, how often)."""
    rank = share * sum(times for _, times in values)
    for value, times in values:
        rank -= times
        if rank <= 0:
            return value
    return values[-1][0] if values else 0.0
