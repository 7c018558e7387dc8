"""All that a portal has, to be compared: every row of every table, and every file."""

import contextlib
import hashlib
import re
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import psycopg2.extras

_NOT_OURS = ("django_migrations",)  # says when it was migrated


def tables(database: str) -> dict[str, list[str]]:
    """Every row as text, by table."""
    if urlsplit(database).scheme == "sqlite":
        with contextlib.closing(_sqlite(database)) as connection:
            names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {name: sorted(map(str, connection.execute(f'SELECT * FROM "{name}"'))) for name in names if name not in _NOT_OURS}  # noqa: S608
    with contextlib.closing(_postgresql(database)) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        found = {}
        for (name,) in cursor.fetchall():
            if name not in _NOT_OURS:
                cursor.execute(f'SELECT t::text FROM "{name}" t')  # noqa: S608
                found[name] = sorted(row for (row,) in cursor.fetchall())
        return found


def files(media: Path) -> dict[str, str]:
    """The SHA-256 of every file as it lies there, by name."""
    return {
        path.relative_to(media).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in media.rglob("*") if path.is_file()
    }


def rows(database: str) -> dict[str, list[dict[str, Any]]]:
    """Every row by the names of its columns, by table."""
    if urlsplit(database).scheme == "sqlite":
        with contextlib.closing(_sqlite(database)) as connection:
            connection.row_factory = sqlite3.Row
            its_own = "AND name NOT LIKE 'sqlite_%'"
            names = [name for (name,) in connection.execute(f"SELECT name FROM sqlite_master WHERE type = 'table' {its_own}")]  # noqa: S608
            return {name: [dict(row) for row in connection.execute(f'SELECT * FROM "{name}"')] for name in names}  # noqa: S608
    with (
        contextlib.closing(_postgresql(database)) as connection,
        connection.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor,
    ):
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        found = {}
        for table in cursor.fetchall():
            cursor.execute(f'SELECT * FROM "{table["tablename"]}"')  # noqa: S608
            found[table["tablename"]] = [dict(row) for row in cursor.fetchall()]
        return found


_SHAPE = """
SELECT concat_ws(' ', table_name, column_name, data_type, character_maximum_length, is_nullable) FROM information_schema.columns
  WHERE table_schema = 'public'
UNION SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION SELECT concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid)) FROM pg_constraint
  WHERE connamespace = 'public'::regnamespace
UNION SELECT concat_ws(' ', tgrelid::regclass, tgname) FROM pg_trigger WHERE NOT tgisinternal
"""


def shape(database: str) -> set[str]:
    """Columns, indexes, constraints and triggers: a line each, in no order."""
    if urlsplit(database).scheme != "sqlite":
        with contextlib.closing(_postgresql(database)) as connection, connection.cursor() as cursor:
            cursor.execute(_SHAPE)
            return {line for (line,) in cursor.fetchall()}
    with contextlib.closing(_sqlite(database)) as connection:
        found = set()
        for kind, name, table, made in connection.execute(
            "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL"
        ).fetchall():
            found.add(f"{kind} {name} {table}")
            if kind == "table":
                found |= {f"{table} {' '.join(map(str, column[1:4]))}" for column in connection.execute(f'PRAGMA table_info("{table}")')}
                found |= {f"{table} {constraint}" for constraint in re.findall(r'CONSTRAINT "(\w+)"', made)}
        return found


def _sqlite(database: str) -> sqlite3.Connection:
    return sqlite3.connect("/" + urlsplit(database).path.lstrip("/"), timeout=20)


def _postgresql(database: str) -> Any:
    return psycopg2.connect(urlunsplit(urlsplit(database)._replace(scheme="postgresql")))
