"""Which files the rows of all rooms name."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models

from medinform.fields import CheckedFileField


@dataclass(frozen=True)
class Kept:
    """One file as its row describes it. `checksum` is empty where none was kept; `length` counts for a file in pieces only."""

    model: type[models.Model]
    field: models.FileField
    pk: Any
    name: str
    checksum: str
    length: int | None

    def is_current(self) -> bool:
        """Whether the row still says so: while one looks at files, people go on."""
        same = {"pk": self.pk, self.field.name: self.name}
        if isinstance(self.field, CheckedFileField):
            same[self.field.checksum] = self.checksum
        return self.model._base_manager.filter(**same).exists()

    def __str__(self) -> str:
        return f"{self.model._meta.label} {self.pk}: {self.name}"


def fields() -> Iterator[tuple[type[models.Model], models.FileField]]:
    """Every column that names a file."""
    for model in apps.get_models():
        for field in model._meta.local_concrete_fields:
            if isinstance(field, models.FileField):
                yield model, field


def kept() -> Iterator[Kept]:
    """Every file that a row names."""
    for model, field in fields():
        columns = ["pk", field.name]
        if isinstance(field, CheckedFileField):
            columns += [field.checksum, field.length] if field.length else [field.checksum]
        for pk, name, *more in model._base_manager.exclude(**{field.name: ""}).values_list(*columns).iterator(chunk_size=2000):
            yield Kept(model, field, pk, name, more[0] if more else "", more[1] if len(more) > 1 else None)
