"""On PostgreSQL the owner of the tables migrates; the portal serves under a lesser role, which can not change what the audit holds."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from psycopg2 import sql

from portal.audit.guard import TABLES


class Command(BaseCommand):
    help = "Make the role of APP_DATABASE_ROLE (password: APP_DATABASE_PASSWORD), or bring its rights up to date. Run it after migrate."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        name, password = settings.APP_DATABASE_ROLE, settings.APP_DATABASE_PASSWORD
        if connection.vendor != "postgresql" or not (name and password):
            raise CommandError("This needs PostgreSQL, APP_DATABASE_ROLE and APP_DATABASE_PASSWORD.")
        if name == connection.settings_dict["USER"]:
            raise CommandError("APP_DATABASE_ROLE has to be another role than the one that migrates.")
        role = sql.Identifier(name)
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name])
            verb = sql.SQL("ALTER" if cursor.fetchone() else "CREATE")
            rights = sql.SQL("LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS PASSWORD")
            self._do(cursor, "{} ROLE {} {} {}", verb, role, rights, sql.Literal(password))
            self._do(cursor, "GRANT USAGE ON SCHEMA public TO {}", role)
            self._do(cursor, "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}", role)
            self._do(cursor, "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}", role)
            for table in TABLES:
                self._do(cursor, "REVOKE UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON {} FROM {}", sql.Identifier(table), role)
            self._do(cursor, "GRANT UPDATE (address) ON {} TO {}", sql.Identifier(TABLES[0]), role)  # to NULL only: guard.py
            self._do(cursor, "REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {}", role)
        self.stdout.write(f"{name} serves: it may add to the audit, and not change it.")

    def _do(self, cursor: Any, statement: str, *parts: sql.Composable) -> None:
        cursor.cursor.execute(sql.SQL(statement).format(*parts))  # psycopg2's own cursor: names are quoted by it, and no password is logged
