"""What the same person sent before: the same upload gives the same analysis, and nothing that was said of a picture is contradicted."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy

from portal.accounts.models import Dependant
from portal.scans import services as scans
from portal.scans.models import Scan

from .models import Analysis, IdempotencyKey


class KeyReused(Exception):
    """An idempotency key came back with another request."""

    code = "idempotency_key_reused"
    message = gettext_lazy("This Idempotency-Key was used for a different upload. Send a new key with a new upload.")


class OtherPerson(Exception):
    """The same bytes are here already, as a picture of somebody else."""

    code = "other_person"
    message = gettext_lazy(
        "You sent this very picture before, as one of somebody else. A picture shows one person: choose whom, or another file."
    )


class OtherSide(Exception):
    """The same bytes are here already, as a picture of the other of two."""

    code = "other_side"
    message = gettext_lazy(
        "You sent this very picture before, as one of the other side. One picture shows one side: look which it is, or choose another "
        "file. If what you said first was wrong, correct it on that picture's page."
    )


def by_key(patient: Any, key: str, fingerprint: str) -> Analysis | None:
    used = IdempotencyKey.objects.filter(user=patient, key=key).select_related("analysis__scan").first() if key else None
    if used is None:
        return None
    if used.fingerprint != fingerprint:
        raise KeyReused
    return used.analysis


def same_bytes(patient: Any, source_sha256: str, codes: Iterable[str]) -> dict[str, Analysis]:
    """What is there already of these diseases."""
    live = Analysis.objects.filter(patient=patient, scan__source_sha256=source_sha256, disease__in=codes, status__in=Analysis.LIVE)
    return {analysis.disease: analysis for analysis in live.select_related("scan").order_by("queued_at")}


def same_picture(analyses: Iterable[Analysis], child: Dependant | None, laterality: str) -> None:
    for analysis in analyses:
        agrees(analysis.scan, child, laterality)


def agrees(scan: Scan, child: Dependant | None, laterality: str) -> None:
    """What was said of the same bytes before is not contradicted. Raises OtherPerson or OtherSide."""
    if scan.dependant_id != (child.pk if child else None):
        raise OtherPerson
    if laterality and scan.laterality and laterality != scan.laterality:
        raise OtherSide


def name_side(scan: Scan, laterality: str, patient: Any) -> None:
    if laterality and not scan.laterality:
        scans.name_side(scan=scan, laterality=laterality, by=patient)
