"""The whole portal as it is deployed: scans a second from upload to stored answer, and what a lone person waits while many upload."""

import functools
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import psutil

import samples
from benchmarks.figures import Figure
from inference import diseases, engine, registry
from medinform import embedded
from tests.e2e.stack import PRACTITIONER, ROOT, Stack, started

BACKLOG, BURST, BARE = 500, 200, 100
LIGHTEST, HEAVIEST = "malaria", "diabetic_retinopathy"
PENDING = ("queued", "running")
ANALYSIS = "SELECT id, status, queued_at, started_at, finished_at, patient_id FROM analyses_analysis"


def figures() -> list[Figure]:
    found = []
    bare = {disease: bare_engine(disease) for disease in (LIGHTEST, HEAVIEST)}
    for database in ("SQLite and embedded Redis", "PostgreSQL and Redis"):
        with portal(database) as stack:
            if database.startswith("PostgreSQL"):
                found += cold_start(stack)
            for disease in (LIGHTEST, HEAVIEST):
                found += backlog(stack, database, disease, bare[disease])
            if database.startswith("PostgreSQL"):
                found += [memory(stack), *burst(stack)]
    return [*found, *two_workers()]


@contextmanager
def portal(database: str, **settings: str) -> Iterator[Stack]:
    """A portal without limits on how much one person may upload."""
    many = {"THROTTLE_UPLOAD": "1000000/min", "THROTTLE_USER": "1000000/min", "SECRET_KEY": os.urandom(40).hex()}
    many |= {"ANALYSES_WAITING": "0", "QUEUE_SECONDS": "0", **settings}
    many |= {"DEBUG": "false", "SECURE_TLS": "false", "EMAIL_URL": "dummymail://"}
    with tempfile.TemporaryDirectory(prefix="medinform-bench-") as var, embedded.redis_server() as redis:
        if database.startswith("SQLite"):
            with started(Path(var), f"sqlite:///{var}/bench.sqlite3", redis, **many) as stack:
                yield stack
        else:
            with embedded.postgres_server() as postgres, started(Path(var), postgres, redis, **many) as stack:
                yield stack


@functools.cache  # drawing takes longer than answering
def pictures(disease: str, count: int, first: int) -> list[bytes]:
    """Drawn pictures, each of its own seed."""
    return [samples.draw(disease, diseases.get(disease).healthy, first + number) for number in range(count)]


class Rates(NamedTuple):
    """Pictures a second of the engine (gate to heat-map) and of its model alone."""

    engine: float
    model: float


def bare_engine(disease: str) -> Callable[[], Rates]:
    """Measures both in this process, on decoded pictures, whenever it is called: nothing else may be at work then."""
    artefact = registry.latest(disease)
    if artefact is None:
        raise SystemExit(f"{disease} has no model")
    model = engine.Engine(artefact)
    looks = [engine.look(data, model.disease) for data in pictures(disease, 20, 10_000)]
    prepared = [artefact.manifest.input.prepare(look.picture.pixels)[0] for look in looks]

    def measure() -> Rates:
        rounds, whole, alone = BARE // len(looks), 0.0, 0.0
        for _ in range(rounds):
            start = time.perf_counter()
            for look in looks:
                look.prepared.clear()
                engine.gate.check(look.picture.pixels, model.disease)
                model.answer_look(look)
            middle = time.perf_counter()
            for pixels in prepared:
                model.runtime.predict(pixels)
            whole, alone = whole + middle - start, alone + time.perf_counter() - middle
        return Rates(rounds * len(looks) / whole, rounds * len(looks) / alone)

    return measure


def backlog(stack: Stack, database: str, disease: str, bare: Callable[[], Rates]) -> list[Figure]:
    """500 scans uploaded over four connections: first while the worker answers them, then while it is held and answers them afterwards.

    The yardstick is measured before and after each, since a machine is not as quick at all times.
    """
    suite = f"Scans from upload to stored answer: {database}, one worker"
    upload(stack, disease, pictures(disease, 3, 900))
    wait(stack)
    drawn = pictures(disease, 2 * BACKLOG, 1000)
    rates = [bare()]
    start = time.time()
    first = upload(stack, disease, drawn[:BACKLOG])
    whole = BACKLOG / (wait(stack, first) - start)
    hold(stack)
    rates += [bare()]
    then = upload(stack, disease, drawn[BACKLOG:])
    rates += [bare()]
    sent = time.time()
    stack.signal("worker-inference", signal.SIGCONT)
    drained = BACKLOG / (wait(stack, then) - sent)
    rates += [bare()]
    at_once, engines = (statistics.mean(rate.engine for rate in pair) for pair in (rates[:2], rates[2:]))
    models = statistics.mean(rate.model for rate in rates[2:])
    return [
        Figure(suite, f"{disease}: uploaded and answered at once, over the bare engine", whole / at_once, "x", BACKLOG, ">= 0.6"),
        Figure(suite, f"{disease}: a backlog that waits, over the bare engine", drained / engines, "x", BACKLOG, ">= 0.6"),
        Figure(suite, f"{disease}: a backlog that waits, over the model alone", drained / models, "x", BACKLOG),
        Figure(suite, f"{disease}: uploaded and answered at once", whole, "scans/s", BACKLOG),
        Figure(suite, f"{disease}: a backlog that waits", drained, "scans/s", BACKLOG),
    ]


def hold(stack: Stack) -> None:
    """Stop the worker once it rests: SQLite would be locked for all as long as one is stopped who writes."""
    threading.Event().wait(1)
    stack.signal("worker-inference", signal.SIGSTOP)


