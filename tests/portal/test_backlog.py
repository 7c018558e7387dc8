"""The many of one patient are drained in batches, and nobody else waits for them."""

import shutil
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import DatabaseError
from django.test import TestCase
from django.utils import timezone

from medinform.storage import media
from portal.accounts.models import Role, User
from portal.analyses import backlog, services, sweeper, tasks, worker
from portal.analyses.models import Analysis
from portal.audit.models import AuditEvent
from portal.notifications import tasks as mail
from portal.notifications.models import Notification
from portal.reviews.models import Review
from tests.conftest import drawn_cell, malaria_in_use, person

pytestmark = pytest.mark.django_db
MANY = backlog.BATCH + 3


def listen(patched: pytest.MonkeyPatch) -> list[str]:
    """The messages that really go to the broker from now on, in order."""
    calls: list[str] = []
    for task in (tasks.run, tasks.drain, mail.send_emails):
        real = task.apply_async

        def through(*args: Any, real: Any = real, name: str = task.name.rpartition(".")[2], **options: Any) -> Any:
            result = real(*args, **options)
            calls.append(name)
            return result

        patched.setattr(task, "apply_async", through)
    return calls


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    return listen(monkeypatch)


@dataclass
class Uploads:
    patient: User
    backlog: list[Any]  # their keys
    sent: list[str]


@pytest.fixture(scope="module")
def uploads(made_once: Any) -> Uploads:
    """Of one patient; all but the few are in the backlog, and the few are answered."""

    def make() -> Uploads:
        malaria_in_use()
        patient = person("meera@home.example", Role.PATIENT)
        with pytest.MonkeyPatch.context() as patched:
            calls = listen(patched)
            with TestCase.captureOnCommitCallbacks(execute=True):
                made = [
                    services.submit(patient=patient, data=drawn_cell(seed), disease="malaria").analysis
                    for seed in range(MANY + services.FEW)
                ]
            assert [analysis.in_bulk for analysis in made] == [False] * services.FEW + [True] * MANY
            for analysis in made[: services.FEW]:
                worker.execute(str(analysis.pk), worker="few")
        return Uploads(patient, [analysis.pk for analysis in made[services.FEW :]], calls)

    return made_once(make)  # type: ignore[no-any-return]


@pytest.fixture
def patient(uploads: Uploads, db: None) -> User:
    return User.objects.get(pk=uploads.patient.pk)


@pytest.fixture
def many(uploads: Uploads, made_once: Any, db: None, settings: Any, sent: list[str]) -> list[Analysis]:
    """Those in the backlog, as if they had just been sent."""
    shutil.copytree(made_once.folder, settings.MEDIA_ROOT)
    Analysis.objects.filter(pk__in=uploads.backlog).update(sent_at=timezone.now())
    found = Analysis.objects.in_bulk(uploads.backlog)
    return [found[pk] for pk in uploads.backlog]


def statuses(analyses: list[Analysis]) -> list[str]:
    found = dict(Analysis.objects.values_list("pk", "status"))
    return [found[analysis.pk] for analysis in analyses]


def test_one_message_stands_for_the_backlog(uploads: Uploads, many: list[Analysis], sent: list[str]) -> None:
    assert uploads.sent.count("drain") == 1
    services.send(many[0])  # the oldest, whatever was sent when
    assert sent == ["drain"]
    for analysis in many[1:]:
        services.send(analysis)
    assert sent == ["drain"]


