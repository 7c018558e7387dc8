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


class AtOnce(Operation):
    """Steps of one app that change tables in use, as one. On PostgreSQL the SQL of all is made first, which takes Django a while, then the
    tables are locked, and the rest is done in no time.

    `tables` are models, in the order in which the portal writes them: else one that has written the first and wants the second, and a
    migration that has the second and wants the first, would wait for each other, and PostgreSQL would break off one of them.
    """

    def __init__(self, tables: list[str], steps: list[Operation]) -> None:
        self.tables, self.steps = tables, steps

    @property
    def reversible(self) -> bool:  # type: ignore[override]
        return all(step.reversible for step in self.steps)

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Models that are made already are made anew once, not at each step: with many steps that is most of what a migration takes."""
        made = state.__dict__.pop("apps", None)
        for step in self.steps:
            step.state_forwards(app_label, state)
        if made is not None:
            state.apps = made
            state.reload_models({(app_label, step.model_name_lower) for step in self.steps}, delay=False)  # type: ignore[attr-defined]

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        with self._locked(app_label, schema_editor, from_state) as editor:
            for step, before, after in self._states(app_label, from_state):
                step.database_forwards(app_label, editor, before, after)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        with self._locked(app_label, schema_editor, to_state) as editor:
            for step, before, after in reversed(self._states(app_label, to_state)):
                step.database_backwards(app_label, editor, after, before)

    def describe(self) -> str:
        return "; ".join(step.describe() for step in self.steps)

    def _states(self, app_label: str, state: Any) -> list[tuple[Operation, Any, Any]]:
        """Each step with the models before and after it."""
        found = []
        for step in self.steps:
            after = state.clone()
            step.state_forwards(app_label, after)
            found.append((step, state, after))
            state = after
        return found

    @contextmanager
    def _locked(self, app_label: str, schema_editor: Any, state: Any) -> Iterator[Any]:
        """Yields the editor that takes the steps."""
        connection = schema_editor.connection
        if connection.vendor != "postgresql" or schema_editor.collect_sql:
            yield schema_editor
            return
        with connection.schema_editor(collect_sql=True, atomic=False) as collected:
            yield collected
        tables = [schema_editor.quote_name(state.apps.get_model(app_label, name)._meta.db_table) for name in self.tables]
        for statement in [f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE", *collected.collected_sql]:
            schema_editor.execute(statement, params=None)


def in_transaction(step: Operation) -> Operation:
    """The step as a transaction of its own, in a migration that is none."""
    step.atomic = True  # type: ignore[misc]  # Django's own steps are told so by their instances (RunSQL, RunPython)
    return step
