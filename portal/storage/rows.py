"""Every row of every table, as JSON that another database reads back to the microsecond, and back."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

from django.apps import apps
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.db.migrations.recorder import MigrationRecorder

PART = 500  # rows that are read, written or kept in memory at a time
Model = type[models.Model]


def tables() -> list[Model]:
    """All that the portal keeps, those between two others too."""
    found = apps.get_models(include_auto_created=True)
    return [model for model in found if model._meta.managed and not model._meta.proxy]


def migrations() -> list[str]:
    """The state that the database is in."""
    return sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())


@contextmanager
def snapshot() -> Iterator[None]:
    """Whatever is read in the block is of one moment. Nobody waits for it."""
    if connection.vendor == "sqlite":  # not atomic(): our transactions there begin by locking out all others who write
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")
            try:
                cursor.execute("SELECT 1 FROM django_migrations")
                yield
            finally:
                cursor.execute("ROLLBACK")
        return
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def read(model: Model) -> Iterator[tuple[int, bytes]]:
    """Some hundred rows at a time: how many, and a line of JSON for each."""
    fields = model._meta.local_concrete_fields
    rows = model._base_manager.order_by("pk").iterator(chunk_size=PART)
    for some in _some(rows, PART):
        lines = [json.dumps([_told(field, row) for field in fields], ensure_ascii=False) for row in some]
        yield len(lines), "\n".join(lines).encode()


def _some(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    left = iter(rows)
    while found := list(islice(left, size)):
        yield found


def _told(field: models.Field, row: models.Model) -> Any:
    return None if field.value_from_object(row) is None else field.value_to_string(row)


def write(model: Model, columns: list[str], data: bytes) -> int:
    """Lines of JSON as rows, exactly as they were: nothing is set anew, no signal is sent."""
    by_name = {field.name: field for field in model._meta.local_concrete_fields}
    fields = [by_name[name] for name in columns]
    rows = [model(**{f.attname: f.to_python(v) for f, v in zip(fields, json.loads(line), strict=True)}) for line in data.split(b"\n")]
    size = connection.ops.bulk_batch_size(fields, rows) or len(rows)
    for some in _some(rows, size):
        model._base_manager._insert(some, fields=fields, using=connection.alias, raw=True)  # type: ignore[attr-defined]
    return len(rows)


def columns(model: Model) -> list[str]:
    return [field.name for field in model._meta.local_concrete_fields]


def empty(found: Iterable[Model]) -> None:
    """Delete what the migrations put there. Foreign keys are looked at when the transaction ends."""
    with connection.cursor() as cursor:
        for model in found:
            if model._base_manager.exists():
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}")  # noqa: S608


def count_on() -> None:
    """The next row of each table gets a number of its own."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), tables()):
            cursor.execute(statement)


def drop_everything() -> None:
    """Tables, triggers and all: an empty database."""
    with connection.cursor() as cursor:
        if connection.vendor != "sqlite":
            cursor.execute("DROP SCHEMA public CASCADE")
            cursor.execute("CREATE SCHEMA public")
            return
        cursor.execute("PRAGMA foreign_keys = OFF")
        for kind in ("trigger", "view", "table"):
            cursor.execute("SELECT name FROM sqlite_master WHERE type = %s AND name NOT LIKE 'sqlite_%%'", [kind])
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP {kind.upper()} IF EXISTS {connection.ops.quote_name(name)}")
        cursor.execute("PRAGMA foreign_keys = ON")
