"""What a release that serves does in its database, as statements that name the columns it knows: lists, uploads with all that belongs to
them, and small changes of rows that are there. It goes on doing so while the database is migrated beneath it.
"""

import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import psycopg2.extras
from psycopg2 import sql

from drills.beside import beside
from drills.states import OURS

EVERY = 0.02  # seconds between two transactions of a client
# An upload, table by table: which column is the row's own, and which ones name the scan, the analysis and the review.
UPLOAD: dict[str, dict[str, str]] = {
    "scans_scan": {"id": "scan", "source_sha256": "digest"},
    "analyses_analysis": {"id": "analysis", "scan_id": "scan"},
    "reviews_review": {"id": "review", "analysis_id": "analysis"},
    "reviews_opinion": {"review_id": "review"},
    "notifications_notification": {"subject_id": "analysis"},
    "audit_auditevent": {"target_id": "analysis"},
}
# What the changes touch: not compared with what was there before, but with what was changed.
TOUCHED = {("analyses_analysis", "attempt"), ("notifications_notification", "read_at"), ("accounts_user", "last_login")}


def connect(database: str) -> Any:
    """JSON stays as its text, so that a value can be written back as it was read."""
    made = psycopg2.connect(urlunsplit(urlsplit(database)._replace(scheme="postgresql")))
    for register in (psycopg2.extras.register_default_json, psycopg2.extras.register_default_jsonb):
        register(made, loads=str)
    return made


def known(database: str) -> dict[str, list[str]]:
    """The tables of ours that a database has now, and their columns."""
    with connect(database) as base, base.cursor() as cursor:
        cursor.execute("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2")
        found: dict[str, list[str]] = {}
        for table, column in cursor.fetchall():
            if table.partition("_")[0] in OURS:
                found.setdefault(table, []).append(column)
        return found


@dataclass
class Traffic:
    """What was done. `waited`: the longest transaction, s; `uploads`: ids that were committed; `attempts`: changes by analysis."""

    database: str
    columns: dict[str, list[str]]
    done: int = 0
    waited: float = 0
    errors: list[str] = field(default_factory=list)
    uploads: list[dict[str, str]] = field(default_factory=list)
    attempts: Counter[str] = field(default_factory=Counter)
    _stop: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, act: Callable[["Traffic", Any, int], Callable[[], None] | None]) -> None:
        base, number = connect(self.database), 0
        while not self._stop.wait(EVERY):
            number += 1
            begun = time.monotonic()
            try:
                with base.cursor() as cursor:
                    kept = act(self, cursor, number)
                base.commit()
            except psycopg2.Error as error:
                with self._lock:
                    self.errors.append(f"{type(error).__name__}: {error}".strip())
                if base.closed:
                    base = connect(self.database)
                base.rollback()
            else:
                with self._lock:
                    self.done += 1
                    if kept:
                        kept()
            with self._lock:
                self.waited = max(self.waited, time.monotonic() - begun)
        base.close()

    @property
    def tried(self) -> int:
        return self.done + len(self.errors)

    def calm(self) -> float:
        """The longest wait so far, which is then forgotten."""
        with self._lock:
            found, self.waited = self.waited, 0
            return found


def look(traffic: Traffic, cursor: Any, number: int) -> None:
    """One list after the other."""
    tables = list(traffic.columns)
    table = tables[number % len(tables)]
    cursor.execute(_statement("SELECT {columns} FROM {table} LIMIT 20", table, traffic.columns[table]))
    cursor.fetchall()


def upload(traffic: Traffic, cursor: Any, number: int) -> Callable[[], None]:
    own = {what: str(uuid.uuid4()) for what in ("scan", "analysis", "review")}
    own["digest"] = uuid.uuid4().hex * 2
    for table, names in UPLOAD.items():
        columns = [column for column in traffic.columns[table] if column != "id" or "id" in names]
        cursor.execute(_statement("SELECT {columns} FROM {table} ORDER BY id LIMIT 1", table, columns))
        row = [own[names[column]] if column in names else value for column, value in zip(columns, cursor.fetchone(), strict=True)]
        marks = sql.SQL(", ").join([sql.Placeholder()] * len(columns))
        cursor.execute(_statement("INSERT INTO {table} ({columns}) VALUES ({marks})", table, columns, marks=marks), row)
    return lambda: traffic.uploads.append(own)


def change(traffic: Traffic, cursor: Any, number: int) -> Callable[[], None]:
    """Some analysis is tried again, some news read, somebody signs in."""
    cursor.execute("SELECT id FROM analyses_analysis WHERE id >= %s ORDER BY id LIMIT 1", [str(uuid.uuid4())])
    found = cursor.fetchone()
    cursor.execute("UPDATE notifications_notification SET read_at = now() WHERE id = %s", [number])
    cursor.execute("UPDATE accounts_user SET last_login = now() WHERE id = %s", [number % 3 + 1])
    if found is None:
        return lambda: None
    cursor.execute("UPDATE analyses_analysis SET attempt = attempt + 1 WHERE id = %s", found)
    return lambda: traffic.attempts.update([str(found[0])])


def _statement(words: str, table: str, columns: list[str], **more: sql.Composable) -> sql.Composed:
    return sql.SQL(words).format(table=sql.Identifier(table), columns=sql.SQL(", ").join(map(sql.Identifier, columns)), **more)


@contextmanager
def traffic(database: str) -> Iterator[Traffic]:
    """Four clients, two of them uploading, as the release whose tables the database has when the block begins."""
    steady = Traffic(database, known(database))
    threads = [threading.Thread(target=steady.run, args=(act,)) for act in (look, upload, upload, change)]
    with beside(threads, steady._stop, patience=60):
        yield steady