def upload(stack: Stack, disease: str, data: list[bytes], client: httpx.Client | None = None) -> set[str]:
    """The ids of the new analyses; the patient's, unless another is signed in as `client`."""
    client = client or stack.client()

    def one(picture: bytes) -> str:
        answer = client.post(
            "/analyses/", files={"file": ("picture", picture)}, data={"disease": disease, "wants_review": "true"}, timeout=60
        )
        answer.raise_for_status()
        return _key(answer.json()["id"])

    with ThreadPoolExecutor(4) as threads:
        return set(threads.map(one, data))


def _key(pk: object) -> str:
    """Of an analysis, as both databases know it: SQLite keeps no hyphens."""
    return str(pk).replace("-", "")


def wait(stack: Stack, ids: set[str] | None = None, seconds: float = 300) -> float:
    """Until nothing waits; the time at which the last was stored. Raises SystemExit when one was not answered."""
    pause, deadline = threading.Event(), time.monotonic() + seconds
    while time.monotonic() < deadline:
        rows = [row for row in stack.rows(ANALYSIS) if ids is None or _key(row["id"]) in ids]
        if not any(row["status"] in PENDING for row in rows):
            if any(row["status"] != "done" for row in rows):
                raise SystemExit(f"not all were answered: {[row['status'] for row in rows if row['status'] != 'done'][:5]}")
            return max(row["finished_at"].timestamp() for row in rows)
        pause.wait(0.25)
    raise SystemExit(f"nothing more was answered in {seconds} s")


def burst(stack: Stack) -> list[Figure]:
    """200 scans of one person wait when another uploads one, ten times: how long until a worker takes it."""
    suite = "One person's scan in a burst of 200 of another's"
    hold(stack)
    many = upload(stack, LIGHTEST, pictures(LIGHTEST, BURST, 4000))
    other, before = stack.client(PRACTITIONER), []
    stack.signal("worker-inference", signal.SIGCONT)
    for number in range(10):
        threading.Event().wait(0.07)
        (one,) = upload(stack, LIGHTEST, pictures(LIGHTEST, 1, 4500 + number), other)
        before.append(one)
    wait(stack, many | set(before))
    rows = {_key(row["id"]): row for row in stack.rows(ANALYSIS)}
    ends = sorted(rows[pk]["finished_at"] for pk in many)
    each = (ends[-1] - min(rows[pk]["started_at"] for pk in many)).total_seconds() / BURST
    waited = [(rows[pk]["started_at"] - rows[pk]["queued_at"]).total_seconds() for pk in before]
    whole = [(rows[pk]["finished_at"] - rows[pk]["queued_at"]).total_seconds() for pk in before]
    left = [sum(end > rows[pk]["finished_at"] for end in ends) for pk in before]
    return [
        Figure(
            suite, "upload until a worker has it, longest, over one analysis of the burst", max(waited) / each, "x", len(before), "<= 3"
        ),
        Figure(suite, "the same, median", statistics.median(waited) / each, "x", len(before)),
        Figure(suite, "upload to answer, longest", max(whole) * 1000, "ms", len(before)),
        Figure(suite, "of the burst still waiting when the first of them was answered", max(left), "", BURST),
    ]


def cold_start(stack: Stack) -> list[Figure]:
    """From the start of an inference worker's process to the stored answer of a scan that waits for it; and of the command line's."""
    suite = "Cold start"
    spans = []
    for number in range(3):
        stack.kill("worker-inference")
        ids = upload(stack, LIGHTEST, pictures(LIGHTEST, 1, 800 + number))
        start = time.time()
        stack.start("worker-inference")
        spans.append(wait(stack, ids) - start)
    picture = samples.paths(LIGHTEST)[0]
    command = [sys.executable, "-m", "inference", "classify", "--disease", LIGHTEST, str(picture)]
    alone = [_seconds(lambda: subprocess.run(command, cwd=ROOT, check=True, capture_output=True)) for _ in range(5)]
    return [
        Figure(suite, "a process with the engine alone: start to first answer", statistics.median(alone), "s", 5, "<= 1.5"),
        Figure(suite, "a Celery worker, all six models: start to the first stored answer", statistics.median(spans), "s", 3),
    ]


def _seconds(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def memory(stack: Stack) -> Figure:
    """The resident memory of the process that answers, after each of the six models has."""
    client = stack.client()
    for disease in diseases.DISEASES:
        upload(stack, disease, pictures(disease, 1, 700))
    wait(stack)
    client.close()
    children = psutil.Process(stack.processes["worker-inference"].pid).children(recursive=True)
    largest = max(child.memory_info().rss for child in children)
    return Figure(
        "Memory", "the largest process of the inference worker, all six models loaded and asked", largest / 2**20, "MiB", 1, "<= 450"
    )


def two_workers() -> list[Figure]:
    """The same backlog with one worker and with two, which share the processors: on PostgreSQL."""
    suite, rates = "Two workers on this machine over one, a backlog that waits", {}
    for workers in (1, 2):
        with portal("PostgreSQL and Redis", INFERENCE_WORKERS=str(workers)) as stack:
            for disease in (LIGHTEST, HEAVIEST):
                upload(stack, disease, pictures(disease, 3, 900))
                wait(stack)
                hold(stack)
                ids = upload(stack, disease, pictures(disease, BURST, 5000))
                start = time.time()
                stack.signal("worker-inference", signal.SIGCONT)
                rates[disease, workers] = BURST / (wait(stack, ids) - start)
    return [Figure(suite, disease, rates[disease, 2] / rates[disease, 1], "x", BURST) for disease in (LIGHTEST, HEAVIEST)]
