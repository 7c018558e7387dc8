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
    """Claim, answer, record. A message for a row that is taken or settled does nothing."""
    analysis = services.claim(pk, worker=worker)
    if analysis is None:
        return
    try:
        with heartbeat(analysis):
            answer = _answer(analysis)
    except ImageRejected as rejected:
        services.record_rejected(analysis, code=rejected.code, message=rejected.message)
    except SoftTimeLimitExceeded:
        services.try_again(analysis, code="too_slow")
    except (OSError, MemoryError, DatabaseError):
        logger.exception("analysis %s could not be read or written; trying again", pk)
        services.try_again(analysis, code="temporarily_unavailable")
    except Exception:
        logger.exception("analysis %s failed", pk)
        services.record_failed(analysis, code="internal_error", message="Something broke on our side. We have been told.")
    else:
        services.record(analysis, answer)


def _answer(analysis: Analysis) -> engine.Answer:
    version = analysis.model_version
    model = engine.get(version.disease, version.version)
    with analysis.scan.file.open("rb") as file:
        data = file.read()
    if digest(data) != analysis.scan.sha256:
        raise DamagedFile(str(analysis.scan_id))
    answer = model.answer(data, version.operating_point)
    if answer.checksum != version.checksum:
        raise ChangedModel(str(version))
    return answer


@contextmanager
def heartbeat(analysis: Analysis) -> Iterator[None]:
    """Say every few seconds, from a thread of its own, that this attempt is alive."""
    stop = threading.Event()

    def beat() -> None:
        try:
            while not stop.wait(settings.ANALYSIS_HEARTBEAT_SECONDS):
                mine = Analysis.objects.filter(pk=analysis.pk, status=Analysis.Status.RUNNING, attempt=analysis.attempt)
                mine.update(heartbeat_at=timezone.now())
        except DatabaseError:
            logger.warning("analysis %s lost its heartbeat: the database can not be reached", analysis.pk)
        finally:
            connection.close()

    thread = threading.Thread(target=beat, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
