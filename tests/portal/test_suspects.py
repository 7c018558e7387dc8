"""One of a batch takes its worker with it: it and the one beside it are suspected, and tried again behind the others, which lose nothing
but time."""

import signal
import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.core.cache import cache
from django.utils import timezone

from portal.accounts.models import User
from portal.analyses import ahead, backlog, services, suspects, sweeper, tasks, worker
from portal.analyses.models import Analysis, ModelVersion
from tests.conftest import drawn_cell

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """As SIGKILL: nothing of the worker goes on."""


@pytest.fixture
def many(patient: User, malaria: ModelVersion) -> list[Analysis]:
    uploads = [services.submit(patient=patient, data=drawn_cell(seed), disease="malaria").analysis for seed in range(services.FEW + 6)]
    for analysis in uploads[: services.FEW]:
        worker.execute(str(analysis.pk), worker="few")
    return uploads[services.FEW :]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """The messages that went to the broker with their priority."""
    calls: list[tuple[str, int]] = []
    for task in (tasks.run, tasks.drain):

        def through(*args: Any, real: Any = task.apply_async, name: str = task.name.rpartition(".")[2], **options: Any) -> Any:
            calls.append((name, options["priority"]))
            return real(*args, **options)

        monkeypatch.setattr(task, "apply_async", through)
    return calls


def rows(analyses: list[Analysis]) -> list[tuple[str, int]]:
    found = {pk: (status, attempt) for pk, status, attempt in Analysis.objects.values_list("pk", "status", "attempt")}
    return [found[analysis.pk] for analysis in analyses]


def killed_at(poison: Analysis, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker drains the backlog and dies of one of them; a minute later nobody has heard of it."""
    real = worker._answer

    def answer(analysis: Analysis, looks: Any) -> Any:
        if analysis.pk == poison.pk:
            raise Killed
        return real(analysis, looks)

    with monkeypatch.context() as patched:
        patched.setattr(worker, "_answer", answer)
        with pytest.raises(Killed):
            worker.drain(worker="dies")
    Analysis.objects.filter(status="running").update(heartbeat_at=timezone.now() - timedelta(minutes=1))
    Analysis.objects.update(queued_at=timezone.now() - timedelta(minutes=1), sent_at=timezone.now())


def test_only_what_the_worker_was_busy_with_counts_an_attempt_and_goes_last(
    many: list[Analysis], monkeypatch: pytest.MonkeyPatch, sent: list[tuple[str, int]], django_capture_on_commit_callbacks: Any
) -> None:
    killed_at(many[3], monkeypatch)
    assert set(rows(many)) == {("running", 1)}
    sent.clear()
    with django_capture_on_commit_callbacks(execute=True):
        assert sweeper.sweep()["requeued"] == 2
    assert rows(many) == [("queued", 0)] * 3 + [("queued", 1)] * 2 + [("queued", 0)]
    assert sorted(sent) == [("drain", backlog.PRIORITY), *[("run", backlog.LAST)] * 2]
    worker.drain(worker="another")
    assert rows(many) == [("done", 1)] * 3 + [("queued", 1)] * 2 + [("done", 1)]
    for analysis in many[3:5]:
        worker.execute(str(analysis.pk), worker="another")
    assert rows(many)[3:5] == [("done", 2)] * 2


def test_of_two_suspects_the_one_that_could_be_looked_at_is_tried_first(
    many: list[Analysis], monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    """What hangs at the looking holds its neighbour up once, and not twice."""
    killed_at(many[3], monkeypatch)
    order: list[Any] = []
    monkeypatch.setattr(services, "_send_alone", lambda analysis, last: order.append(analysis.pk) or last)
    with django_capture_on_commit_callbacks(execute=True):
        sweeper.sweep()
    assert order == [many[3].pk, many[4].pk]


def test_what_hangs_the_first_look_has_no_neighbour(many: list[Analysis], monkeypatch: pytest.MonkeyPatch) -> None:
    named: list[Any] = []
    real = suspects.busy_with

    def noted(claimed: list[Analysis], begun: Any) -> None:
        real(claimed, begun)
        named.append([many.index(analysis) for analysis in begun])

    monkeypatch.setattr(suspects, "busy_with", noted)
    worker.drain(worker="one")
    last = len(many) - 1
    assert named == [[], [0], *([number, number + 1] for number in range(last))]


def test_no_picture_is_looked_at_before_it_is_named(
    many: list[Analysis], other_patient: User, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """Also while others are answered in between. It may take the worker with it at any time from then on."""
    looked: list[Any] = []
    real, others = ahead._look, services.submit(patient=other_patient, data=drawn_cell(999), disease="malaria").analysis

    def look(analysis: Analysis) -> Any:
        if analysis.pk != others.pk:
            looked.append(analysis.pk)
            assert analysis.pk not in {innocent.pk for innocent in suspects.bystanders([analysis])}
            found = real(analysis)
            assert suspects.bystanders([analysis]) == []
            return found
        time.sleep(0.3)  # the next of the batch is looked at meanwhile
        return real(analysis)

    monkeypatch.setattr(ahead, "_look", look)
    monkeypatch.setattr(backlog, "others", lambda real=backlog.others: real() if looked else [])
    worker.drain(worker="one")
    assert rows(many) == [("done", 1)] * len(many)
    assert rows([others]) == [("done", 1)]
    assert looked == [analysis.pk for analysis in many]


def test_who_hangs_is_told_so_by_the_soft_limit_and_the_rest_is_given_back(many: list[Analysis], monkeypatch: pytest.MonkeyPatch) -> None:
    """Celery's is a signal to the main thread, which waits for the one that looks."""
    hangs, waits, real, look = many[3], threading.Event(), ahead._look, ahead.Ahead.look

    def told(self: ahead.Ahead, analysis: Analysis) -> Any:
        if analysis.pk == hangs.pk:
            waits.set()
        return look(self, analysis)

    def hanging(analysis: Analysis) -> Any:
        if analysis.pk == hangs.pk:
            assert waits.wait(30)
            monkeypatch.setattr(worker, "LONGEST", 0.0)  # as long as a limit lasts
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)
            time.sleep(0.2)
        return real(analysis)

    def over(*of: Any) -> None:
        raise SoftTimeLimitExceeded

    before = signal.signal(signal.SIGUSR1, over)
    try:
        monkeypatch.setattr(ahead.Ahead, "look", told)
        monkeypatch.setattr(ahead, "_look", hanging)
        worker.drain(worker="one")
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert rows(many) == [("done", 1)] * 3 + [("queued", 1)] + [("queued", 0)] * 2
    assert Analysis.objects.filter(status="queued", attempt=0, worker="").count() == 2


