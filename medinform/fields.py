"""A file whose checksum is kept beside it, in another column of the same row."""

from __future__ import annotations

from typing import Any

from django.core.files.base import File
from django.db import models
from django.db.models.fields.files import FieldFile

from medinform.storage import digest


class CheckedFile(FieldFile):
    """Counts the checksum of what it is given to keep."""

    field: CheckedFileField

    def save(self, name: str, content: File, save: bool = True) -> None:
        setattr(self.instance, self.field.checksum, digest(content.chunks()))
        content.seek(0)
        super().save(name, content, save)


class CheckedFileField(models.FileField):
    """`checksum` names the column of its SHA-256; `length`, for a file that comes in pieces, that of the bytes which count."""

    attr_class = CheckedFile

    def __init__(self, *args: Any, checksum: str = "", length: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.checksum, self.length = checksum, length

    def deconstruct(self) -> tuple:
        """To the database it is a file like any other."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.FileField", args, kwargs
