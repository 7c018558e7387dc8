"""All that a portal has, to be compared: every row of every table, and every file."""

import contextlib
import hashlib
import sqlite3
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2

_NOT_OURS = ("django_migrations",)  # says when it was migrated


def tables(database: str) -> dict[str, list[str]]:
    """Every row as text, by table."""
    url = urlsplit(database)
    if url.scheme == "sqlite":
        with contextlib.closing(sqlite3.connect("/" + url.path.lstrip("/"), timeout=20)) as connection:
            names = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return {name: sorted(map(str, connection.execute(f'SELECT * FROM "{name}"'))) for name in names if name not in _NOT_OURS}  # noqa: S608
    with psycopg2.connect(urlunsplit(url._replace(scheme="postgresql"))) as connection, connection.cursor() as cursor:
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
