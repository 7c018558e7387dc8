"""Submitting scans, and every step that an analysis takes."""

import hashlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils import timezone

from inference import diseases
from inference.engine import Answer
from portal.accounts.services import require_consent
from portal.audit.services import record as audit
from portal.scans import services as scans

from .models import Analysis, IdempotencyKey, ModelVersion
from .signals import analysis_finished
from .tasks import run

logger = logging.getLogger(__name__)


class DiseaseUnavailable(Exception):
    """No model is active for this disease."""

    code = "disease_unavailable"
    message = "This test is not available yet: no model has been approved for it."


class KeyReused(Exception):
    """An idempotency key came back with another request."""

    code = "idempotency_key_reused"
    message = "This Idempotency-Key was used for a different upload. Send a new key with a new upload."


class NotPossible(Exception):
    """The analysis is not in a state in which this can be done."""

    code = "wrong_state"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True)
class Submitted:
    analysis: Analysis
    created: bool


def submit(
    *,
    patient: Any,
    data: bytes,
    disease: str,
    symptoms: Iterable[str] = (),
    wants_review: bool = True,
    idempotency_key: str = "",
    synthetic: bool = False,
) -> Submitted:
    """Keep a scan and queue its analysis.

    The same bytes from the same patient for the same disease give the analysis that is there already (`created` False), unless it
    failed or was cancelled. Raises ConsentRequired, DiseaseUnavailable, KeyReused, or inference.imaging.ImageRejected.
    """
    require_consent(patient)
    known = {symptom.code for symptom in diseases.get(disease).symptoms}
    asked = {
        "patient": patient,
        "disease": disease,
        "symptoms": sorted(known.intersection(symptoms)),
        "wants_review": wants_review,
    }
    fingerprint = hashlib.sha256(repr((disease, asked["symptoms"], wants_review)).encode() + data).hexdigest()
    earlier = _by_key(patient, idempotency_key, fingerprint) or _same_bytes(patient, scans.digest(data), disease)
    if earlier is not None:
        return Submitted(earlier, created=False)
    version = ModelVersion.objects.active(disease)
    if version is None:
        raise DiseaseUnavailable
    prepared = scans.prepare(data)  # slow, so outside the transaction
    try:
        analysis = _create(prepared, version, idempotency_key, fingerprint, synthetic, asked)
    except IntegrityError:  # the same upload won a race against itself
        earlier = _by_key(patient, idempotency_key, fingerprint) or _same_bytes(patient, prepared.source_sha256, disease)
        if earlier is None:
            raise
        return Submitted(earlier, created=False)
    return Submitted(analysis, created=True)


def _by_key(patient: Any, key: str, fingerprint: str) -> Analysis | None:
    used = IdempotencyKey.objects.filter(user=patient, key=key).select_related("analysis__scan").first() if key else None
    if used is None:
        return None
    if used.fingerprint != fingerprint:
        raise KeyReused
    return used.analysis


def _same_bytes(patient: Any, source_sha256: str, disease: str) -> Analysis | None:
    return (
        Analysis.objects.filter(patient=patient, scan__source_sha256=source_sha256, disease=disease, status__in=Analysis.LIVE)
        .select_related("scan")
        .first()
    )


def _create(
    prepared: scans.Prepared, version: ModelVersion, key: str, fingerprint: str, synthetic: bool, asked: dict[str, Any]
) -> Analysis:
    scan, is_new = None, False
    try:
        with transaction.atomic():
            scan, is_new = scans.store(patient=asked["patient"], prepared=prepared, synthetic=synthetic)
            analysis = Analysis.objects.create(scan=scan, model_version=version, **asked)
            if key:
                IdempotencyKey.objects.create(user=asked["patient"], key=key, fingerprint=fingerprint, analysis=analysis)
            audit("analysis.submitted", analysis, actor=asked["patient"], patient=asked["patient"], disease=analysis.disease)
            transaction.on_commit(lambda: send(analysis))
    except BaseException:
        if scan is not None and is_new:
            scans.discard_files(scan)
        raise
    return analysis


def send(analysis: Analysis) -> None:
    """Tell the workers. When the broker can not be reached the row still waits, and the sweeper sends it again."""
    try:
        run.apply_async([str(analysis.pk)])
    except run.OperationalError:
        logger.warning("the broker can not be reached; analysis %s waits for the sweeper", analysis.pk)
    else:
        Analysis.objects.filter(pk=analysis.pk).update(sent_at=timezone.now())