def test_what_waits_again_and_again_is_sent_in_its_turn(many: list[Analysis], sent: list[tuple[str, int]]) -> None:
    """Not before a few time limits have gone by: what hangs a worker would hang it again before the others are served."""
    for minutes, priority in ((2, backlog.LAST), (10, backlog.PRIORITY)):
        before = timezone.now() - timedelta(minutes=minutes)
        Analysis.objects.filter(pk=many[0].pk).update(attempt=1, started_at=before, sent_at=before)
        sent.clear()
        sweeper.sweep()
        assert sent == [("run", priority)]


def test_who_dies_while_others_are_served_in_between_was_busy_with_none_of_them(
    many: list[Analysis], monkeypatch: pytest.MonkeyPatch
) -> None:
    def others() -> Any:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(backlog, "others", others)
        with pytest.raises(Killed):
            worker.drain(worker="dies")
    Analysis.objects.filter(status="running").update(heartbeat_at=timezone.now() - timedelta(minutes=1))
    assert sweeper.sweep()["requeued"] == 0
    assert set(rows(many)) == {("queued", 0)}


def test_without_a_note_each_is_a_suspect(many: list[Analysis], monkeypatch: pytest.MonkeyPatch) -> None:
    killed_at(many[3], monkeypatch)
    cache.clear()
    assert sweeper.sweep()["requeued"] == len(many)
    assert set(rows(many)) == {("queued", 1)}


def test_a_second_try_has_no_bystanders(many: list[Analysis]) -> None:
    for _ in range(2):
        [claimed] = services.claim(str(many[0].pk), worker="dies")
        suspects.busy_with([claimed, claimed], [])
        Analysis.objects.filter(pk=claimed.pk).update(heartbeat_at=timezone.now() - timedelta(minutes=1))
        if claimed.attempt == 1:
            services.try_again(claimed, code="worker_lost")
    assert suspects.bystanders([claimed]) == []
