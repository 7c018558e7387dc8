"""Where an analysis stands, and how long it will take: for the person who waits."""

from dataclasses import dataclass
from statistics import median

from django.db.models import F, Q

from .models import Analysis

RECENT = 20


@dataclass(frozen=True)
class Place:
    """`ahead`: analyses before this one; `seconds`: a fair estimate until the answer."""

    ahead: int
    seconds: int


def place(analysis: Analysis) -> Place:
    """The estimate is the median time of the last answers, for everyone ahead and oneself; 2 s each while nothing is known.

    One of many of the same patient waits for everybody's few, too.
    """
    if analysis.status == Analysis.Status.QUEUED:
        before = Q(in_bulk=analysis.in_bulk, queued_at__lt=analysis.queued_at)
        if analysis.in_bulk:
            before |= Q(in_bulk=False)
        waiting = Analysis.objects.filter(before, status=Analysis.Status.QUEUED)
        ahead = waiting.count() + Analysis.objects.filter(status=Analysis.Status.RUNNING).count()
    else:
        ahead = 0
    spans = (
        Analysis.objects.filter(status=Analysis.Status.DONE)
        .order_by("-finished_at")
        .values_list(F("finished_at") - F("started_at"), flat=True)[:RECENT]
    )
    typical = median([span.total_seconds() for span in spans] or [2.0])
    return Place(ahead=ahead, seconds=max(1, round(typical * (ahead + 1))))
