"""The portal as it is deployed: gunicorn, two Celery workers and beat as processes, over a real database and Redis."""

import contextlib
import datetime
import os
import secrets
import signal
import sqlite3
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

from medinform.demo import StepFailed, agree, sign_in, with_token
from medinform.embedded import free_port

ROOT = Path(__file__).resolve().parents[2]
PATIENT, PRACTITIONER, ADMINISTRATOR = "patient@example.org", "practitioner@example.org", "administrator@example.org"

GOOD_SECONDS = 300  # a signature wants a sign-in that is not old, and a person has not many tokens
# An authenticator app, and a recovery code that can be used once: as somebody who has set up their second factor.
ENROL = """
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from portal.accounts.models import User
user = User.objects.get(email="{email}")
user.authenticator_set.all().delete()
TOTP.activate(user, generate_totp_secret())
print(RecoveryCodes.activate(user).get_unused_codes()[0])
"""
# The three commands of a new portal in one process: it takes longer to start than they do.
PREPARE = """
import django
django.setup()
from django.core.management import call_command
for command in ("migrate", "sync_models", "seed_demo"):
    call_command(command)
"""


@dataclass
class Stack:
    """A running portal. `processes` are by the names of the Procfile."""

    address: str
    password: str
    environment: dict[str, str]
    log: Path
    processes: dict[str, subprocess.Popen] = field(default_factory=dict)
    tokens: dict[str, tuple[str, float]] = field(default_factory=dict)  # by address; until when it is used

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
        """Signed in, with a second factor where one is asked for, and agreed to the consent text. One token does for a while."""
        token, until_when = self.tokens.get(email, ("none yet", 0.0))
        client = with_token(self.address, token)
        if time.monotonic() > until_when or client.get("/me/").status_code == 401:
            client = self._signed_in(email)
            self.tokens[email] = client.headers["Authorization"].partition(" ")[2], time.monotonic() + GOOD_SECONDS
        agree(client)
        return client

    def _signed_in(self, email: str) -> httpx.Client:
        try:
            return sign_in(self.address, email, self.password)
        except StepFailed as failed:
            if "mfa_required" not in str(failed):
                raise
        command = [sys.executable, "manage.py", "shell", "--verbosity", "0", "--command", ENROL.format(email=email)]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, check=True, capture_output=True, text=True)
        return sign_in(self.address, email, self.password, done.stdout.split()[-1])

    def rows(self, query: str) -> list[dict[str, Any]]:
        """The same on whatever database it is, with names; dates are aware."""
        url = urlsplit(self.environment["DATABASE_URL"])
        if url.scheme != "sqlite":
            with psycopg2.connect(urlunsplit(url._replace(scheme="postgresql"))) as connection, connection.cursor() as cursor:
                cursor.execute(query)
                return [dict(zip((column.name for column in cursor.description or ()), row, strict=True)) for row in cursor.fetchall()]
        with contextlib.closing(sqlite3.connect("/" + url.path.lstrip("/"), timeout=20)) as connection:
            found = connection.execute(query)
            names = [column[0] for column in found.description]
            return [
                {name: _date(value) if name.endswith("_at") else value for name, value in zip(names, row, strict=True)} for row in found
            ]

    def sql(self, query: str, *values: Any) -> list[tuple]:
        """Rows of a query on PostgreSQL."""
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
def running(folder: Path, redis: str = "", **settings: str) -> Iterator[Stack]:
    """A portal with a database of its own beside the one of the unit tests, and a sweeper in a hurry."""
    name = f"medinform_e2e_{secrets.token_hex(4)}"
    parts = urlsplit(os.environ["DATABASE_URL"])
    admin = psycopg2.connect(urlunsplit(parts._replace(scheme="postgresql")))
    admin.autocommit = True
    admin.cursor().execute(f'CREATE DATABASE "{name}"')
    redis = redis or os.environ["REDIS_URL"].rpartition("/")[0] + "/5"
    hurry = {
        "WEB_WORKERS": "2",
        "SWEEP_SECONDS": "2",
        "ANALYSIS_HEARTBEAT_SECONDS": "1",
        "ANALYSIS_LOST_AFTER_SECONDS": "4",
        "ANALYSIS_RESEND_AFTER_SECONDS": "5",
    }
    try:
        with started(folder, urlunsplit(parts._replace(path=f"/{name}")), redis, **{**hurry, **settings}) as stack:
            yield stack
    finally:
        admin.cursor().execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        admin.close()


@contextmanager
def started(folder: Path, database: str, redis: str, **settings: str) -> Iterator[Stack]:
    """A portal on an empty database; its files lie in `folder`."""
    port, password = free_port(), secrets.token_urlsafe(12)
    environment = {**os.environ, "DATABASE_URL": database, "REDIS_URL": redis, "PORT": str(port)}
    environment |= {"DEBUG": "true", "VAR_DIR": str(folder), "MEDIA_ROOT": str(folder / "media"), "STATIC_ROOT": str(folder / "static")}
    environment |= {"DEMO_PASSWORD": password, "DEMO_SCANS": "no", "SITE_URL": f"http://localhost:{port}", "PYTHONUNBUFFERED": "1"}
    environment |= {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", **settings}
    stack = Stack(f"http://127.0.0.1:{port}", password, environment, folder / "log")
    try:
        prepared = {**environment, "DEBUG": "true", "DJANGO_SETTINGS_MODULE": "medinform.settings"}  # demo accounts are for developers
        subprocess.run([sys.executable, "-c", PREPARE], cwd=ROOT, env=prepared, check=True, capture_output=True)
        for process in parse_procfile((ROOT / "Procfile").read_text()).processes:
            stack.start(process)
        until(lambda: _answers(stack.address), 60, "the portal's start")
        yield stack
    finally:
        stack.stop()


def _date(text: str | None) -> datetime.datetime | None:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=datetime.UTC) if text else None


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/healthz").status_code == 200
    except httpx.HTTPError:
        return False
