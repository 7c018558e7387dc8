"""Migrations: each can be undone with data in the tables, none stops those who work, and what would is not let in."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.db import connections, migrations, models
from django.db.migrations.loader import MigrationLoader

from drills import lint
from drills.migrations import forward, manage, prepare
from drills.released import ACCEPTED, RELEASED
from drills.state import rows, shape
from drills.states import OURS
from drills.traffic import connect
from medinform.operations import AddIndex, AtOnce
from tests.e2e.stack import ROOT

FIRST, LATELY = RELEASED[0][-1], "accounts.0007_api_tokens"  # after it, tables that somebody reads get columns, and indexes
KINDS = ("django_migrations", "django_content_type", "auth_permission")  # what Django writes down of the models themselves
IN_USE = """
import django
django.setup()
from django.core.management import call_command
from drills.cast import fill
from drills.states import reach
then, _ = reach("newest")
call_command("sync_models")
call_command("seed_demo")
call_command("populate", scans=2100)
fill(then)
"""


def run(database: str, folder: Path, *words: str) -> None:
    environment = {**os.environ, "DATABASE_URL": database, "VAR_DIR": str(folder), "MEDIA_ROOT": str(folder / "media"), "DEBUG": "true"}
    environment |= {"DEMO_SCANS": "no", "DEMO_PASSWORD": "correct horse battery", "DJANGO_SETTINGS_MODULE": "medinform.settings"}
    done = subprocess.run([sys.executable, *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stderr


def of(found: dict[str, list[dict[str, Any]]], like: dict[str, list[dict[str, Any]]]) -> dict[str, list[str]]:
    """The rows in those tables and columns that `like` has."""
    columns = {table: list(there[0]) for table, there in like.items() if there and table not in KINDS}
    return {table: sorted(str([row[column] for column in names]) for row in found[table]) for table, names in columns.items()}


def test_everything_is_undone_to_the_first_release_and_done_again(postgres: str, tmp_path: Path) -> None:
    databases = {"postgresql": postgres, "sqlite": f"sqlite:///{tmp_path}/portal.sqlite3"}
    with ThreadPoolExecutor() as both:  # most of a minute each, so side by side
        list(both.map(lambda kind: there_and_back(databases[kind], tmp_path / kind), databases))


def there_and_back(database: str, folder: Path) -> None:
    folder.mkdir()
    run(database, folder, "-c", IN_USE)
    before, looked = rows(database), shape(database)
    assert [table for table, there in before.items() if table.partition("_")[0] in OURS and not there] == [
        "accounts_user_groups",
        "accounts_user_user_permissions",
    ]

    run(database, folder, "-m", "drills.states", FIRST)
    back = rows(database)
    assert "questions_question" not in back
    assert {row["recommendation"] for row in back["reviews_opinion"]} == {"none", "urgent"}  # "clinic", as it was said then
    for row in back["reviews_opinion"]:
        row["recommendation"] = {"urgent": "clinic"}.get(row["recommendation"], row["recommendation"])
    assert [row["digest"][0] for row in back["knox_authtoken"]] == ["e"]  # one that only read would be one that may do all, then
    before["knox_authtoken"] = [row for row in before["knox_authtoken"] if row["digest"][0] == "e"]
    assert of(back, back) == of(before, back)

    run(database, folder, "-m", "drills.states", "newest")
    again = rows(database)
    assert of(again, back) == of(before, back)
    assert shape(database) == looked
    for table in ("reviews_servicetarget", "reviews_criticalrule", "accounts_consenttranslation", "records_retentionpolicy"):
        assert len(again[table]) == len(before[table]) > 0  # what migrations write


def test_the_newest_is_reached_from_a_release_before_while_people_work(postgres: str) -> None:
    """`make drill` does it from every release."""
    prepare(postgres, LATELY, 500)
    with closing(connect(postgres)) as report:  # somebody's that takes long, in one transaction
        report.cursor().execute("SELECT count(*) FROM analyses_analysis")
        gave_up = manage(postgres, "manage.py", "migrate", "--noinput")
    assert gave_up.returncode == 1
    assert "lock timeout" in gave_up.stderr
    with closing(connect(postgres)) as broken:  # as a try that broke off leaves it
        broken.cursor().execute("CREATE INDEX analyses_newest_first ON analyses_analysis (attempt)")
        broken.commit()

    row, failed = forward(postgres, LATELY)
    assert failed == []
    assert row["tries"] == 1
    assert row["rows"] > 3000
    assert row["transactions"] > 100
    assert any("analyses_newest_first" in line and "(queued_at DESC, id DESC)" in line for line in shape(postgres))


def test_every_step_has_a_way_back() -> None:
    steps = [(key, step) for key, migration in MigrationLoader(None).disk_migrations.items() for step in migration.operations]
    ours = [(key, step) for key, step in steps if key[0] in OURS]
    assert len(ours) > 100
    assert [key for key, step in ours if not step.reversible] == []


@pytest.mark.parametrize(
    ("key", "at_once"),
    [
        (key, step)
        for key, migration in sorted(MigrationLoader(None).disk_migrations.items())
        for step in migration.operations
        if isinstance(step, AtOnce)
    ],
    ids=lambda value: ".".join(value) if isinstance(value, tuple) else "",
)
def test_steps_at_once_leave_the_models_that_they_leave_one_by_one(key: tuple[str, str], at_once: AtOnce) -> None:
    loader = MigrationLoader(None)
    known = loader.project_state(loader.graph.node_map[key].parents and [parent.key for parent in loader.graph.node_map[key].parents])
    for step in loader.get_migration(*key).operations:  # as it is when its turn comes
        if isinstance(step, AtOnce):
            break
        step.state_forwards(key[0], known)
    together, singly = known.clone(), known.clone()
    assert together.apps
    at_once.state_forwards(key[0], together)
    for step in at_once.steps:
        step.state_forwards(key[0], singly)
    assert made_of(together) == made_of(singly)
    assert made_of(together) != made_of(known)


def made_of(state: Any) -> dict[str, list[str]]:
    """Fields of every model, and to which model each leads; relations from elsewhere, too; and what the database has to keep."""
    return {
        model._meta.label: sorted(
            [
                *(
                    f"{field.name} {type(field).__name__} {getattr(field.related_model, '__name__', '')}"
                    for field in model._meta.get_fields()
                ),
                *(each.name for each in (*model._meta.constraints, *model._meta.indexes)),
            ]
        )
        for model in state.apps.get_models()
    }


def test_what_was_released_is_there_with_all_that_it_needs() -> None:
    graph, there = MigrationLoader(None).graph, set()
    for state in RELEASED:
        there |= {tuple(name.split(".")) for name in state}
        needed = {node for name in state for node in graph.forwards_plan(tuple(name.split("."))) if node[0] in OURS}
        assert needed <= there
    assert set(ACCEPTED) <= {name for state in RELEASED for name in state}


def nothing(apps: Any, schema_editor: Any) -> None:
    """A step that changes data."""


def text(**options: Any) -> models.Field:
    return models.CharField(max_length=5, **options)


BY_SIZE = models.Index(fields=["size"], name="scans_by_size")


@pytest.mark.parametrize(
    ("step", "atomic", "found"),
    [
        (migrations.AddField("scan", "note", text(default="")), True, {"NOT_NULL"}),
        (migrations.AddField("scan", "note", text(default="", db_default="")), True, set()),
        (migrations.AddField("scan", "note", text(null=True)), True, set()),
        (migrations.RemoveField("scan", "thumbnail_sha256"), True, {"DROP_COLUMN"}),
        (migrations.RenameField("scan", "size", "bytes"), True, {"RENAME_COLUMN"}),
        (migrations.AddIndex("scan", BY_SIZE), True, {"CREATE_INDEX"}),
        (AddIndex("scan", BY_SIZE), False, set()),
        (migrations.RunPython(nothing), True, {"RUNPYTHON_REVERSIBLE"}),
        (migrations.RunPython(nothing, nothing), True, set()),
    ],
)
def test_what_would_stop_a_release_that_serves_is_found(
    step: Any, atomic: bool, found: set[str], db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    migration = migrations.Migration("0099_next", "scans")
    migration.operations, migration.atomic = [step], atomic
    with monkeypatch.context() as patched:
        if not atomic:  # nothing is executed, in the transaction of this test or outside
            patched.setattr(connections["default"], "in_atomic_block", False)
        _, issues = lint.judge(migration, MigrationLoader(None).project_state())
    assert set(issues) == found


def test_only_what_is_accepted_passes_and_the_list_gets_shorter() -> None:
    found = {"scans.0007_next": {"NOT_NULL": "words"}, "scans.0003_whose_picture": {"CREATE_INDEX": "words"}}
    accepted = {"scans.0003_whose_picture": {"CREATE_INDEX": "small then", "NOT_NULL": "small then"}}
    assert list(lint.refused(found, accepted)) == [
        "scans.0003_whose_picture: NOT_NULL is accepted in drills/released.py and not found",
        "scans.0007_next: NOT_NULL: words",
    ]