def test_a_batch_is_answered_in_order_and_told_once_each(many: list[Analysis], patient: User, practitioner: User, sent: list[str]) -> None:
    sent.clear()
    worker.drain(worker="one")
    assert statuses(many) == ["done"] * backlog.BATCH + ["queued"] * 3
    assert sent == ["drain"]  # a full batch calls for the next before it begins
    worker.drain(worker="one")
    assert statuses(many) == ["done"] * MANY
    assert sent == ["drain"]
    worker.drain(worker="one")
    keys = [str(analysis.pk) for analysis in many]
    assert AuditEvent.objects.filter(action="analysis.done", target_id__in=keys, patient=patient).count() == MANY
    assert Review.objects.filter(analysis__in=many, status="waiting").count() == MANY
    assert AuditEvent.objects.filter(action="review.opened").count() == MANY + services.FEW
    assert Notification.objects.filter(user=patient, kind="analysis_done", subject_id__in=keys).count() == MANY
    assert Notification.objects.filter(user=practitioner, kind="review_opened").count() == 1
    row = Analysis.objects.get(pk=many[0].pk)
    assert (row.worker, row.attempt) == ("one", 1)
    assert row.heatmap.size > 100


def test_the_emails_of_answers_that_are_stored_together_go_out_in_one_message(
    many: list[Analysis], sent: list[str], django_capture_on_commit_callbacks: Any
) -> None:
    sent.clear()
    with django_capture_on_commit_callbacks(execute=True):
        worker.drain(worker="one")
    assert sorted(sent) == ["drain", *["send_emails"] * (backlog.BATCH // worker.STORED)]


def test_somebody_elses_few_are_answered_between_two_of_a_batch(many: list[Analysis], other_patient: User, sent: list[str]) -> None:
    one = services.submit(patient=other_patient, data=drawn_cell(999), disease="malaria").analysis
    sent.clear()
    worker.drain(worker="one")
    one.refresh_from_db()
    assert one.status == "done"
    finished = dict(Analysis.objects.filter(pk__in=[analysis.pk for analysis in many]).values_list("pk", "finished_at"))
    assert all(one.finished_at < finished[analysis.pk] for analysis in many[: backlog.BATCH])
    assert statuses(many)[: backlog.BATCH] == ["done"] * backlog.BATCH
    assert sent == ["drain"]
    worker.execute(str(one.pk), worker="two")  # its own message comes later, and does nothing
    one.refresh_from_db()
    assert (one.worker, one.attempt) == ("one", 1)


def test_somebody_elses_that_was_tried_before_is_not_taken_into_a_batch(many: list[Analysis], other_patient: User) -> None:
    one = services.submit(patient=other_patient, data=drawn_cell(999), disease="malaria").analysis
    Analysis.objects.filter(pk=one.pk).update(attempt=1)
    worker.drain(worker="one")
    one.refresh_from_db()
    assert (one.status, one.attempt) == ("queued", 1)


def test_what_a_full_batch_gives_back_has_a_message_even_when_nothing_else_waits(
    many: list[Analysis], sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    Analysis.objects.filter(pk__in=[analysis.pk for analysis in many[backlog.BATCH :]]).update(
        status="cancelled", finished_at=timezone.now()
    )
    monkeypatch.setattr(worker, "LONGEST", 0.0)
    sent.clear()
    worker.drain(worker="one")
    assert sent == ["drain", "drain"]  # another worker may have found nothing at the first
    given_back = Analysis.objects.get(pk=many[worker.STRIDE].pk)
    assert (given_back.status, given_back.attempt, given_back.started_at, given_back.worker) == ("queued", 0, None, "")


def test_a_small_batch_looks_again_for_what_came_while_it_worked(
    many: list[Analysis], sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    late, record = many[-1], services.record
    Analysis.objects.filter(pk__in=[analysis.pk for analysis in many[5:]]).update(status="cancelled", finished_at=timezone.now())

    def meanwhile(answered: Any) -> Any:
        Analysis.objects.filter(pk=late.pk).update(status="queued", finished_at=None)  # it saw others that wait, and sent nothing
        return record(answered)

    monkeypatch.setattr(services, "record", meanwhile)
    sent.clear()
    worker.drain(worker="one")
    assert sent == ["drain"]
    monkeypatch.setattr(services, "record", record)
    worker.drain(worker="one")
    assert statuses([*many[:5], late]) == ["done"] * 6
    assert sent == ["drain"]


def test_a_batch_that_takes_long_ends_early(many: list[Analysis], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "LONGEST", 0.0)
    worker.drain(worker="slow")
    assert statuses(many) == ["done"] + ["queued"] * (MANY - 1)


def test_a_bad_neighbour_spoils_nothing(many: list[Analysis], patient: User, administrator: User) -> None:
    gone, changed, cancelled = many[1], many[2], many[3]
    default_storage.delete(gone.scan.file.name)
    media().write(str(changed.scan.file.name), [drawn_cell(500)])
    services.cancel(analysis=cancelled, by=patient)
    worker.drain(worker="one")
    assert statuses(many)[:5] == ["done", "queued", "failed", "cancelled", "done"]
    assert Analysis.objects.get(pk=gone.pk).attempt == 1
    assert gone not in backlog.claim(worker="two")  # what was tried before is tried alone
    [alone] = services.claim(str(gone.pk), worker="three")
    assert alone.attempt == 2


def test_a_heat_map_that_can_not_be_written_spoils_nothing_else(many: list[Analysis], settings: Any) -> None:
    """A file lies where its folder should be."""
    folder = Path(settings.MEDIA_ROOT) / "heatmaps"
    folder.mkdir(exist_ok=True)
    shutil.rmtree(folder / many[2].pk.hex[:2], ignore_errors=True)
    (folder / many[2].pk.hex[:2]).touch()
    worker.drain(worker="one")
    batch = many[: backlog.BATCH]
    assert statuses(batch) == ["queued" if each.pk.hex[:2] == many[2].pk.hex[:2] else "done" for each in batch]
    assert Analysis.objects.get(pk=many[2].pk).attempt == 1
    (folder / many[2].pk.hex[:2]).unlink()
    worker.execute(str(many[2].pk), worker="two")
    assert Analysis.objects.get(pk=many[2].pk).status == "done"


def test_what_is_cancelled_while_its_batch_runs_is_not_written(
    many: list[Analysis], patient: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = services.record

    def too_late(answered: Any) -> Any:
        if any(analysis.pk == many[4].pk for analysis, _ in answered):
            services.cancel(analysis=Analysis.objects.get(pk=many[4].pk), by=patient)
        return record(answered)

    monkeypatch.setattr(services, "record", too_late)
    worker.drain(worker="one")
    assert statuses(many)[3:6] == ["done", "cancelled", "done"]
    row = Analysis.objects.get(pk=many[4].pk)
    assert (row.finding, row.heatmap.name) == ("", "")
    assert len(list_of_heatmaps()) == Analysis.objects.filter(status="done").count()


def list_of_heatmaps() -> list[str]:
    return [name for folder in default_storage.listdir("heatmaps")[0] for name in default_storage.listdir(f"heatmaps/{folder}")[1]]


def test_an_answer_that_the_database_refuses_does_not_take_the_others_with_it(
    many: list[Analysis], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    result = services._result

    def out_of_range(analysis: Analysis, answer: Any) -> dict[str, Any]:
        return result(analysis, answer) | ({"probability": 1.5} if analysis.pk == many[2].pk else {})

    monkeypatch.setattr(services, "_result", out_of_range)
    worker.drain(worker="one")
    assert statuses(many)[:5] == ["done", "done", "queued", "done", "done"]
    assert Analysis.objects.get(pk=many[2].pk).attempt == 1
    assert "could not be stored" in caplog.text
    with pytest.raises(DatabaseError):
        worker.execute(str(many[2].pk), worker="two")  # alone, it is the task that fails, and is reported


def test_the_sweeper_wakes_a_backlog_whose_message_was_lost(many: list[Analysis], sent: list[str]) -> None:
    sent.clear()
    assert sweeper.sweep()["sent"] == 0
    Analysis.objects.filter(pk__in=[analysis.pk for analysis in many]).update(sent_at=timezone.now() - timedelta(minutes=5))
    assert sweeper.sweep()["sent"] == MANY
    assert sent == ["drain"]
    assert sweeper.sweep()["sent"] == 0
