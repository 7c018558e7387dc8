"""Sealing files anew, with the first key of MEDIA_KEYS. Stopped half-way it goes on where it was."""

from dataclasses import dataclass, field

from django.db import transaction

from medinform.sealing import SealError
from medinform.storage import media

from .files import Kept, kept


@dataclass
class Rotated:
    files: int = 0
    resealed: int = 0
    unreadable: list[Kept] = field(default_factory=list)


def rotate() -> Rotated:
    """Every file; the row is locked meanwhile, so that none is written in between, and none comes back that was deleted."""
    done = Rotated()
    for file in kept():
        with transaction.atomic():
            row = file.model._base_manager.select_for_update().filter(pk=file.pk, **{file.field.name: file.name})
            if not row.exists() or not media().exists(file.name):
                continue
            done.files += 1
            try:
                done.resealed += media().reseal(file.name)
            except SealError:
                done.unreadable.append(file)
    return done
