"""The database itself refuses to change or delete what the audit holds, whoever asks: triggers, put in place after each `migrate`.

One change is allowed, for closing an account: an event's address may become NULL (services.forget_addresses). A table that is made anew by
a migration (SQLite does so) loses its triggers, so each `migrate` looks whether they are there. On PostgreSQL the portal can besides run
under a role that has no right to try (the command grant_app_role)."""

from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from .models import AuditEvent, Seal

TABLES = (AuditEvent._meta.db_table, Seal._meta.db_table)
WORDS = "what the audit holds is never changed or deleted"


def install(using: str = "default", **kwargs: Any) -> None:
    """Listens to post_migrate. Does nothing where all is in place."""
    connection = connections[using]
    if not set(TABLES) <= set(connection.introspection.table_names()):  # migrated back to before them
        return
    for name, statements in _triggers(connection.vendor).items():
        if name not in installed(connection):
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)


def installed(connection: BaseDatabaseWrapper) -> set[str]:
    """The names of the triggers that are there."""
    query = {
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgrelid IN (%s::regclass, %s::regclass)",
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN (%s, %s)",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(query, TABLES)
        return {name for (name,) in cursor.fetchall()}


def off(connection: BaseDatabaseWrapper) -> list[str]:
    """The triggers that are missing or, on PostgreSQL, disabled: somebody who may do so could change rows now."""
    missing = set(_triggers(connection.vendor)) - installed(connection)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT tgname FROM pg_trigger WHERE tgenabled = 'D' AND tgrelid IN (%s::regclass, %s::regclass)", TABLES)
            missing |= {name for (name,) in cursor.fetchall()}
    return sorted(missing)


def _triggers(vendor: str) -> dict[str, list[str]]:
    return _of_postgresql() if vendor == "postgresql" else _of_sqlite()


def _of_postgresql() -> dict[str, list[str]]:
    refuse = f"""
        CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = '{TABLES[0]}' THEN
                OLD.address := NULL;
                IF NEW IS NOT DISTINCT FROM OLD THEN
                    RETURN NEW;
                END IF;
            END IF;
            RAISE EXCEPTION '{WORDS}' USING ERRCODE = 'restrict_violation';
        END $$"""
    made = {}
    for table in TABLES:
        rows, all_of_it = f"{table}_stays", f"{table}_is_not_emptied"
        made[rows] = [refuse, f"CREATE TRIGGER {rows} BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION audit_refuse()"]
        made[all_of_it] = [
            refuse,
            f"CREATE TRIGGER {all_of_it} BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()",
        ]
    return made


def _of_sqlite() -> dict[str, list[str]]:
    """SQLite has no TRUNCATE; what empties a table there is a DELETE."""
    fields = [field.column for field in AuditEvent._meta.concrete_fields if field.column != "address"]
    only_the_address = " AND ".join(["NEW.address IS NULL", *(f"NEW.{field} IS OLD.{field}" for field in fields)])
    refuse = f"BEGIN SELECT RAISE(ABORT, '{WORDS}'); END"
    made = {}
    for table in TABLES:
        allowed = f"WHEN NOT ({only_the_address}) " if table == TABLES[0] else ""
        made[f"{table}_stays"] = [f"CREATE TRIGGER {table}_stays BEFORE UPDATE ON {table} {allowed}{refuse}"]
        made[f"{table}_is_not_deleted"] = [f"CREATE TRIGGER {table}_is_not_deleted BEFORE DELETE ON {table} {refuse}"]
    return made
