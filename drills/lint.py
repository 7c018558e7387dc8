"""`python -m drills.lint`, a part of `make lint`: what each migration would stop, or take from a release that still serves.

django-migration-linter reads the SQL that PostgreSQL would get; a server is started for it where DATABASE_URL names none. What was released
before there was this check passes by released.ACCEPTED, and only with what is written there.
"""

import contextlib
import functools
import os
import re
import sys
from collections.abc import Iterator
from typing import Any

import django

from drills.released import ACCEPTED, RELEASED
from medinform import embedded

_STYLE = ("RUNPYTHON_ARGS_NAMING_CONVENTION", "RUNPYTHON_MODEL_VARIABLE_NAME")  # says nothing of what the database does
Found = dict[str, dict[str, str]]  # by migration: {code: words}


def look() -> Found:
    """All our migrations, in the order of the plan, on the database of the settings."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor
    from django.db.migrations.state import ProjectState

    ours = {name.partition(".")[0] for state in RELEASED for name in state}
    executor = MigrationExecutor(connection)
    state = ProjectState(real_apps=executor.loader.unmigrated_apps)
    found: Found = {}
    for migration, _ in executor.migration_plan(executor.loader.graph.leaf_nodes(), clean_start=True):
        if migration.app_label not in ours:
            state = migration.mutate_state(state)
            continue
        state, found[f"{migration.app_label}.{migration.name}"] = judge(migration, state)
    return found


def judge(migration: Any, state: Any) -> tuple[Any, dict[str, str]]:
    """The state after a migration, and what the linter says of it. Nothing is executed."""
    from django.db import connection
    from django_migration_linter.sql_analyser import PostgresqlAnalyser, analyse_sql_statements

    with connection.schema_editor(collect_sql=True, atomic=migration.atomic) as editor:
        after = migration.apply(state, editor, collect_sql=True)
    # as sqlmigrate prints it, so that the linter knows what is one transaction
    statements = ["BEGIN;"] * migration.atomic + editor.collected_sql + ["COMMIT;"] * migration.atomic
    errors, _, warnings = analyse_sql_statements(PostgresqlAnalyser, _of_old_tables(statements), _STYLE)
    more, _, others = _linter().analyse_data_migration(migration)
    issues = [*errors, *warnings, *more, *others]
    return after, {issue.code: f"{issue.message}{f' ({issue.table})' if issue.table else ''}" for issue in issues}


def _of_old_tables(statements: list[str]) -> list[str]:
    """Without what is done to tables that the migration itself makes, which nobody uses yet: the linter looks no further than the first."""
    made = {found[1] for statement in statements if (found := re.match(r'CREATE TABLE ("\w+")', statement))}
    about = re.compile(r'(?:ALTER TABLE|CREATE (?:UNIQUE )?INDEX "\w+" ON) ("\w+")')
    return [statement for statement in statements if not ((found := about.match(statement)) and found[1] in made)]


@functools.cache
def _linter() -> Any:
    from django_migration_linter.migration_linter import MigrationLinter

    return MigrationLinter(no_cache=True, no_output=True, exclude_migration_tests=_STYLE)


def refused(found: Found, accepted: Found) -> Iterator[str]:
    """What is found and not accepted; and what is accepted and not found, so that the list gets shorter and not longer."""
    for name in sorted({*found, *accepted}):
        for code in sorted({*found.get(name, {}), *accepted.get(name, {})}):
            if code not in accepted.get(name, {}):
                yield f"{name}: {code}: {found[name][code]}"
            elif code not in found.get(name, {}):
                yield f"{name}: {code} is accepted in drills/released.py and not found"


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "medinform.settings")
    with contextlib.ExitStack() as servers:
        if not os.environ.get("DATABASE_URL", "").startswith(("postgres", "psql", "pgsql")):
            os.environ["DATABASE_URL"] = servers.enter_context(embedded.postgres_server())
        django.setup()
        found = look()
        lines = list(refused(found, ACCEPTED))
    print("\n".join([*lines, f"{len(found)} migrations, {len(lines)} refused"]))
    return int(bool(lines))


if __name__ == "__main__":
    sys.exit(main())
