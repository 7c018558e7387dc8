"""Processes and servers that die or are stopped at random moments while people upload."""

import contextlib
import functools
import random
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

import redis

from drills.count import Count, count
from drills.load import load
from drills.portal import Portal, portal
from drills.report import Report
from tests.e2e.stack import until

INFERENCE, DEFAULT, WEB, BEAT = "worker-inference", "worker-default", "web", "beat"
SEED = 20261126


@dataclass(frozen=True)
class Fault:
    """`strike` breaks something and, after as long as it draws, mends it as a supervisor or a person would."""

    about: str
    strike: Callable[[Portal, random.Random], None]


def pause(chance: random.Random, least: float, most: float) -> None:
    time.sleep(chance.uniform(least, most))


def at_work(portal: Portal) -> None:
    """Until a picture is being looked at: what dies idle loses nothing."""
    with contextlib.suppress(AssertionError, TimeoutError):
        until(lambda: portal.stack.rows("SELECT 1 FROM analyses_analysis WHERE status = 'running' LIMIT 1"), 20, "work")


def worker_child(portal: Portal, chance: random.Random) -> None:
    at_work(portal)
    struck = portal.children(INFERENCE)
    for child in struck:
        child.send_signal(signal.SIGKILL)
    until(lambda: [child for child in portal.children(INFERENCE) if child not in struck], 60, "the start of another child")


def worker_parent(portal: Portal, chance: random.Random) -> None:
    until(lambda: portal.children(INFERENCE), 60, "the worker's start")
    at_work(portal)
    portal.parent(INFERENCE).send_signal(signal.SIGKILL)
    pause(chance, 0, 1)
    portal.again(INFERENCE)


def web(portal: Portal, chance: random.Random) -> None:
    if chance.random() < 0.5:
        living = until(lambda: portal.children(WEB), 60, "a web process")
        chance.choice(living).send_signal(signal.SIGKILL)  # gunicorn's parent starts another
    else:
        portal.stack.kill(WEB)
        pause(chance, 0, 0.5)
        portal.stack.start(WEB)
    portal.wait()  # else it would be killed again before it has taken anything that could be lost


def beat(portal: Portal, chance: random.Random) -> None:
    portal.stack.kill(BEAT)
    pause(chance, 0, 3)
    portal.stack.start(BEAT)


def default_worker(portal: Portal, chance: random.Random) -> None:
    portal.stack.kill(DEFAULT)
    pause(chance, 0, 1)
    portal.stack.start(DEFAULT)


def broker(portal: Portal, chance: random.Random) -> None:
    """Redis keeps nothing on disk: started again it is empty. Half of the rounds only empty it."""
    if chance.random() < 0.5:
        redis.Redis.from_url(portal.redis.url).flushall()
        return
    portal.redis.stop(signal.SIGKILL)
    pause(chance, 0, 3)
    portal.redis.start()


def database(portal: Portal, chance: random.Random) -> None:
    """Fast (connections are cut) or immediate (no checkpoint: it recovers from its log when it starts)."""
    portal.postgres.stop(chance.choice([signal.SIGINT, signal.SIGQUIT]))
    pause(chance, 0, 3)
    portal.postgres.start()


def both(portal: Portal, chance: random.Random) -> None:
    portal.redis.stop(signal.SIGKILL)
    portal.postgres.stop(signal.SIGQUIT)
    pause(chance, 0, 3)
    portal.postgres.start()
    pause(chance, 0, 1)
    portal.redis.start()


FAULTS: dict[str, Fault] = {
    "worker-child": Fault("SIGKILL to the process that answers; Celery starts another.", worker_child),
    "worker-parent": Fault("SIGKILL to the parent of the inference worker; started again within a second.", worker_parent),
    "default-worker": Fault("SIGKILL to the worker that sends mail and sweeps, parent and child.", default_worker),
    "web": Fault("SIGKILL to one web process, or to gunicorn and all of them.", web),
    "beat": Fault("SIGKILL to beat; started again within three seconds.", beat),
    "redis": Fault("Redis is emptied, or killed and started empty within three seconds.", broker),
    "postgres": Fault("PostgreSQL is stopped, fast or immediately, and started within three seconds.", database),
    "redis-and-postgres": Fault("Both are stopped at once and started within four seconds.", both),
}


def drill(name: str, rounds: int) -> Report:
    """One portal; in each round the thing breaks at a random moment of two seconds under load. Counted once, when all is quiet."""
    fault, chance = FAULTS[name], random.Random(f"{SEED} {name}")  # noqa: S311  # repeatable on purpose
    with portal() as running:
        with load(running.stack) as steady:
            pause(chance, 0.5, 1)
            for _ in range(rounds):
                pause(chance, 0.1, 2)
                fault.strike(running, chance)
                running.tend()
            pause(chance, 1, 2)
        found = count(running, steady.accepted)
        return report(name, fault.about, rounds, found, steady.unanswered, steady.refused)


def report(name: str, about: str, rounds: int, found: Count, unanswered: int, refused: dict[int, int]) -> Report:
    tries = ", ".join(f"{code}: {times}" for code, times in sorted(refused.items()))
    row = {
        "rounds": rounds,
        "accepted": found.accepted,
        "done": found.done,
        "rejected": found.rejected,
        "failed": found.failed,
        "caught at work": found.caught,
        "lost": len(found.lost),
        "duplicated": len(found.duplicated),
        "stuck": len(found.stuck),
        "mails not sent": found.mails_missing,
        "orphans cleaned up": found.orphans,
        "files missing, damaged or orphaned": int(bool(found.files)),
        "tries without an answer": unanswered,
        "tries refused": tries or 0,
    }
    failed = [f"{what}: {keys[:5]}" for what, keys in vars(found).items() if what in ("lost", "duplicated", "stuck") and keys]
    failed += [f"{found.mails_missing} mails were not sent"] * bool(found.mails_missing) + [found.files] * bool(found.files)
    return Report(name, f"{about} Seed {SEED}.", [row], failed)


DRILLS = {name: functools.partial(drill, name) for name in FAULTS}
