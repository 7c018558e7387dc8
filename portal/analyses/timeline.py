"""One's scans over time: by month, page after page by key; and the pictures of one kind beside each other."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from inference import diseases

from .models import Analysis

PAGE = 20
BEFORE, AFTER = 5, 2  # how many other pictures of the kind are shown around one
LOOKED_AT = 30
OVER_TIME = {
    diseases.CHEST_XRAY: _("Chest X-rays over time"),
    diseases.FUNDUS: _("Eye photographs over time"),
    diseases.DERMOSCOPY: _("Skin spots over time"),
    diseases.BLOOD_SMEAR: _("Blood smears over time"),
}


@dataclass(frozen=True)
class Stretch:
    """A piece of the timeline, newest first. `older` is the key of the next piece, empty at the end."""

    analyses: list[Analysis]
    older: str
    is_newest: bool

    @property
    def months(self) -> list[tuple[date, list[Analysis]]]:
        grouped = groupby(self.analyses, lambda analysis: timezone.localtime(analysis.queued_at).date().replace(day=1))
        return [(month, list(found)) for month, found in grouped]


def stretch(analyses: Any, before: str = "") -> Stretch:
    """What comes before a key: nothing is shown twice or left out while new scans arrive, and a late page costs no more than the first.
    A key that is none gives the newest."""
    key = _parsed(before)
    found = analyses.order_by("-queued_at", "-id")
    if key is not None:
        at, pk = key
        found = found.filter(Q(queued_at__lt=at) | Q(queued_at=at, pk__lt=pk))
    rows = list(found[: PAGE + 1])
    shown = rows[:PAGE]
    older = f"{shown[-1].queued_at.isoformat()}_{shown[-1].pk}" if len(rows) > PAGE else ""
    return Stretch(shown, older, key is None)


def _parsed(key: str) -> tuple[datetime, uuid.UUID] | None:
    at, _, pk = key.rpartition("_")
    try:
        parsed = parse_datetime(at)
        return (parsed, uuid.UUID(pk)) if parsed is not None and timezone.is_aware(parsed) else None
    except ValueError:
        return None


def of_the_kind(analysis: Analysis, seen: Any) -> list[Analysis]:
    """The same person's pictures of the same kind around this one, oldest first, one entry a picture, this one among them. Empty when it is
    the only one. `seen` are the analyses that the reader may see."""
    kind = [disease.code for disease in diseases.DISEASES.values() if disease.modality == analysis.catalogue.modality]
    whose = {"patient": analysis.patient_id, "scan__dependant": analysis.scan.dependant_id}
    others = seen.filter(**whose, disease__in=kind).exclude(scan=analysis.scan_id).exclude(status="cancelled")
    earlier = others.filter(queued_at__lt=analysis.queued_at).order_by("-queued_at", "-id")
    later = others.filter(queued_at__gte=analysis.queued_at).order_by("queued_at", "id")
    before, after = _one_a_picture(earlier, analysis.disease)[:BEFORE], _one_a_picture(later, analysis.disease)[:AFTER]
    shown = seen.in_bulk([*before, *after]) if before or after else {}
    return [*(shown[pk] for pk in reversed(before)), analysis, *(shown[pk] for pk in after)] if shown else []


def _one_a_picture(analyses: Any, disease: str) -> list[uuid.UUID]:
    """Their ids: of several answers about one picture that for the same disease, where there is one. The rows themselves are wide, and most
    of those looked at are not shown."""
    found: dict[Any, uuid.UUID] = {}
    for pk, scan, answered in analyses.values_list("pk", "scan_id", "disease")[:LOOKED_AT]:
        if scan not in found or answered == disease:
            found[scan] = pk
    return list(found.values())
