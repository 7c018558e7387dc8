"""The row is the job: what may happen to it, in which order, and how often."""

import io
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from PIL import Image

from inference.imaging import ImageRejected
from portal.accounts.models import ConsentText, User
from portal.accounts.services import ConsentRequired
from portal.analyses import services, sweeper, versions, worker
from portal.analyses.models import Analysis, ModelVersion
from portal.audit.models import AuditEvent
from portal.notifications.models import Notification
from tests.conftest import an_answer, drawn_cell


def submitted(patient: User, seed: int = 0, **asked: Any) -> Analysis:
    return services.submit(patient=patient, data=drawn_cell(seed), disease="malaria", **asked).analysis


def photograph() -> bytes:
    """A JPEG with a place, a comment and a turned picture, as a phone makes it."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "PhoneMaker"
    exif.get_ifd(0x8825)[2] = (19.0, 4.0, 33.0)
    pixels = np.random.default_rng(3).integers(0, 255, (90, 120, 3)).astype(np.uint8)
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", exif=exif.tobytes(), comment=b"Meera Patient, ward 7")
    return stream.getvalue()


def test_a_scan_is_kept_under_a_random_name_without_identity(patient: User, malaria: ModelVersion) -> None:
    data = photograph()
    scan = services.submit(patient=patient, data=data, disease="malaria").analysis.scan
    kept = scan.file.read()
    assert b"PhoneMaker" not in kept
    assert b"Meera" not in kept
    assert "cell" not in scan.file.name
    assert (scan.width, scan.height) == (90, 120)
    with Image.open(io.BytesIO(kept)) as image:
        assert dict(image.getexif()) == {0x0112: 6}
        assert (np.asarray(image) == np.asarray(Image.open(io.BytesIO(data)))).all()
    with Image.open(scan.thumbnail) as small:
        assert max(small.size) <= 320


def test_the_same_bytes_give_the_earlier_analysis(patient: User, other_patient: User, malaria: ModelVersion) -> None:
    first = services.submit(patient=patient, data=drawn_cell(0), disease="malaria")
    again = services.submit(patient=patient, data=drawn_cell(0), disease="malaria")
    other = services.submit(patient=other_patient, data=drawn_cell(0), disease="malaria")
    assert (first.created, again.created, other.created) == (True, False, True)
    assert again.analysis == first.analysis != other.analysis


def test_nothing_is_kept_of_a_refused_upload(patient: User, malaria: ModelVersion) -> None:
    with pytest.raises(ImageRejected):
        services.submit(patient=patient, data=drawn_cell(0)[:-40], disease="malaria")
    assert not Analysis.objects.exists()
    assert not default_storage.exists("scans") or default_storage.listdir("scans") == ([], [])


def test_uploading_needs_consent_to_the_text_in_force(patient: User, malaria: ModelVersion) -> None:
    submitted(patient)
    ConsentText.objects.create(version=2, title="New", body="New words", published_at=timezone.now())
    with pytest.raises(ConsentRequired):
        submitted(patient, 1)


def test_a_disease_without_a_model_is_not_available(patient: User, malaria: ModelVersion) -> None:
    with pytest.raises(services.DiseaseUnavailable):
        services.submit(patient=patient, data=drawn_cell(0), disease="tuberculosis")


def test_the_worker_answers_and_everything_is_told(patient: User, practitioner: User, malaria: ModelVersion) -> None:
    analysis = submitted(patient)
    worker.execute(str(analysis.pk), worker="test")
    analysis.refresh_from_db()
    assert (analysis.status, analysis.finding, analysis.attempt) == ("done", "parasitized", 1)
    assert analysis.checksum == malaria.checksum
    assert analysis.heatmap.size > 100
    assert analysis.report_status == "preliminary"
    assert analysis.review.status == "waiting"  # type: ignore[attr-defined]
    assert set(Notification.objects.values_list("user", "kind")) >= {(patient.pk, "analysis_done"), (practitioner.pk, "review_opened")}
    assert set(AuditEvent.objects.values_list("action", flat=True)) >= {
        "analysis.submitted",
        "analysis.done",
        "scan.stored",
        "review.opened",
    }


def test_a_message_delivered_twice_answers_once(patient: User, malaria: ModelVersion) -> None:
    analysis = submitted(patient)
    worker.execute(str(analysis.pk), worker="one")
    worker.execute(str(analysis.pk), worker="two")
    analysis.refresh_from_db()
    assert (analysis.worker, analysis.attempt) == ("one", 1)
    assert AuditEvent.objects.filter(action="analysis.done").count() == 1


def test_an_answer_that_comes_too_late_writes_nothing(patient: User, malaria: ModelVersion) -> None:
    analysis = submitted(patient)
    slow = services.claim(str(analysis.pk), worker="slow")
    assert slow is not None
    assert services.try_again(Analysis.objects.get(pk=slow.pk), code="worker_lost")
    quick = services.claim(str(analysis.pk), worker="quick")
    assert quick is not None
    assert services.record(quick, an_answer(malaria))
    assert not services.record(slow, an_answer(malaria, probability=0.01))
    analysis.refresh_from_db()
    assert (analysis.worker, analysis.outcome, analysis.attempt) == ("quick", "suspicious", 2)


def test_an_image_at_fault_is_rejected_with_its_sentence(patient: User, malaria: ModelVersion) -> None:
    stream = io.BytesIO()
    Image.fromarray(np.random.default_rng(1).integers(20, 230, (90, 90)).astype(np.uint8)).save(stream, "PNG")
    analysis = services.submit(patient=patient, data=stream.getvalue(), disease="malaria").analysis
    worker.execute(str(analysis.pk), worker="test")
    analysis.refresh_from_db()
    assert (analysis.status, analysis.error_code) == ("rejected", "wrong_modality")
    assert "no colour" in analysis.error_message
    assert Notification.objects.filter(user=patient, kind="analysis_rejected").exists()
    assert not hasattr(analysis, "review")


def test_a_file_that_was_changed_on_disk_is_a_failure_of_ours(patient: User, malaria: ModelVersion) -> None:
    analysis = submitted(patient)
    with default_storage.open(analysis.scan.file.name, "wb") as file:
        file.write(drawn_cell(1, "uninfected"))
    worker.execute(str(analysis.pk), worker="test")
    analysis.refresh_from_db()
    assert (analysis.status, analysis.error_code) == ("failed", "internal_error")


def test_a_file_that_can_not_be_reached_is_tried_three_times(patient: User, malaria: ModelVersion) -> None:
    analysis = submitted(patient)
    default_storage.delete(analysis.scan.file.name)
    for attempt in (1, 2, 3):
        assert Analysis.objects.get(pk=analysis.pk).status == "queued"
        worker.execute(str(analysis.pk), worker="test")
        assert Analysis.objects.get(pk=analysis.pk).attempt == attempt
    analysis.refresh_from_db()
    assert (analysis.status, analysis.error_code) == ("failed", "temporarily_unavailable")


def test_the_sweeper_requeues_a_lost_heartbeat_and_fails_the_third(patient: User, malaria: ModelVersion) -> None:
    analysis = submitted(patient)
    for attempt in (1, 2, 3):
        assert services.claim(str(analysis.pk), worker="dies") is not None
        assert sweeper.sweep()["requeued"] == 0
        Analysis.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=5))
        assert sweeper.sweep()["requeued"] == 1
        analysis.refresh_from_db()
        assert analysis.attempt == attempt
    assert (analysis.status, analysis.error_code) == ("failed", "worker_lost")
    assert services.claim(str(analysis.pk), worker="late") is None


def test_the_sweeper_sends_again_what_no_worker_claimed(patient: User, malaria: ModelVersion) -> None:
    analysis = submitted(patient)
    assert sweeper.sweep()["sent"] == 0
    Analysis.objects.update(queued_at=timezone.now() - timedelta(minutes=5))
    assert sweeper.sweep()["sent"] == 1
    analysis.refresh_from_db()
    assert analysis.sent_at is not None
    assert sweeper.sweep()["sent"] == 0


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"status": "done", "finished_at": timezone.now()}, "done_has_a_result"),
        ({"status": "failed", "finished_at": timezone.now()}, "rejected_and_failed_have_a_reason"),
        ({"status": "running"}, "running_has_a_heartbeat"),
        ({"probability": 1.2}, "probability_between_0_and_1"),
    ],
)
def test_the_database_refuses_what_makes_no_sense(changes: dict[str, Any], constraint: str, patient: User, malaria: ModelVersion) -> None:
    analysis = submitted(patient)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Analysis.objects.filter(pk=analysis.pk).update(**changes)


def test_old_answers_keep_their_version_and_new_scans_use_the_active_one(
    patient: User, administrator: User, malaria: ModelVersion, answered: Callable[..., Analysis]
) -> None:
    old = answered(patient, 1)
    newer = ModelVersion.objects.create(
        disease="malaria", version="9.1.0", checksum="f" * 64, manifest=malaria.manifest, metrics=malaria.metrics
    )
    versions.activate(version=newer, by=administrator)
    assert submitted(patient, 2).model_version == newer
    assert Analysis.objects.get(pk=old.pk).model_version == malaria
    versions.retire(version=newer, by=administrator)
    with pytest.raises(services.DiseaseUnavailable):
        submitted(patient, 3)


def test_cancelled_and_requeued(patient: User, administrator: User, malaria: ModelVersion) -> None:
    analysis = submitted(patient)
    services.cancel(analysis=analysis, by=patient)
    with pytest.raises(services.NotPossible):
        services.cancel(analysis=analysis, by=patient)
    services.requeue(analysis=analysis, by=administrator)
    worker.execute(str(analysis.pk), worker="test")
    analysis.refresh_from_db()
    assert analysis.status == "done"


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_one_gets_the_row() -> None:
    from portal.accounts.models import Role
    from tests.conftest import person

    ConsentText.objects.get_or_create(version=1, defaults={"title": "T", "body": "B", "published_at": timezone.now()})
    versions.sync()
    analysis = submitted(person("race@home.example", Role.PATIENT))
    start, won = threading.Barrier(4), []

    def take(name: str) -> None:
        start.wait()
        if services.claim(str(analysis.pk), worker=name) is not None:
            won.append(name)
        connection.close()

    threads = [threading.Thread(target=take, args=(f"w{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
