"""The servers that the tests talk to: those of DATABASE_URL and REDIS_URL if set, else throw-away ones. Loaded before Django's settings.

Of a parallel run the workers share the PostgreSQL (each has a database of its own there); each starts its own Redis.
SQLite is not enough for the tests: `DATABASE_URL=sqlite:///...` is refused.

Ours keeps no statistics by itself: what a test writes is not committed, so that autovacuum finds tables that were filled and are empty,
and the planner then takes the rows of the next test for one, and minutes for a join of forty. A test that fills its tables for such a
join says ANALYZE. A statement that takes longer than any should is an error: no signal reaches a test that waits for one.
"""

import os
import secrets
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest

from medinform import embedded

_servers = ExitStack()


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Before pytest-django reads the settings."""
    if not os.environ.get("DATABASE_URL"):
        os.environ["DATABASE_URL"] = _servers.enter_context(embedded.postgres_server(autovacuum="off"))
    if not os.environ["DATABASE_URL"].startswith(("postgres", "psql", "pgsql")):
        raise pytest.UsageError("the tests need PostgreSQL: unset DATABASE_URL and they start their own")
    if not os.environ.get("REDIS_URL") or "PYTEST_XDIST_WORKER" in os.environ:
        os.environ["REDIS_URL"] = _servers.enter_context(embedded.redis_server())
    os.environ["PGOPTIONS"] = "-c statement_timeout=120s"
    os.environ["VAR_DIR"] = _servers.enter_context(tempfile.TemporaryDirectory(prefix="medinform-tests-"))
    (Path(os.environ["VAR_DIR"]) / "static").mkdir()  # WhiteNoise warns of a folder that is not there
    os.environ["SECRET_KEY"] = secrets.token_urlsafe(50)
    os.environ["DEBUG"] = "false"
    os.environ["SECURE_TLS"] = "false"
    os.environ["THROTTLE_ANON"] = os.environ["THROTTLE_TOKEN"] = "100000/min"
    for name in ("EMAIL_URL", "MEDIA_ROOT", "STATIC_ROOT", "SITE_URL", "MEDINFORM_ARTIFACTS"):
        os.environ.pop(name, None)


def pytest_unconfigure() -> None:
    _servers.close()
