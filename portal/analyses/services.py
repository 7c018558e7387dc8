"""Submitting scans, and every step that an analysis takes."""

import hashlib
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from inference import diseases
from inference.engine import Answer
from portal.accounts import dependants
from portal.accounts.dependants import require_adult
from portal.accounts.models import Dependant
from portal.accounts.services import has_consented, require_consent
from portal.audit.services import record as audit
from portal.audit.services import record_many as audit_many
from portal.scans import services as scans

from . import backlog, limits, resent
from .models import Analysis, IdempotencyKey, ModelVersion
from .signals import analyses_finished, analyses_submitted, analysis_requeued, answer_read, tells_refusals
from .tasks import run

logger = logging.getLogger(__name__)
FEW = 3  # of one patient's own waiting analyses; what is sent beyond them gives way to other people's


class DiseaseUnavailable(Exception):
    """No model is active for this disease."""

    code = "disease_unavailable"
    message = gettext_lazy("This test is not available yet: no model has been approved for it.")


class NotPossible(Exception):
    """The analysis is not in a state in which this can be done."""

    code = "wrong_state"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True)
class Submitted:
    """`alongside`: what else was asked of the same picture, one analysis a disease."""

    analysis: Analysis
    created: bool
    alongside: tuple[Analysis, ...] = ()


@tells_refusals
def submit(
    *,
    patient: Any,
    data: bytes,
    disease: str,
    also: Iterable[str] = (),
    symptoms: Iterable[str] = (),
    wants_review: bool = True,
    idempotency_key: str = "",
    synthetic: bool = False,
    dependant: Any = None,
    laterality: str = "",
) -> Submitted:
    """Keep a scan and queue its analysis, and one for each disease of `also`, which takes the same kind of picture.

    The same bytes from the same patient for the same disease give the analysis that is there already (`created` False), unless it
    failed or was cancelled. `dependant` is the id of the child whom it shows, if it is not the patient; `laterality` is which of two,
    of the codes that the disease asks for, or empty. Raises ConsentRequired, GuardianRequired, DependantRefused, DiseaseUnavailable,
    KeyReused, OtherPerson, OtherSide, limits.TooManyWaiting, limits.Busy, or inference.imaging.ImageRejected.
    """
    require_consent(patient)
    require_adult(patient)
    child = dependants.find(guardian=patient, pk=dependant) if dependant else None
    also = [code for code in dict.fromkeys(also) if code != disease]
    if any(diseases.get(code).modality != diseases.get(disease).modality for code in also):
        raise ValueError(f"{', '.join(also)}: not all take the picture of {disease}")
    if laterality and not diseases.get(disease).side(laterality):
        raise ValueError(f"{laterality}: not asked of the picture of {disease}")
    ticked = {code: sorted({s.code for s in diseases.get(code).symptoms}.intersection(symptoms)) for code in (disease, *also)}
    asked_of = (disease, ticked[disease], wants_review, *also, *([str(child.pk)] if child else []), *([laterality] if laterality else []))
    fingerprint = hashlib.sha256(repr(asked_of).encode() + data).hexdigest()
    used = resent.by_key(patient, idempotency_key, fingerprint)
    earlier = resent.same_bytes(patient, scans.digest(data), ticked)
    if used is not None:
        earlier[disease] = used
    resent.same_picture(earlier.values(), child, laterality)
    new_to_us = [code for code in ticked if code not in earlier]
    if not new_to_us:
        resent.name_side(earlier[disease].scan, laterality, patient)
        return _submitted(earlier, disease, created=False)
    limits.require_room(patient=patient, count=len(new_to_us), few=FEW)
    known = ModelVersion.objects.defer("manifest", "metrics")
    versions = {code: known.active(code) for code in new_to_us}
    if None in versions.values():
        raise DiseaseUnavailable
    prepared = scans.prepare(data)  # slow, so outside the transaction
    asked = [
        {"patient": patient, "disease": code, "model_version": version, "symptoms": ticked[code], "wants_review": wants_review}
        for code, version in versions.items()
    ]
    try:
        new = _create(
            prepared,
            child,
            laterality,
            asked,
            synthetic,
            (idempotency_key, fingerprint) if idempotency_key and disease in versions else None,
        )
    except IntegrityError:  # the same upload won a race against itself
        earlier = resent.same_bytes(patient, prepared.source_sha256, ticked)
        if used_meanwhile := resent.by_key(patient, idempotency_key, fingerprint):
            earlier[disease] = used_meanwhile
        resent.same_picture(earlier.values(), child, laterality)
        if disease not in earlier:
            raise
        return _submitted(earlier, disease, created=False)
    return _submitted(earlier | new, disease, created=disease in new)


