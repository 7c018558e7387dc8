"""Steps of a migration that a portal in use does not notice: docs/architecture.md, "Migrations". On SQLite each is the plain one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation


class AddIndex(AddIndexConcurrently):
    """PostgreSQL builds the index while rows are read and written. For a migration with `atomic = False` and little else in it.

    It may wait for transactions that are open, since nobody waits for it: `lock_timeout` does not count here. An index of that name that an
    earlier try left behind, finished or not, goes first.
    """

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            migrations.AddIndex.database_forwards(self, app_label, schema_editor, from_state, to_state)
            return
        with _patience(schema_editor):
            schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {schema_editor.quote_name(self.index.name)}")
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor != "postgresql":
            migrations.AddIndex.database_backwards(self, app_label, schema_editor, from_state, to_state)
            return
        with _patience(schema_editor):
            super().database_backwards(app_label, schema_editor, from_state, to_state)


@contextmanager
def _patience(schema_editor: BaseDatabaseSchemaEditor) -> Iterator[None]:
    """No `lock_timeout` in the block."""
    if schema_editor.collect_sql:
        yield
        return
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('lock_timeout'), set_config('lock_timeout', '0', false)")
        usual = cursor.fetchone()[0]
        try:
            yield
        finally:
            cursor.execute("SELECT set_config('lock_timeout', %s, false)", [usual])


class AddFieldKeepingDefault(migrations.AddField):
    """A field that can not be NULL; PostgreSQL keeps its default, so that the release before, which does not know the column, goes on
    writing rows. For what was released before fields had `db_default`, which says the same to the models as well. `sql` is the default
    where the field's own is a function.
    """

    def __init__(self, model_name: str, name: str, field: models.Field, preserve_default: bool = True, sql: str = "") -> None:
        super().__init__(model_name, name, field, preserve_default)
        self.sql = sql

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        super().database_forwards(app_label, schema_editor, from_state, to_state)
        model = to_state.apps.get_model(app_label, self.model_name)
        if schema_editor.connection.vendor == "postgresql" and self.allow_migrate_model(schema_editor.connection.alias, model):
            field, quoted = model._meta.get_field(self.name), schema_editor.quote_name
            kept = f"ALTER TABLE {quoted(model._meta.db_table)} ALTER COLUMN {quoted(field.column)} SET DEFAULT"
            schema_editor.execute(f"{kept} {self.sql or '%s'}", None if self.sql else [schema_editor.effective_default(field)])


class LockTables(Operation):
    """Tables that a migration changes one after the other, all at once and in the order in which the portal writes them: else one that has
    written the first and wants the second, and a migration that has the second and wants the first, wait for each other, and PostgreSQL
    breaks off one of them.
    """

    reversible = True
    atomic = False

    def __init__(self, *model_names: str) -> None:
        self.model_names = model_names

    def state_forwards(self, app_label: str, state: Any) -> None:
        pass

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        if schema_editor.connection.vendor == "postgresql":
            tables = [from_state.apps.get_model(app_label, name)._meta.db_table for name in self.model_names]
            schema_editor.execute(f"LOCK TABLE {', '.join(map(schema_editor.quote_name, tables))} IN ACCESS EXCLUSIVE MODE")

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Undone last, when all is locked already: who undoes has stopped the portal."""

    def describe(self) -> str:
        return f"Lock {', '.join(self.model_names)}"


def in_transaction(step: Operation) -> Operation:
    """The step as a transaction of its own, in a migration that is none."""
    step.atomic = True
    return step
