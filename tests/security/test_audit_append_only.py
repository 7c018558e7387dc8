"""What the audit holds stays: refused by the database itself, on PostgreSQL and on SQLite, and out of reach of the role that serves."""

import os
import secrets
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from portal.accounts.models import User
from portal.audit import chain, guard
from portal.audit.models import AuditEvent
from portal.audit.services import forget_addresses, record

ROOT = Path(__file__).resolve().parents[2]
EVENTS, SEALS = guard.TABLES
CHANGES = [
    f"UPDATE {EVENTS} SET action = 'nothing'",
    f"UPDATE {EVENTS} SET address = '192.0.2.1'",
    f"UPDATE {EVENTS} SET address = NULL, at = now()",
    f"DELETE FROM {EVENTS}",
    f"TRUNCATE {EVENTS}",
    f"UPDATE {SEALS} SET hash = 'x'",
    f"DELETE FROM {SEALS}",
    f"TRUNCATE {SEALS}",
]


@pytest.fixture
def locked(patient: User) -> None:
    """As deployed: also the lock that the tests' emptying needs open is closed, until this test's transaction is rolled back."""
    record("scan.read", patient, actor=patient, patient=patient)
    chain.seal()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in guard.TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER {table}_is_not_emptied")


@pytest.mark.parametrize("change", CHANGES)
def test_postgresql_refuses_to_change_or_delete_even_for_the_owner(change: str, locked: None) -> None:
    with pytest.raises(DatabaseError, match=guard.WORDS), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)
    assert guard.off(connection) == []


def test_the_one_change_that_is_allowed_forgets_an_address(locked: None, patient: User) -> None:
    event = record("scan.read", patient, actor=patient, patient=patient)
    assert AuditEvent.objects.filter(pk=event.pk).update(address=None) == 1
    forget_addresses(patient)
    with pytest.raises(TypeError, match="never changed"):
        event.save()
    with pytest.raises(TypeError, match="never deleted"):
        event.delete()


def _sqlite(folder: Path) -> Path:
    file = folder / "portal.sqlite3"
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{file}", "VAR_DIR": str(folder)}
    subprocess.run([sys.executable, "manage.py", "migrate", "audit"], cwd=ROOT, env=environment, check=True, capture_output=True)
    return file


def test_sqlite_refuses_it_too(tmp_path: Path) -> None:
    names = "at, action, target_type, target_id, address, request_id, detail"
    with closing(sqlite3.connect(_sqlite(tmp_path), isolation_level=None)) as base:
        base.execute(f"INSERT INTO {EVENTS} ({names}) VALUES ('2026-01-01', 'scan.read', 'scans.scan', '1', '192.0.2.7', '', '{{}}')")
        base.execute(f"INSERT INTO {SEALS} (number, event_id, sealed_at, hash) VALUES (1, 1, '2026-01-01', 'abc')")
        for change in CHANGES:
            if not change.startswith("TRUNCATE"):
                with pytest.raises(sqlite3.IntegrityError, match=guard.WORDS):
                    base.execute(change.replace("now()", "'2027-01-01'"))
        base.execute(f"UPDATE {EVENTS} SET address = NULL")
        assert base.execute(f"SELECT action, address FROM {EVENTS}").fetchall() == [("scan.read", None)]


# --- the role that serves

ROLE = f"serves_{secrets.token_hex(3)}"


@pytest.fixture
def served(settings: Any) -> Iterator[dict[str, str]]:
    """A database of its own, migrated by its owner, with the lesser role. Yields the environment of what serves."""
    name, password = f"medinform_role_{secrets.token_hex(4)}", secrets.token_hex(12)
    parts = urlsplit(os.environ["DATABASE_URL"])
    server = psycopg2.connect(urlunsplit(parts._replace(scheme="postgresql")))
    server.autocommit = True
    server.cursor().execute(f'CREATE DATABASE "{name}"')
    owner = {**os.environ, "DATABASE_URL": urlunsplit(parts._replace(path=f"/{name}"))}
    owner |= {"APP_DATABASE_ROLE": ROLE, "APP_DATABASE_PASSWORD": password}
    try:
        for command in ("migrate accounts", "migrate audit", "grant_app_role", "grant_app_role"):  # twice: it is run with every release
            subprocess.run([sys.executable, "manage.py", *command.split()], cwd=ROOT, env=owner, check=True, capture_output=True)
        yield {**owner, "DATABASE_URL": f"postgres://{ROLE}:{password}@{parts.hostname}:{parts.port}/{name}"}
    finally:
        server.cursor().execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        server.cursor().execute(f'DROP ROLE IF EXISTS "{ROLE}"')
        server.close()


def test_the_portal_serves_under_a_role_that_can_not_touch_the_audit(served: dict[str, str]) -> None:
    work = (
        "import django; django.setup()\n"
        "from django.core.management import call_command\n"
        "from portal.accounts.models import User\n"
        "from portal.accounts.services import register\n"
        "from portal.audit.services import forget_addresses\n"
        "user = register(user=User.objects.create_user('a@b.example', 'x' * 12), name='A', role='patient', country='India')\n"
        "forget_addresses(user)\n"
        "call_command('verify_audit', '--seal')\n"
    )
    environment = {**served, "DJANGO_SETTINGS_MODULE": "medinform.settings"}
    done = subprocess.run([sys.executable, "-c", work], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "as they were written" in done.stdout

    forbidden = [
        *CHANGES,
        f"ALTER TABLE {EVENTS} DISABLE TRIGGER ALL",
        f"DROP TABLE {EVENTS} CASCADE",
        "SET session_replication_role = replica",
    ]
    with closing(psycopg2.connect(served["DATABASE_URL"].replace("postgres:", "postgresql:", 1))) as base:
        for change in forbidden:
            refusal = "permission denied|must be owner|" + guard.WORDS
            with pytest.raises(psycopg2.Error, match=refusal) as refused, base, base.cursor() as cursor:
                cursor.execute(change)
            by_the_rights_alone = isinstance(refused.value, psycopg2.errors.InsufficientPrivilege)
            assert by_the_rights_alone or change == f"UPDATE {EVENTS} SET address = '192.0.2.1'"  # the column that may be emptied


def test_the_role_that_migrates_is_not_made_the_lesser_one(settings: Any, db: None) -> None:
    settings.APP_DATABASE_ROLE, settings.APP_DATABASE_PASSWORD = connection.settings_dict["USER"], "x"
    with pytest.raises(CommandError, match="another role"):
        call_command("grant_app_role", stdout=StringIO())