def _submitted(found: dict[str, Analysis], disease: str, *, created: bool) -> Submitted:
    return Submitted(found[disease], created, tuple(analysis for code, analysis in found.items() if code != disease))


def _create(
    prepared: scans.Prepared,
    child: Dependant | None,
    laterality: str,
    asked: list[dict[str, Any]],
    synthetic: bool,
    key: tuple[str, str] | None,
) -> dict[str, Analysis]:
    """The rows, all or none; the first is the one that an idempotency key stands for."""
    patient, new = asked[0]["patient"], {}
    waiting = Analysis.objects.filter(patient=patient, status__in=Analysis.PENDING).count()
    with transaction.atomic():
        scan, is_new = scans.store(patient=patient, prepared=prepared, synthetic=synthetic, dependant=child, laterality=laterality)
        try:
            resent.agrees(scan, child, laterality)
            resent.name_side(scan, laterality, patient)
            for about in asked:
                analysis = Analysis.objects.create(scan=scan, in_bulk=waiting >= FEW, **about)
                audit("analysis.submitted", analysis, actor=patient, patient=patient, disease=analysis.disease)
                new[analysis.disease] = analysis
            if key:
                IdempotencyKey.objects.create(user=patient, key=key[0], fingerprint=key[1], analysis=new[asked[0]["disease"]])
            for analysis in new.values():
                transaction.on_commit(partial(send, analysis))
            analyses_submitted.send(Analysis, analyses=list(new.values()))
        except BaseException:
            if is_new:  # nothing of it was committed: this block is rolled back
                scans.discard_files(scan)
            raise
    # An error of the commit itself leaves the files: when the connection is lost, nobody knows whether the rows came to be. If they did
    # not, nothing names the files, and the nightly clean-up takes them.
    return new


def send(analysis: Analysis, *, last: bool = False) -> None:
    """Tell the workers; `last`: behind whatever waits now. When the broker can not be reached the row still waits, and the sweeper sends it
    again."""
    if backlog.join(analysis) if analysis.in_bulk and analysis.attempt == 0 else _send_alone(analysis, last):
        Analysis.objects.filter(pk=analysis.pk).update(sent_at=Now())


def _send_alone(analysis: Analysis, last: bool) -> bool:
    try:
        run.apply_async([str(analysis.pk)], priority=backlog.LAST if last else backlog.PRIORITY if analysis.in_bulk else 0)
    except run.OperationalError:
        logger.warning("the broker can not be reached; analysis %s waits for the sweeper", analysis.pk)
        return False
    return True


def claim(pk: str, *, worker: str) -> list[Analysis]:
    """Take a queued analysis for this worker, and with it what waits of the same scan: the picture is then read once.

    Empty when another worker has it, or it is settled. What was tried before is tried alone, so that no scan's bad luck is another's.
    """
    waiting = Analysis.objects.filter(scan__analyses__pk=pk, status=Analysis.Status.QUEUED).defer("model_version__metrics")
    found = {str(analysis.pk): analysis for analysis in waiting.select_related("scan", "model_version", "patient").order_by("queued_at")}
    first = found.pop(pk, None)
    if first is None:
        return []
    others = [other for other in found.values() if other.attempt == 0] if first.attempt == 0 else []
    now = timezone.now()
    return [
        analysis
        for analysis in (first, *others)
        if Analysis.objects.move(
            analysis, to=Analysis.Status.RUNNING, attempt=analysis.attempt + 1, started_at=now, heartbeat_at=Now(), worker=worker
        )
    ]


