"""Rows of one table by the ten thousand: each is a copy of a row that the model itself made, with what is its own put in.

Django's bulk_create spends most of its time on preparing values; here only those that differ are prepared, and PostgreSQL takes them by
COPY. What a model checks in Python is not checked; the constraints of the database are.
"""

import io
import json
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import connection, models


class Table:
    """`like`: an unsaved instance whose values every row has that does not bring its own."""

    def __init__(self, like: models.Model) -> None:
        self.model = type(like)
        fields = [field for field in self.model._meta.concrete_fields if not isinstance(field, models.AutoField)]
        self.columns = [field.column for field in fields]
        self.places = {field.attname: place for place, field in enumerate(fields)}
        self.values = [_prepared(field, getattr(like, field.attname)) for field in fields]

    def add(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write the rows, each given by attribute names (`patient_id`); dates and keys as at() and key() make them, JSON as text."""
        made = []
        for own in rows:
            row = self.values.copy()
            for name, value in own.items():
                row[self.places[name]] = value
            made.append(row)
        if connection.vendor == "postgresql":
            self._copy(made)
        else:
            marks = ", ".join(["%s"] * len(self.columns))
            with connection.cursor() as cursor:
                cursor.executemany(f"INSERT INTO {self._name()} ({self._columns()}) VALUES ({marks})", made)  # noqa: S608

    def _copy(self, rows: list[list[Any]]) -> None:
        lines = io.StringIO("".join("\t".join(map(_text, row)) + "\n" for row in rows))
        with connection.cursor() as cursor:
            cursor.cursor.copy_expert(f"COPY {self._name()} ({self._columns()}) FROM STDIN", lines)

    def _name(self) -> str:
        return connection.ops.quote_name(self.model._meta.db_table)

    def _columns(self) -> str:
        return ", ".join(connection.ops.quote_name(str(column)) for column in self.columns)


def _prepared(field: models.Field, value: Any) -> Any:
    """As the database's driver takes it; JSON as its text."""
    if isinstance(field, models.JSONField):
        return json.dumps(value, cls=field.encoder)
    value = field.get_db_prep_save(value, connection)
    return at(value) if isinstance(value, datetime) else key(value) if isinstance(value, uuid.UUID) else value


def key(value: uuid.UUID) -> str:
    """As the database keeps it."""
    return str(value) if connection.vendor == "postgresql" else value.hex


def at(value: datetime) -> str:
    """As the database keeps it, in UTC."""
    return value.replace(tzinfo=None).isoformat(" ", "microseconds") + ("+00" if connection.vendor == "postgresql" else "")


def _text(value: Any) -> str:
    """In the text format of COPY."""
    if value is None:
        return r"\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    text = str(value)
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n") if "\\" in text or "\t" in text or "\n" in text else text
