"""`python -m drills.states NAME [--cases N]`: the database of DATABASE_URL as it is while NAME is the newest migration, with rows in it.

A database that is ahead goes back to it, and gets no rows. NAME is one of released.py, or `newest`: what the code has.
"""

import argparse
import gc
import os
from typing import Any

import django

from drills.released import RELEASED, until

# Of what a portal has most of, so many more: each is a copy of the first row with what has to be its own, as SQL of the number `n`.
SCAN, ANALYSIS, REVIEW = (f"md5('{kind}' || n)::uuid" for kind in ("scan", "analysis", "review"))
MANY = {
    "scans_scan": {"id": SCAN, "source_sha256": "md5('a' || n) || md5('b' || n)"},
    "analyses_analysis": {"id": ANALYSIS, "scan_id": SCAN},
    "reviews_review": {"id": REVIEW, "analysis_id": ANALYSIS},
    "reviews_opinion": {"review_id": REVIEW},
    "notifications_notification": {"subject_id": f"{ANALYSIS}::text"},
    "audit_auditevent": {"target_id": f"{ANALYSIS}::text"},
}
OURS = sorted({name.partition(".")[0] for state in RELEASED for name in state})


def reach(name: str) -> tuple[Any, bool]:
    """Migrate forward from nothing, or back. What the models were then, and whether the database was new."""
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    from portal.audit import guard

    gc.disable()  # a third of the time: every step makes its models anew, and this process is short
    executor = MigrationExecutor(connection)
    new = not executor.loader.applied_migrations
    if name == "newest":
        call_command("migrate", verbosity=0)
        return executor.loader.project_state().apps, new
    heads: dict[str, str | None] = dict.fromkeys(OURS)
    for migration in until(name):
        app, _, own = migration.partition(".")
        heads[app] = max(own, heads[app] or "")
    targets = [(app, own) for app, own in heads.items() if own or not new]
    if new:  # the tables of others are as their packages make them today
        targets += [node for node in executor.loader.graph.leaf_nodes() if node[0] not in OURS]
    then = executor.migrate(targets).apps
    guard.install()
    return then, new


def grow(cases: int) -> None:
    """On PostgreSQL: six rows a case."""
    from django.db import connection

    with connection.cursor() as cursor:
        for table, own in MANY.items():
            cursor.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s AND NOT"
                " (column_name = 'id' AND data_type = 'bigint')",
                [table],
            )
            columns = [column for (column,) in cursor.fetchall()]
            values = ", ".join(own.get(column, f'first."{column}"') for column in columns)
            names = ", ".join(f'"{column}"' for column in columns)
            first = f'(SELECT * FROM "{table}" ORDER BY id LIMIT 1) AS first'  # noqa: S608
            cursor.execute(f'INSERT INTO "{table}" ({names}) SELECT {values} FROM {first}, generate_series(1, %s) AS n', [cases])  # noqa: S608
        cursor.execute("ANALYZE")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m drills.states", description=__doc__)
    parser.add_argument("name", choices=["newest", *(name for state in RELEASED for name in state)])
    parser.add_argument("--cases", type=int, default=0, help="so many more scans, with what belongs to them; on PostgreSQL")
    arguments = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "medinform.settings")
    django.setup()
    from drills.cast import fill

    then, new = reach(arguments.name)
    if new:
        fill(then)
    if arguments.cases:
        grow(arguments.cases)


if __name__ == "__main__":
    main()