def keep_heatmap(analysis: Analysis, answer: Answer) -> None:
    """Store the picture of where the model looked, under a name of its own."""
    analysis.heatmap.save("", ContentFile(answer.heatmap), save=False)


def record(answered: Sequence[tuple[Analysis, Answer]]) -> set[Any]:
    """Keep the model's answers, each with the operating point that its claim found, all in one transaction.

    Returns the keys of those that were kept. Of a row that has gone on nothing is written, and its heat-map is deleted.
    """
    ends = [(analysis, _result(analysis, answer)) for analysis, answer in answered]
    kept = {analysis.pk for analysis in _finish(ends, to=Analysis.Status.DONE)}
    gone_on = {analysis.pk: str(analysis.heatmap.name) for analysis, _answer in answered if analysis.pk not in kept}
    # A row may name it all the same: then an earlier try was kept, whose commit could not tell that it was.
    named = set(Analysis.objects.filter(pk__in=gone_on).values_list("heatmap", flat=True)) if gone_on else set()
    for analysis, _answer in answered:
        if gone_on.get(analysis.pk, "") not in ("", *named):
            analysis.heatmap.storage.delete(gone_on[analysis.pk])
    return kept


def _result(analysis: Analysis, answer: Answer) -> dict[str, Any]:
    point = analysis.model_version.operating_point
    return {
        "finding": answer.finding,
        "outcome": answer.outcome,
        "probability": answer.probability,
        "probabilities": answer.probabilities,
        "threshold": answer.threshold,
        "uncertain_low": point.low,
        "uncertain_high": point.high,
        "checksum": answer.checksum,
        "seconds": answer.seconds,
        "heatmap": analysis.heatmap.name,
        "heatmap_sha256": analysis.heatmap_sha256,
        **_no_reason(),
    }


def _no_reason() -> dict[str, Any]:
    return {"error_code": "", "error_message": "", "error_template": "", "error_params": {}}


def _reason(code: str, template: str, params: Mapping[str, str | int]) -> dict[str, Any]:
    """Kept in English, and so that it can be told in another language later."""
    if not params:
        return {**_no_reason(), "error_code": code, "error_message": template}
    return {"error_code": code, "error_message": template.format(**params), "error_template": template, "error_params": dict(params)}


def record_rejected(analysis: Analysis, *, code: str, message: str, **params: str | int) -> bool:
    """The image is at fault: tell the patient what to do about it. `message` is English, with the names of params in braces."""
    return bool(_finish([(analysis, _reason(code, message, params))], to=Analysis.Status.REJECTED))


def record_failed(analysis: Analysis, *, code: str, message: str, **params: str | int) -> bool:
    """We are at fault. `message` as above."""
    return bool(_finish([(analysis, _reason(code, message, params))], to=Analysis.Status.FAILED))


def _finish(ends: Sequence[tuple[Analysis, dict[str, Any]]], *, to: str) -> list[Analysis]:
    """All of them or, after an error, none. Returns those that this call moved."""
    before = [(analysis, analysis.status) for analysis, _ in ends]
    try:
        with transaction.atomic():
            now = timezone.now()
            held = [(analysis, changes) for analysis, changes in ends if analysis.status == Analysis.Status.RUNNING]
            moved = [analysis for analysis, changes in held if Analysis.objects.move(analysis, to=to, finished_at=now, **changes)]
            details = [{"attempt": analysis.attempt, "code": analysis.error_code} for analysis in moved]
            audit_many(f"analysis.{to}", moved, patients=[analysis.patient for analysis in moved], details=details)
            if moved:
                analyses_finished.send(Analysis, analyses=moved)
    except BaseException:
        for analysis, status in before:  # as in the database, so that it can be tried anew
            analysis.status = status
        raise
    return moved


