"""Model versions: from the registry on disk into the portal, into use, and out of it."""

import logging
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from django.db import transaction
from django.utils import timezone

from inference import diseases, engine, registry
from portal.audit.services import record, record_many

from .models import Analysis, ModelVersion

logger = logging.getLogger(__name__)
OWN_POINT = ["own_threshold", "own_low", "own_high", "own_set_by", "own_set_at", "own_reason"]


class ChangedArtefact(Exception):
    """A registered version's file has another checksum: a version never changes, give the new model a new number."""


@transaction.atomic
def sync(codes: Iterable[str] = diseases.DISEASES) -> list[ModelVersion]:
    """Register every artefact on disk of these diseases; one without an active version gets its newest. Returns the new rows.

    Of a version that is known already only the figures are read again: it may have been measured anew. One whose files a newer release
    no longer carries is retired, so that the newest takes its place, also for what still waits for an answer; where a disease has no
    files at all, nothing is retired.
    """
    added = []
    for code in codes:
        on_disk = registry.versions(code)
        for version in on_disk:
            artefact = registry.load(code, version)
            registry.verify(artefact)
            manifest = artefact.manifest
            row, created = ModelVersion.objects.get_or_create(
                disease=code,
                version=version,
                defaults={"checksum": manifest.checksum, "manifest": manifest.to_dict(), "metrics": artefact.metrics},
            )
            if row.checksum != manifest.checksum:
                raise ChangedArtefact(f"{row} was registered with another checksum")
            if created:
                added.append(row)
                record("model.registered", row, checksum=row.checksum)
            elif row.metrics != artefact.metrics:
                row.metrics = artefact.metrics
                row.save(update_fields=["metrics"])
                record("model.measured", row, date=row.metrics.get("date"))
        if on_disk:
            for row in ModelVersion.objects.filter(disease=code).exclude(state=ModelVersion.State.RETIRED).exclude(version__in=on_disk):
                retire(version=row)
        newest = ModelVersion.objects.filter(disease=code, state=ModelVersion.State.AVAILABLE).order_by("-registered_at", "-pk").first()
        if newest is not None and ModelVersion.objects.active(code) is None:
            activate(version=newest)
        if on_disk:
            _hand_over(code, on_disk)
    return added


def _hand_over(code: str, on_disk: list[str]) -> None:
    """What still waits for a version whose files are gone is answered by the one in use, unless that one answers this scan already."""
    active = ModelVersion.objects.active(code)
    if active is None:
        return
    there = Analysis.objects.filter(model_version=active, status__in=Analysis.LIVE).values("scan")
    orphans = Analysis.objects.filter(disease=code, status=Analysis.Status.QUEUED).exclude(model_version__version__in=on_disk)
    waiting = list(orphans.exclude(scan__in=there).select_related("patient"))
    Analysis.objects.filter(pk__in=[analysis.pk for analysis in waiting], status=Analysis.Status.QUEUED).update(model_version=active)
    details = [{"model_version": str(active)}] * len(waiting)
    record_many("analysis.handed_over", waiting, patients=[analysis.patient for analysis in waiting], details=details)


@transaction.atomic
def activate(*, version: ModelVersion, by: Any = None) -> None:
    """New scans of its disease use this version from now on; the one before becomes available."""
    ModelVersion.objects.filter(disease=version.disease, state=ModelVersion.State.ACTIVE).exclude(pk=version.pk).update(
        state=ModelVersion.State.AVAILABLE
    )
    version.state, version.activated_at = ModelVersion.State.ACTIVE, timezone.now()
    version.save(update_fields=["state", "activated_at"])
    record("model.activated", version, actor=by)


@transaction.atomic
def retire(*, version: ModelVersion, by: Any = None) -> None:
    """Take a version out of use. Its answers stay; its disease has no model until another version is activated."""
    version.state = ModelVersion.State.RETIRED
    version.save(update_fields=["state"])
    record("model.retired", version, actor=by)


@transaction.atomic
def set_operating_point(*, version: ModelVersion, by: Any, point: engine.OperatingPoint, reason: str) -> None:
    """New answers of this version use the place's own operating point from now on; answers that are given keep theirs."""
    old = _locked(version).operating_point
    version.own_threshold, version.own_low, version.own_high = point.threshold, point.low, point.high
    version.own_set_by, version.own_set_at, version.own_reason = by, timezone.now(), reason.strip()
    version.save(update_fields=OWN_POINT)
    record("model.operating_point_set", version, actor=by, old=asdict(old), new=asdict(point), reason=version.own_reason)


@transaction.atomic
def reset_operating_point(*, version: ModelVersion, by: Any) -> None:
    """Back to the operating point that was shipped. Where it is in force already, nothing happens."""
    locked = _locked(version)
    if not locked.has_own_point:
        return
    version.own_threshold = version.own_low = version.own_high = version.own_set_by = version.own_set_at = None
    version.own_reason = ""
    version.save(update_fields=OWN_POINT)
    record("model.operating_point_reset", version, actor=by, old=asdict(locked.operating_point), new=asdict(version.shipped_point))


def _locked(version: ModelVersion) -> ModelVersion:
    """The row as it is now, held until the transaction ends, so that the audit tells the values that were really replaced."""
    return ModelVersion.objects.select_for_update().get(pk=version.pk)


def warm_up() -> None:
    """Load every active version in this process. One that can not be loaded is logged: its analyses will say so."""
    for version in ModelVersion.objects.filter(state=ModelVersion.State.ACTIVE):
        try:
            engine.get(version.disease, version.version)
        except registry.ArtefactError:
            logger.exception("%s can not be loaded", version)
