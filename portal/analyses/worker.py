"""What a worker does with one claimed analysis: three kinds of failure, kept apart."""

import logging
import resource
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models.functions import Now
from django.utils.translation import gettext_noop

from inference import engine, registry
from inference.imaging import ImageRejected, is_out_of_memory

from . import backlog, services, suspects
from .ahead import Ahead
from .models import Analysis
from .signals import answers_stored

logger = logging.getLogger(__name__)
STRIDE = 2  # analyses of a batch between two looks at who else waits
STORED = 8  # answers at once: long enough to share what storing costs, short enough for the one who waits meanwhile
LONGEST = 2.0  # seconds after which a batch takes nothing more
Drawn = tuple[Analysis, engine.Answer, Future[None]]  # the last: its heat-map, which a thread writes while the next picture is looked at


class ChangedModel(Exception):
    """The model on disk is not the one that was registered."""


def limit_memory() -> None:
    """Of this process: who takes more is told so and tried again, before the machine has none left for the others."""
    most = settings.WORKER_MEMORY_MB * 2**20
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def execute(pk: str, *, worker: str) -> None:
    """Claim, answer, record; the picture is read once, whatever was asked of it. A message for what is taken or settled does nothing."""
    _work(services.claim(pk, worker=worker))


def drain(*, worker: str) -> None:
    """The same for a batch of the backlog. Somebody's few that come meanwhile are answered in between."""

    def others_first(meanwhile: Sequence[Analysis]) -> None:
        waiting = backlog.others()
        if waiting:
            suspects.busy_with(claimed, meanwhile)
        for pk in waiting:
            execute(str(pk), worker=worker)

    claimed = backlog.claim(worker=worker)
    suspects.busy_with(claimed, [])
    untouched = _work(claimed, between=others_first)
    backlog.leave(claimed, untouched)


def _work(claimed: list[Analysis], *, between: Callable[[Sequence[Analysis]], None] | None = None) -> list[Analysis]:
    """Answers are stored a few at a time. Returns those that were not begun because the others took long. `between` is told which are
    looked at meanwhile."""
    answered: list[Drawn] = []
    coming: list[Analysis] = []
    began = time.monotonic()
    with heartbeat(claimed), ThreadPoolExecutor(1) as behind, ThreadPoolExecutor(1) as before:
        ahead = Ahead(before.submit)

        def begin(*in_hand: Analysis) -> None:
            before.submit(suspects.busy_with, claimed, in_hand)  # by the same thread, so that it is noted before it is looked at
            ahead.begin(*in_hand)

        for number, analysis in enumerate(claimed):
            if between and number and time.monotonic() - began > LONGEST:
                _record(answered)
                return claimed[number:]
            if between and number % STRIDE == 0:
                between(coming)
            if not between:  # one picture, whatever was asked of it: a thread would only be slower to hand it over
                suspects.busy_with(claimed, [analysis])
            else:
                coming = claimed[number + 1 : number + 2]
                if not number:  # by itself: should it hang, none beside it was begun
                    begin(analysis)
                for one in coming:
                    begin(analysis, one)
            answer = _settle(analysis, partial(_answer, analysis, ahead))
            if answer is not None:
                answered.append((analysis, answer, behind.submit(services.keep_heatmap, analysis, answer)))
            if len(answered) == STORED:
                if between:  # storing takes as long as several answers
                    between(coming)
                _record(answered)
                answered = []
        _record(answered)
    return []


def _record(drawn: list[Drawn]) -> None:
    """With their heat-maps on the disk, all at once; when the database refuses, each by itself, so that one can not spoil the others."""
    answered = [(analysis, answer) for analysis, answer, heatmap in drawn if _settle(analysis, partial(_drawn, answer, heatmap))]
    if not answered:
        return
    began = time.perf_counter()
    try:
        services.record(answered)
        each = (time.perf_counter() - began) / len(answered)
        for analysis, _ in answered:
            answers_stored.send(Analysis, disease=analysis.disease, seconds=each)
    except DatabaseError:
        if len(answered) < 2:
            raise
        logger.exception("%s answers could not be stored together; trying each", len(answered))
        for one in answered:
            try:
                services.record([one])
            except DatabaseError:
                logger.exception("the answer of analysis %s could not be stored; it is tried again", one[0].pk)
                services.try_again(one[0], code="temporarily_unavailable")


def _settle(analysis: Analysis, act: Callable[[], engine.Answer]) -> engine.Answer | None:
    """The answer, still to be recorded; or None, and what happened instead is. What happens to one is not told of another."""
    try:
        return act()
    except ImageRejected as rejected:
        services.record_rejected(analysis, code=rejected.code, message=rejected.template, **rejected.params)
    except SoftTimeLimitExceeded:
        services.try_again(analysis, code="too_slow")
    except registry.ArtefactError:
        logger.exception("analysis %s has no model; trying again", analysis.pk)
        services.try_again(analysis, code="model_unavailable", later=True)
    except Exception as error:
        if isinstance(error, (OSError, DatabaseError)) or is_out_of_memory(error):
            logger.exception("analysis %s could not be read or written; trying again", analysis.pk)
            services.try_again(analysis, code="temporarily_unavailable", later=True)
            return None
        logger.exception("analysis %s failed", analysis.pk)
        services.record_failed(analysis, code="internal_error", message=gettext_noop("Something broke on our side. We have been told."))
    return None


def _drawn(answer: engine.Answer, heatmap: Future[None]) -> engine.Answer:
    heatmap.result()
    return answer


def _answer(analysis: Analysis, ahead: Ahead) -> engine.Answer:
    version = analysis.model_version
    answer = engine.get(version.disease, version.version).answer_look(ahead.look(analysis), version.operating_point)
    if answer.checksum != version.checksum:
        raise ChangedModel(str(version))
    return answer


@contextmanager
def heartbeat(claimed: list[Analysis]) -> Iterator[None]:
    """Say every few seconds, from a thread of its own, that these attempts are alive. (Several are all first attempts.)"""
    if not claimed:
        yield
        return
    stop = threading.Event()
    keys, attempt = [analysis.pk for analysis in claimed], claimed[0].attempt

    def beat() -> None:
        try:
            while not stop.wait(settings.ANALYSIS_HEARTBEAT_SECONDS):
                mine = Analysis.objects.filter(pk__in=keys, status=Analysis.Status.RUNNING, attempt=attempt)
                mine.update(heartbeat_at=Now())
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