def claim(pk: str, *, worker: str) -> Analysis | None:
    """Take a queued analysis for this worker; None when another has it, or it is settled."""
    analysis = Analysis.objects.select_related("scan", "model_version", "patient").filter(pk=pk, status=Analysis.Status.QUEUED).first()
    if analysis is None:
        return None
    now = timezone.now()
    started = {"attempt": analysis.attempt + 1, "started_at": now, "heartbeat_at": now, "worker": worker}
    return analysis if Analysis.objects.move(analysis, to=Analysis.Status.RUNNING, **started) else None


def record(analysis: Analysis, answer: Answer) -> bool:
    """Keep the model's answer, with the operating point that the claim found. False, and nothing written, when the row has gone on."""
    point = analysis.model_version.operating_point
    analysis.heatmap.save("", ContentFile(answer.heatmap), save=False)
    settled = _finish(
        analysis,
        to=Analysis.Status.DONE,
        finding=answer.finding,
        outcome=answer.outcome,
        probability=answer.probability,
        probabilities=answer.probabilities,
        threshold=answer.threshold,
        uncertain_low=point.low,
        uncertain_high=point.high,
        checksum=answer.checksum,
        seconds=answer.seconds,
        heatmap=analysis.heatmap.name,
        error_code="",
        error_message="",
    )
    if not settled:
        analysis.heatmap.storage.delete(str(analysis.heatmap.name))
    return settled


def record_rejected(analysis: Analysis, *, code: str, message: str) -> bool:
    """The image is at fault: tell the patient what to do about it."""
    return _finish(analysis, to=Analysis.Status.REJECTED, error_code=code, error_message=message)


def record_failed(analysis: Analysis, *, code: str, message: str) -> bool:
    """We are at fault."""
    return _finish(analysis, to=Analysis.Status.FAILED, error_code=code, error_message=message)


def _finish(analysis: Analysis, *, to: str, **changes: Any) -> bool:
    with transaction.atomic():
        if not Analysis.objects.move(analysis, to=to, finished_at=timezone.now(), **changes):
            return False
        audit(f"analysis.{to}", analysis, patient=analysis.patient, attempt=analysis.attempt, code=analysis.error_code)
        analysis_finished.send(Analysis, analysis=analysis)
    return True


def try_again(analysis: Analysis, *, code: str) -> bool:
    """Back to the queue, or failed for good after the last attempt. True when this call moved the row."""
    if analysis.attempt >= settings.ANALYSIS_MAX_ATTEMPTS:
        return record_failed(
            analysis, code=code, message=f"We tried {analysis.attempt} times and could not finish. Nothing is wrong with your picture."
        )
    with transaction.atomic():
        if not Analysis.objects.move(analysis, to=Analysis.Status.QUEUED, heartbeat_at=None, worker=""):
            return False
        audit("analysis.requeued", analysis, patient=analysis.patient, attempt=analysis.attempt, code=code)
        transaction.on_commit(lambda: send(analysis))
    return True


def requeue(*, analysis: Analysis, by: Any) -> None:
    """An administrator has a failed or cancelled analysis run again, with fresh attempts. Raises NotPossible."""
    if analysis.status not in (Analysis.Status.FAILED, Analysis.Status.CANCELLED):
        raise NotPossible("Only a failed or cancelled analysis can be queued again.")
    try:
        with transaction.atomic():
            fresh = {"attempt": 0, "error_code": "", "error_message": "", "finished_at": None, "started_at": None, "heartbeat_at": None}
            if not Analysis.objects.move(analysis, to=Analysis.Status.QUEUED, **fresh):
                raise NotPossible("Somebody else has just changed this analysis.")
            audit("analysis.requeued", analysis, actor=by, patient=analysis.patient)
            transaction.on_commit(lambda: send(analysis))
    except IntegrityError as error:
        raise NotPossible("The same scan is being analysed again already.") from error


def cancel(*, analysis: Analysis, by: Any) -> None:
    """Stop a pending analysis: its worker's answer, should it still come, is not written. Raises NotPossible."""
    with transaction.atomic():
        if not analysis.is_pending or not Analysis.objects.move(analysis, to=Analysis.Status.CANCELLED, finished_at=timezone.now()):
            raise NotPossible("Only an analysis that is still waiting or running can be cancelled.")
        audit("analysis.cancelled", analysis, actor=by, patient=analysis.patient)
