"""Pictures are looked at one ahead: while the network computes, a thread reads, decodes, judges and prepares the next."""

from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from uuid import UUID

from inference import engine
from portal.scans.services import digest

from .models import Analysis

Submit = Callable[[Callable[[Analysis], engine.Look], Analysis], Future[engine.Look]]


class DamagedFile(Exception):
    """The stored file is not the one that was kept."""


class Ahead:
    """What is known of the pictures in hand. A picture is looked at once, whatever was asked of it, if it is asked in one go."""

    def __init__(self, submit: Submit) -> None:
        self._submit = submit
        self._begun: dict[tuple[UUID, str], Future[engine.Look]] = {}

    def begin(self, *analyses: Analysis) -> None:
        """Look at their pictures, in this order; all others are forgotten."""
        pictures: dict[tuple[UUID, str], Analysis] = {}
        for analysis in analyses:
            pictures.setdefault((analysis.scan_id, analysis.catalogue.modality), analysis)
        self._begun = {picture: self._begun.get(picture) or self._submit(_look, one) for picture, one in pictures.items()}

    def look(self, analysis: Analysis) -> engine.Look:
        """At what was begun, when that is done, else now. Raises ImageRejected, DamagedFile, OSError, MemoryError ..."""
        picture = analysis.scan_id, analysis.catalogue.modality
        if picture not in self._begun:
            done: Future[engine.Look] = Future()
            done.set_result(_look(analysis))
            self._begun = {picture: done}
        return self._begun[picture].result()


def _look(analysis: Analysis) -> engine.Look:
    with analysis.scan.file.open("rb") as file:
        data = file.read()
    if digest(data) != analysis.scan.sha256:
        raise DamagedFile(str(analysis.scan_id))
    looked = engine.look(data, analysis.catalogue)
    with suppress(Exception):  # it is of one model, and the picture perhaps of several: who answers meets it again
        engine.get(analysis.model_version.disease, analysis.model_version.version).prepare(looked)
    return looked
