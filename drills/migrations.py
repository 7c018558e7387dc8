"""From every state that main ever had to the newest, while the release of then goes on reading and writing."""

import os
import subprocess
import sys
import tempfile
import time
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import yaml
from psycopg2 import sql

from drills.released import RELEASED, until
from drills.report import Report
from drills.traffic import TOUCHED, UPLOAD, Traffic, connect, known, traffic
from medinform import embedded
from tests.e2e.stack import ROOT
from tests.e2e.stack import until as happens

CASES = 20_000
TRIES = 5
WORKED = 100  # transactions of the clients, before the command begins and after it
ABOUT = (
    f"A database as main had it when the named migration was its newest, with {CASES:,} scans and five more rows for each, is migrated to "
    "the newest by the command and the limits of docker-compose.yml, while four clients read, upload and change rows by the statements of "
    "the release of then. Longest wait: of one transaction of theirs, before the command begins and while it runs. Errors: transactions "
    "that were refused. Lost, different: rows that were there before or that a client has written; what a migration is meant to change is "
    "left out. One round for each state, whatever --rounds says."
)
# What is changed or deleted on purpose, and by which migration.
MEANT = {
    "reviews.0003_structured_reading": {("reviews_opinion", "recommendation"), ("reviews_criticalrule", "recommendation")},
    "scans.0005_checksums": {("scans_upload", "*")},
}


def drill(rounds: int) -> Report:
    report = Report("migrations", ABOUT)
    with embedded.postgres_process(durable=True) as server:
        for state in RELEASED:
            database = empty(server.url, state[-1])
            prepare(database, state[-1], CASES)
            row, failed = forward(database, state[-1])
            report.rows.append(row)
            report.failed += failed
    return report


def empty(server: str, name: str) -> str:
    """The URL of a new database on the server."""
    made = name.replace(".", "_")
    base = connect(server)
    base.autocommit = True
    with base.cursor() as cursor:
        cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(made)))
    base.close()
    return urlunsplit(urlsplit(server)._replace(path=f"/{made}"))


def manage(database: str, *words: str) -> subprocess.CompletedProcess[str]:
    """A command of the portal on that database, with the limits that docker-compose.yml sets for migrating."""
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    with tempfile.TemporaryDirectory(prefix="medinform-drill-") as folder:
        environment = {**os.environ, "DATABASE_URL": database, "DEBUG": "true", "SECRET_KEY": os.urandom(40).hex(), "VAR_DIR": folder}
        environment["PGOPTIONS"] = compose["services"]["migrate"]["environment"]["PGOPTIONS"]
        return subprocess.run([sys.executable, *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=600)


def prepare(database: str, name: str, cases: int) -> None:
    made = manage(database, "-m", "drills.states", name, "--cases", str(cases))
    if made.returncode:
        raise RuntimeError(f"{name}: {made.stderr[-2000:]}")


def forward(database: str, name: str) -> tuple[dict[str, Any], list[str]]:
    """One round, from a state that was prepared: the line of the table, and what went wrong."""
    keep(database)
    with traffic(database) as steady:
        _goes_on(steady)
        calm, begun = steady.calm(), time.monotonic()
        for tries in range(1, TRIES + 1):  # noqa: B007
            done = manage(database, "manage.py", "migrate", "--noinput")
            if done.returncode == 0:
                break
        seconds = time.monotonic() - begun
        _goes_on(steady)
    if done.returncode:
        return {"from": name}, [f"{name}: {done.stderr[-600:]}"]
    rows, lost, different = compare(database, steady, name)
    row = {
        "from": name,
        "rows": rows,
        "time, s": seconds,
        "tries": tries,
        "transactions": steady.done,
        "longest wait before, ms": round(calm * 1000),
        "longest wait, ms": round(steady.waited * 1000),
        "errors": len(steady.errors),
        "lost": len(lost),
        "different": len(different),
    }
    failed = [
        f"{name}: {what}: {found[:3]}" for what, found in (("errors", steady.errors), ("lost", lost), ("different", different)) if found
    ]
    return row, failed


def _goes_on(steady: Traffic) -> None:
    """Until every client has worked for a while: before, to know how long it waits for nothing; after, to see that it still can."""
    enough = steady.tried + WORKED
    happens(lambda: steady.tried >= enough, 60, f"{WORKED} transactions")


def keep(database: str) -> None:
    """A copy of every row of ours, in a schema that nobody looks at."""
    with connect(database) as base, base.cursor() as cursor:
        cursor.execute("CREATE SCHEMA before")
        for table in known(database):
            cursor.execute(sql.SQL("CREATE TABLE before.{table} AS TABLE public.{table}").format(table=sql.Identifier(table)))


def compare(database: str, steady: Traffic, name: str) -> tuple[int, list[str], list[str]]:
    """How many rows there were, which are lost, and which are not what they were, or what the clients made of them."""
    meant = set().union(TOUCHED, *(MEANT[later] for later in set(MEANT) - set(until(name))))
    rows, lost, different = 0, [], []
    with connect(database) as base, base.cursor() as cursor:
        for table, columns in steady.columns.items():
            if (table, "*") in meant:
                continue
            cursor.execute(sql.SQL("SELECT count(*) FROM before.{}").format(sql.Identifier(table)))
            rows += cursor.fetchone()[0]
            same = [column for column in columns if (table, column) not in meant]
            gone, changed = _unlike(cursor, table, same)
            lost += [f"{table} {key}" for key in gone]
            different += [f"{table} {key}" for key in changed]
        for table, names in UPLOAD.items():
            column, what = next((column, what) for column, what in names.items() if what != "digest")
            there = _found(cursor, table, column, [own[what] for own in steady.uploads])
            lost += [f"{table} {own[what]}" for own in steady.uploads if not there.get(own[what])]
            different += [f"{table} {key} is there {times} times" for key, times in there.items() if times > 1]
        cursor.execute("SELECT a.id::text, a.attempt - b.attempt FROM analyses_analysis a JOIN before.analyses_analysis b USING (id)")
        different += [f"analyses_analysis {key} attempt" for key, more in cursor.fetchall() if more != steady.attempts[key]]
    return rows + len(UPLOAD) * len(steady.uploads), lost, different


def _unlike(cursor: Any, table: str, columns: list[str]) -> tuple[list[str], list[str]]:
    """The keys of rows that are no longer there, and of those that differ in a column."""
    cursor.execute(
        "SELECT attname FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY(indkey)"
        " WHERE indrelid = %s::regclass AND indisprimary",
        [f"public.{table}"],
    )
    [(key,)] = cursor.fetchall()
    was, now = (sql.SQL(", ").join(sql.Identifier(side, column) for column in columns) for side in ("was", "now"))
    query = (
        "SELECT was.{key}::text, now.{key} IS NULL FROM before.{table} was LEFT JOIN public.{table} now USING ({key})"
        " WHERE now.{key} IS NULL OR ROW({was}) IS DISTINCT FROM ROW({now})"
    )
    cursor.execute(sql.SQL(query).format(key=sql.Identifier(key), table=sql.Identifier(table), was=was, now=now))
    found = cursor.fetchall()
    return [key for key, gone in found if gone], [key for key, gone in found if not gone]


def _found(cursor: Any, table: str, column: str, keys: list[str]) -> dict[str, int]:
    """How often each is there."""
    query = "SELECT {column}::text, count(*) FROM {table} WHERE {column}::text = ANY(%s) GROUP BY 1"
    cursor.execute(sql.SQL(query).format(column=sql.Identifier(column), table=sql.Identifier(table)), [keys])
    return dict(cursor.fetchall())
