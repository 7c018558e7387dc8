"""What a worker does with one claimed analysis: three kinds of failure, kept apart."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import DatabaseError, connection
from django.utils import timezone

from inference import engine
from inference.imaging import ImageRejected
from portal.scans.services import digest

from . import services
from .models import Analysis

logger = logging.getLogger(__name__)


class DamagedFile(Exception):
    """The stored file is not the one that was kept."""


class ChangedModel(Exception):
    """The model on disk is not the one that was registered."""


def execute(pk: str, *, worker: str) -> None:
    """Claim, answer, record; the picture is read once, whatever was asked of it. A message for what is taken or settled does nothing."""
    claimed = services.claim(pk, worker=worker)
    if not claimed:
        return
    looks: dict[str, engine.Look] = {}
    with heartbeat(claimed):
        for analysis in claimed:
            _settle(analysis, looks)


def _settle(analysis: Analysis, looks: dict[str, engine.Look]) -> None:
    """Each analysis by itself: what happens to one is not told of another."""
    try:
        answer = _answer(analysis, looks)
    except ImageRejected as rejected:
        services.record_rejected(analysis, code=rejected.code, message=rejected.message)
    except SoftTimeLimitExceeded:
        services.try_again(analysis, code="too_slow")
    except (OSError, MemoryError, DatabaseError):
        logger.exception("analysis %s could not be read or written; trying again", analysis.pk)
        services.try_again(analysis, code="temporarily_unavailable")
    except Exception:
        logger.exception("analysis %s failed", analysis.pk)
        services.record_failed(analysis, code="internal_error", message="Something broke on our side. We have been told.")
    else:
        services.record(analysis, answer)


def _answer(analysis: Analysis, looks: dict[str, engine.Look]) -> engine.Answer:
    """`looks` keeps the picture as it was decoded and let through, for each kind that it was asked to be."""
    version, kind = analysis.model_version, analysis.catalogue.modality
    model = engine.get(version.disease, version.version)
    if kind not in looks:
        with analysis.scan.file.open("rb") as file:
            data = file.read()
        if digest(data) != analysis.scan.sha256:
            raise DamagedFile(str(analysis.scan_id))
        looks[kind] = engine.look(data, analysis.catalogue)
    answer = model.answer_look(looks[kind], version.operating_point)
    if answer.checksum != version.checksum:
        raise ChangedModel(str(version))
    return answer


@contextmanager
def heartbeat(claimed: list[Analysis]) -> Iterator[None]:
    """Say every few seconds, from a thread of its own, that these attempts are alive. (Several are all first attempts.)"""
    stop = threading.Event()
    keys, attempt = [analysis.pk for analysis in claimed], claimed[0].attempt

    def beat() -> None:
        try:
            while not stop.wait(settings.ANALYSIS_HEARTBEAT_SECONDS):
                mine = Analysis.objects.filter(pk__in=keys, status=Analysis.Status.RUNNING, attempt=attempt)
                mine.update(heartbeat_at=timezone.now())
        except DatabaseError:
            logger.warning("analyses %s lost their heartbeat: the database can not be reached", keys)
        finally:
            connection.close()

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
