"""What an upload or an analysis needs is away for a while: said so, kept, and tried again when it is back."""

import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from rest_framework.test import APIClient

from inference import engine, registry
from medinform.storage import media
from portal.accounts.models import User
from portal.analyses import services, sweeper, worker
from portal.analyses.models import Analysis, ModelVersion
from portal.notifications.models import Notification
from portal.notifications.services import deliver_each, send_lost
from portal.scans.models import Scan
from tests.conftest import drawn_cell

Api = Callable[[User | None], APIClient]


@contextmanager
def no_room() -> Iterator[None]:
    """The kernel lets this process write no file larger than a kilobyte."""
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)


def test_an_upload_that_finds_no_room_is_told_to_come_again_and_leaves_nothing(api: Api, patient: User, malaria: ModelVersion) -> None:
    client = api(patient)
    client.raise_request_exception = False

    def post() -> Any:
        sent = {"disease": "malaria", "file": SimpleUploadedFile("a.png", drawn_cell(8))}
        return client.post("/api/v1/analyses/", sent, format="multipart")

    with no_room():
        refused = post()
    assert (refused.status_code, refused.json()["code"]) == (503, "unavailable")
    assert int(refused["Retry-After"]) > 0
    assert (Scan.objects.count(), list(media().walk())) == (0, [])
    assert post().status_code == 201


def test_an_answer_that_finds_no_room_waits_for_the_sweeper(patient: User, malaria: ModelVersion, settings: Any) -> None:
    pk = services.submit(patient=patient, data=drawn_cell(9), disease="malaria").analysis.pk
    with no_room():
        worker.execute(str(pk), worker="test")
    row = Analysis.objects.get(pk=pk)
    assert (row.status, row.attempt) == ("queued", 1)
    assert sweeper.sweep()["sent"] == 0  # not at once: three attempts would be over in a second
    Analysis.objects.update(sent_at=timezone.now() - timedelta(seconds=settings.ANALYSIS_RESEND_AFTER_SECONDS + 1))
    assert sweeper.sweep()["sent"] == 1
    worker.execute(str(pk), worker="test")
    assert Analysis.objects.get(pk=pk).status == "done"


@pytest.mark.parametrize("how", ["missing", "damaged"])
def test_a_model_that_is_put_back_answers_what_waited(
    how: str, patient: User, malaria: ModelVersion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = Path(shutil.copytree(registry.ARTIFACTS / "malaria", tmp_path / "artifacts" / "malaria")).parent
    monkeypatch.setattr(registry, "ARTIFACTS", root)
    monkeypatch.setattr(engine, "_loaded", {})
    file = registry.load("malaria", malaria.version).model_path
    whole = file.read_bytes()
    if how == "missing":
        file.unlink()
    else:
        file.write_bytes(whole[:1000] + b"?" + whole[1001:])
    pk = str(services.submit(patient=patient, data=drawn_cell(10), disease="malaria").analysis.pk)
    worker.execute(pk, worker="test")
    assert Analysis.objects.get(pk=pk).status == "queued"
    file.write_bytes(whole)
    worker.execute(pk, worker="test")
    assert Analysis.objects.get(pk=pk).status == "done"


def test_a_model_that_stays_away_is_told_after_three_attempts(
    patient: User, malaria: ModelVersion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "ARTIFACTS", tmp_path)
    monkeypatch.setattr(engine, "_loaded", {})
    pk = str(services.submit(patient=patient, data=drawn_cell(11), disease="malaria").analysis.pk)
    for _ in range(3):
        worker.execute(pk, worker="test")
    row = Analysis.objects.get(pk=pk)
    assert (row.status, row.error_code) == ("failed", "model_unavailable")


def test_a_mail_whose_message_was_lost_goes_out_later_and_once(patient: User, answered: Callable[..., Analysis], settings: Any) -> None:
    answered(patient)  # the message is sent when the test's transaction is through, so never: it is lost
    [news] = Notification.objects.filter(user=patient, kind="analysis_done")
    assert news.by_mail
    assert send_lost() == 0  # it may be on its way
    later = timezone.now() + timedelta(seconds=settings.MAIL_AGAIN_SECONDS + 1)
    assert send_lost(later) == 1
    mail.outbox.clear()
    assert deliver_each([news.pk, news.pk]) == []
    assert len(mail.outbox) == 1
    assert send_lost(later) == 0
    assert send_lost(timezone.now() + timedelta(days=2)) == 0