def try_again(analysis: Analysis, *, code: str, later: bool = False) -> bool:
    """Back to the queue, or failed for good after the last attempt. True when this call moved the row.

    `later`: not before the sweeper sends it. What is full, gone or broken now is so a moment later too, and three attempts were soon over.
    """
    if analysis.status != Analysis.Status.RUNNING:
        return False
    if analysis.attempt >= settings.ANALYSIS_MAX_ATTEMPTS:
        message = gettext_noop("We tried {attempts} times and could not finish. Nothing is wrong with your picture.")
        return record_failed(analysis, code=code, message=message, attempts=analysis.attempt)
    with transaction.atomic():
        waits = {"sent_at": Now()} if later else {}
        if not Analysis.objects.move(analysis, to=Analysis.Status.QUEUED, heartbeat_at=None, worker="", **waits):
            return False
        audit("analysis.requeued", analysis, patient=analysis.patient, attempt=analysis.attempt, code=code)
        analysis_requeued.send(Analysis, analysis=analysis, code=code)
        if not later:
            transaction.on_commit(lambda: send(analysis, last=True))  # if it hangs once more, nobody else waits behind it
    return True


def requeue(*, analysis: Analysis, by: Any) -> None:
    """An administrator has a failed or cancelled analysis run again, with fresh attempts. Raises NotPossible."""
    if analysis.status not in (Analysis.Status.FAILED, Analysis.Status.CANCELLED):
        raise NotPossible(_("Only a failed or cancelled analysis can be queued again."))
    if not has_consented(analysis.patient):
        raise NotPossible(_("The patient has not agreed to the text in force, or has withdrawn."))
    try:
        with transaction.atomic():
            fresh = {"attempt": 0, **_no_reason(), "finished_at": None, "started_at": None, "heartbeat_at": None}
            if not Analysis.objects.move(analysis, to=Analysis.Status.QUEUED, **fresh):
                raise NotPossible(_("Somebody else has just changed this analysis."))
            audit("analysis.requeued", analysis, actor=by, patient=analysis.patient)
            transaction.on_commit(lambda: send(analysis))
    except IntegrityError as error:
        raise NotPossible(_("The same scan is being analysed again already.")) from error


def cancel(*, analysis: Analysis, by: Any) -> None:
    """Stop a pending analysis: its worker's answer, should it still come, is not written. Raises NotPossible."""
    with transaction.atomic():
        if not analysis.is_pending or not Analysis.objects.move(analysis, to=Analysis.Status.CANCELLED, finished_at=timezone.now()):
            raise NotPossible(_("Only an analysis that is still waiting or running can be cancelled."))
        audit("analysis.cancelled", analysis, actor=by, patient=analysis.patient)


def correct_side(*, analysis: Analysis, laterality: str, by: Any) -> None:
    """The patient named the wrong one of two, and says which it is. Raises NotPossible once a practitioner reads it."""
    if not analysis.catalogue.side(laterality):
        raise NotPossible(_("Nothing is asked of this kind of picture that could be corrected so."))
    if laterality == analysis.scan.laterality:
        return
    if not scans.correct_side(scan=analysis.scan, laterality=laterality, by=by):
        raise NotPossible(_("A practitioner has begun to read this picture. Ask them about it: the question stays with the picture."))


def note_read(*, analysis: Analysis, by: Any) -> None:
    """Somebody has opened an analysis: audited, and told to the rooms above when it is the patient."""
    audit("analysis.read", analysis, actor=by, patient=analysis.patient)
    if analysis.patient_id == by.pk and analysis.status == Analysis.Status.DONE:
        answer_read.send(Analysis, analysis=analysis)
