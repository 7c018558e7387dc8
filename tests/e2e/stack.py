"""The portal as it is deployed: gunicorn, two Celery workers and beat as processes, over real PostgreSQL and Redis."""

import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import psycopg2
from honcho.environ import parse_procfile

from medinform.demo import agree, sign_in
from medinform.embedded import free_port

ROOT = Path(__file__).resolve().parents[2]
PATIENT, PRACTITIONER, ADMINISTRATOR = "patient@example.org", "practitioner@example.org", "administrator@example.org"


@dataclass
class Stack:
    """A running portal. `processes` are by the names of the Procfile."""

    address: str
    password: str
    environment: dict[str, str]
    log: Path
    processes: dict[str, subprocess.Popen] = field(default_factory=dict)

    def start(self, name: str) -> None:
        command = parse_procfile((ROOT / "Procfile").read_text()).processes[name]
        with self.log.open("ab") as output:
            self.processes[name] = subprocess.Popen(
                command, shell=True, cwd=ROOT, env=self.environment, stdout=output, stderr=output, start_new_session=True
            )

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a process and all its children."""
        os.killpg(self.processes[name].pid, number)

    def kill(self, name: str) -> None:
        """SIGKILL to the process and all its children: as when a machine loses power."""
        os.killpg(self.processes[name].pid, signal.SIGKILL)
        self.processes.pop(name).wait()

    def stop(self) -> None:
        for process in self.processes.values():
            os.killpg(process.pid, signal.SIGTERM)
        for process in self.processes.values():
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def client(self, email: str = PATIENT) -> httpx.Client:
        """Signed in, and agreed to the consent text."""
        client = sign_in(self.address, email, self.password)
        agree(client)
        return client

    def sql(self, query: str, *values: Any) -> list[tuple]:
        url = self.environment["DATABASE_URL"].replace("postgres:", "postgresql:", 1)
        with psycopg2.connect(url) as connection, connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall()


def until(true: Callable[[], Any], seconds: float = 60, what: str = "it") -> Any:
    """Wait until something is so, and return it."""
    pause, deadline = threading.Event(), time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = true()
        if found:
            return found
        pause.wait(0.02)
    raise AssertionError(f"{what} did not happen in {seconds} s")


@contextmanager
def running(folder: Path) -> Iterator[Stack]:
    """A portal with a database of its own beside the one of the unit tests."""
    name = f"medinform_e2e_{secrets.token_hex(4)}"
    parts = urlsplit(os.environ["DATABASE_URL"])
    admin = psycopg2.connect(urlunsplit(parts._replace(scheme="postgresql")))
    admin.autocommit = True
    admin.cursor().execute(f'CREATE DATABASE "{name}"')
    port, password = free_port(), secrets.token_urlsafe(12)
    redis = os.environ["REDIS_URL"].rpartition("/")[0] + "/5"
    environment = {**os.environ, "DATABASE_URL": urlunsplit(parts._replace(path=f"/{name}")), "REDIS_URL": redis, "PORT": str(port)}
    environment |= {"DEBUG": "true", "VAR_DIR": str(folder), "MEDIA_ROOT": str(folder / "media"), "STATIC_ROOT": str(folder / "static")}
    environment |= {"DEMO_PASSWORD": password, "DEMO_SCANS": "no", "SITE_URL": f"http://localhost:{port}", "PYTHONUNBUFFERED": "1"}
    environment |= {"SWEEP_SECONDS": "2", "ANALYSIS_HEARTBEAT_SECONDS": "1", "ANALYSIS_LOST_AFTER_SECONDS": "4"}
    environment |= {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "ANALYSIS_RESEND_AFTER_SECONDS": "5"}
    stack = Stack(f"http://127.0.0.1:{port}", password, environment, folder / "log")
    try:
        for command in ("migrate", "sync_models", "seed_demo"):
            subprocess.run([sys.executable, "manage.py", command], cwd=ROOT, env=environment, check=True, capture_output=True)
        for process in parse_procfile((ROOT / "Procfile").read_text()).processes:
            stack.start(process)
        until(lambda: _answers(stack.address), 60, "the portal's start")
        yield stack
    finally:
        stack.stop()
        admin.cursor().execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        admin.close()


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/healthz").status_code == 200
    except httpx.HTTPError:
        return False
