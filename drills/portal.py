"""A portal with servers that a drill may stop: PostgreSQL, Redis, gunicorn, two Celery workers and beat, all of its own."""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from medinform import embedded
from tests.e2e.stack import ROOT, Stack, started, until

HURRY = {
    "SWEEP_SECONDS": "1",
    "ANALYSIS_HEARTBEAT_SECONDS": "1",
    "ANALYSIS_LOST_AFTER_SECONDS": "4",
    "ANALYSIS_RESEND_AFTER_SECONDS": "4",
    "TASK_SOFT_TIME_LIMIT": "15",
    "MAIL_AGAIN_SECONDS": "4",
    "LOOK_SECONDS": "5",
    "WORKER_SILENT_SECONDS": "40",
}


@dataclass
class Portal:
    """A running portal and its servers."""

    stack: Stack
    postgres: embedded.Server
    redis: embedded.Server
    folder: Path

    @property
    def media(self) -> Path:
        return Path(self.stack.environment["MEDIA_ROOT"])

    def children(self, name: str) -> list[psutil.Process]:
        """The living processes below one of the Procfile's: pool children of Celery, workers of gunicorn."""
        return [process for process in self.parent(name).children() if lives(process)]

    def parent(self, name: str) -> psutil.Process:
        """The process that the Procfile's line started: below the shell, where there is one."""
        shell = psutil.Process(self.stack.processes[name].pid)
        return until(lambda: shell if shell.name() not in ("sh", "dash", "bash") else next(iter(shell.children()), None), 10, name)

    def again(self, name: str) -> None:
        """As a supervisor does: whatever is left of a process is killed, and it is started anew."""
        with contextlib.suppress(ProcessLookupError, KeyError):
            self.stack.kill(name)
        self.stack.start(name)

    def tend(self) -> None:
        """As a supervisor does: what has ended by itself is started anew."""
        for name, process in list(self.stack.processes.items()):
            if process.poll() is not None:
                self.stack.start(name)

    def wait(self) -> None:
        """Until it answers."""
        until(lambda: _answers(self.stack.address), 60, "the portal's start")

    def manage(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """A management command of this portal."""
        command = [sys.executable, "manage.py", *words]
        env = {**self.stack.environment, **environment}
        return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=300)


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/healthz").status_code == 200
    except httpx.HTTPError:
        return False


def lives(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@contextmanager
def portal(folder: Path | None = None, **settings: str) -> Iterator[Portal]:
    """A portal in a hurry: what is lost is looked for every second, so that a round takes seconds and not minutes."""
    many = {f"THROTTLE_{who}": "1000000/min" for who in ("UPLOAD", "USER", "ANON")} | {"SECRET_KEY": os.urandom(40).hex()}
    many |= {"DEBUG": "false", "SECURE_TLS": "false", "EMAIL_URL": "dummymail://", "LOG_LEVEL": "WARNING", **HURRY, **settings}
    with (
        tempfile.TemporaryDirectory(prefix="medinform-drill-") as made,
        embedded.postgres_process(durable=True) as postgres,
        embedded.redis_process() as redis,
        started(folder or Path(made), postgres.url, redis.url, **many) as stack,
    ):
        yield Portal(stack, postgres, redis, folder or Path(made))
