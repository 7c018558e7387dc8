"""The row is the job: what may happen to it, in which order, and how often."""

import io
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection, transaction
from django.utils import timezone, translation
from PIL import Image

import samples
from inference import engine, gate, imaging, registry
from inference.imaging import ImageRejected
from medinform.storage import media
from portal.accounts.models import ConsentText, User
from portal.accounts.services import ConsentRequired
from portal.analyses import services, sweeper, versions, worker
from portal.analyses.models import Analysis, ModelVersion
from portal.analyses.queue import place
from portal.audit.models import AuditEvent
from portal.notifications.models import Notification
from tests.conftest import an_answer, drawn_cell, kept


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


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the worker really decoded and judged, in order."""
    calls: list[str] = []
    for module, name in ((imaging, "decode"), (gate, "check")):
        real = getattr(module, name)

        def through(*args: Any, real: Any = real, name: str = name, **kwargs: Any) -> Any:
            calls.append(name)
            return real(*args, **kwargs)

        monkeypatch.setattr(module, name, through)
    return calls


CHEST = ("tuberculosis", "pneumonia", "covid19")


def film(seed: int = 0) -> bytes:
    return samples.draw("pneumonia", "normal", seed)


def test_a_film_asked_for_three_diseases_is_kept_decoded_and_judged_once(patient: User, all_six: None, counted: list[str]) -> None:
    asked = services.submit(patient=patient, data=film(), disease=CHEST[0], also=CHEST, symptoms=["cough"])
    assert [asked.analysis.disease, *(other.disease for other in asked.alongside)] == list(CHEST)
    assert len({analysis.scan for analysis in (asked.analysis, *asked.alongside)}) == 1
    counted.clear()  # intake looked at it too
    worker.execute(str(asked.analysis.pk), worker="one")
    assert counted == ["decode", "check"]
    for analysis in (asked.analysis, *asked.alongside):
        worker.execute(str(analysis.pk), worker="two")  # its own message comes late
        analysis.refresh_from_db()
        assert (analysis.status, analysis.worker, analysis.attempt) == ("done", "one", 1)
        alone = engine.get(analysis.disease, analysis.model_version.version).answer(analysis.scan.file.read())
        assert analysis.probability == pytest.approx(alone.probability, abs=1e-9)
        with analysis.heatmap.open("rb") as file:
            assert file.read() == alone.heatmap
    assert AuditEvent.objects.filter(action="analysis.done").count() == 3


def test_what_is_asked_again_of_a_picture_is_added_to_what_is_there(patient: User, all_six: None) -> None:
    first = services.submit(patient=patient, data=film(), disease="pneumonia")
    again = services.submit(patient=patient, data=film(), disease="pneumonia", also=["covid19"])
    assert (again.created, again.analysis) == (False, first.analysis)
    assert [analysis.disease for analysis in again.alongside] == ["covid19"]
    other = services.submit(patient=patient, data=film(), disease="covid19", also=["tuberculosis"], idempotency_key="k")
    assert (other.created, other.analysis) == (False, again.alongside[0])
    assert Analysis.objects.count() == 3
    with pytest.raises(ValueError, match="malaria"):
        services.submit(patient=patient, data=film(), disease="pneumonia", also=["malaria"])


def test_of_three_asked_of_one_film_one_that_breaks_breaks_alone(patient: User, all_six: None) -> None:
    asked = services.submit(patient=patient, data=film(), disease=CHEST[0], also=CHEST)
    ModelVersion.objects.filter(disease="pneumonia").update(checksum="0" * 64)  # not the file that is there
    worker.execute(str(asked.analysis.pk), worker="one")
    states = dict(Analysis.objects.values_list("disease", "status"))
    assert states == {"tuberculosis": "done", "pneumonia": "failed", "covid19": "done"}


@pytest.mark.parametrize("away", CHEST)
def test_of_three_asked_of_one_film_one_whose_model_is_away_waits_alone(
    away: str, patient: User, all_six: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = services.submit(patient=patient, data=film(), disease=CHEST[0], also=CHEST)

    def get(disease: str, version: str, real: Any = engine.get) -> engine.Engine:
        if disease == away:
            raise registry.ArtefactError("away")
        return real(disease, version)  # type: ignore[no-any-return]

    monkeypatch.setattr(engine, "get", get)
    worker.execute(str(asked.analysis.pk), worker="one")
    states = dict(Analysis.objects.values_list("disease", "status"))
    assert states == {disease: "queued" if disease == away else "done" for disease in CHEST}


def test_a_picture_at_fault_is_refused_once_for_each_that_was_asked(patient: User, all_six: None) -> None:
    asked = services.submit(patient=patient, data=drawn_cell(0), disease=CHEST[0], also=CHEST)
    worker.execute(str(asked.analysis.pk), worker="one")
    assert set(Analysis.objects.values_list("status", "error_code")) == {("rejected", "wrong_modality")}


def test_what_was_tried_before_is_tried_alone(patient: User, all_six: None) -> None:
    asked = services.submit(patient=patient, data=film(), disease=CHEST[0], also=CHEST)
    Analysis.objects.filter(disease="pneumonia").update(attempt=1)
    assert {row.disease for row in services.claim(str(asked.analysis.pk), worker="one")} == {"tuberculosis", "covid19"}
    [alone] = services.claim(str(asked.alongside[0].pk), worker="two")
    assert (alone.disease, alone.attempt) == ("pneumonia", 2)


def test_many_of_one_patient_give_way_to_the_few_of_another(patient: User, other_patient: User, malaria: ModelVersion) -> None:
    many = [submitted(patient, seed) for seed in range(services.FEW + 2)]
    assert [analysis.in_bulk for analysis in many] == [False] * services.FEW + [True] * 2
    one = submitted(other_patient, 99)
    assert not one.in_bulk
    assert place(one).ahead == services.FEW
    assert place(many[-1]).ahead == services.FEW + 2  # the few, one before it in bulk, and the other patient's
    for analysis in many[:2]:
        worker.execute(str(analysis.pk), worker="test")
    assert [submitted(patient, 50 + i).in_bulk for i in range(2)] == [True, True]  # three still wait


def test_an_answer_that_comes_too_late_writes_nothing(patient: User, malaria: ModelVersion) -> None:
    analysis = submitted(patient)
    [slow] = services.claim(str(analysis.pk), worker="slow")
    assert services.try_again(Analysis.objects.get(pk=slow.pk), code="worker_lost")
    [quick] = services.claim(str(analysis.pk), worker="quick")
    assert kept(quick, an_answer(malaria))
    assert not kept(slow, an_answer(malaria, probability=0.01))
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


def test_what_went_wrong_is_kept_in_english_and_so_that_it_can_be_translated(patient: User, malaria: ModelVersion, settings: Any) -> None:
    settings.ANALYSIS_MAX_ATTEMPTS = 1
    analysis = submitted(patient)
    [claimed] = services.claim(str(analysis.pk), worker="test")
    assert services.try_again(claimed, code="too_slow")
    analysis.refresh_from_db()
    assert analysis.error_message == "We tried 1 times and could not finish. Nothing is wrong with your picture."
    assert (analysis.error_template.count("{attempts}"), analysis.error_params) == (1, {"attempts": 1})
    with translation.override("en"):
        assert analysis.error_words == analysis.error_message
    services.requeue(analysis=analysis, by=patient)
    analysis.refresh_from_db()
    assert (analysis.error_message, analysis.error_template, analysis.error_params) == ("", "", {})


def test_what_was_kept_before_there_were_templates_is_told_as_it_is(patient: User, malaria: ModelVersion) -> None:
    analysis = Analysis(disease="malaria", error_message="It is 100 % dark, {so to say}.")
    for language in ("en", "hi"):
        with translation.override(language):
            assert analysis.error_words == "It is 100 % dark, {so to say}."


def test_a_file_that_was_changed_on_disk_is_a_failure_of_ours(patient: User, malaria: ModelVersion) -> None:
    analysis = submitted(patient)
    media().write(str(analysis.scan.file.name), [drawn_cell(1, "uninfected")])
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
        assert services.claim(str(analysis.pk), worker="dies")
        assert sweeper.sweep()["requeued"] == 0
        Analysis.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=5))
        assert sweeper.sweep()["requeued"] == 1
        analysis.refresh_from_db()
        assert analysis.attempt == attempt
    assert (analysis.status, analysis.error_code) == ("failed", "worker_lost")
    assert services.claim(str(analysis.pk), worker="late") == []


@pytest.mark.parametrize("hours", [1, -1])
def test_a_worker_whose_clock_is_wrong_loses_nothing_and_leaves_nothing_behind(
    hours: int, patient: User, malaria: ModelVersion, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    analysis, true = submitted(patient), timezone.now
    with monkeypatch.context() as wrong:
        wrong.setattr(timezone, "now", lambda: true() + timedelta(hours=hours))
        assert services.claim(str(analysis.pk), worker="elsewhere")
    assert sweeper.sweep()["requeued"] == 0  # it lives
    settings.ANALYSIS_LOST_AFTER_SECONDS = 0.2
    time.sleep(0.3)
    assert sweeper.sweep()["requeued"] == 1  # it was heard no more


@pytest.mark.parametrize("hours", [1, -1])
def test_a_sweeper_whose_clock_is_wrong_takes_nothing_away(
    hours: int, patient: User, malaria: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    services.claim(str(submitted(patient).pk), worker="lives")
    true = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: true() + timedelta(hours=hours))
    assert sweeper.sweep() == {"requeued": 0, "sent": 0}


def test_what_was_stored_by_a_clock_that_runs_ahead_and_never_sent_is_sent_now(patient: User, malaria: ModelVersion) -> None:
    submitted(patient)
    Analysis.objects.update(queued_at=timezone.now() + timedelta(hours=1))
    assert sweeper.sweep()["sent"] == 1


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
def test_at_once_of_four_workers_one_gets_the_row() -> None:
    from portal.accounts.models import Role
    from tests.conftest import person

    ConsentText.objects.get_or_create(version=1, defaults={"title": "T", "body": "B", "published_at": timezone.now()})
    versions.sync()
    analysis = submitted(person("race@home.example", Role.PATIENT))
    start, won = threading.Barrier(4), []

    def take(name: str) -> None:
        start.wait()
        if services.claim(str(analysis.pk), worker=name):
            won.append(name)
        connection.close()

    threads = [threading.Thread(target=take, args=(f"w{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
