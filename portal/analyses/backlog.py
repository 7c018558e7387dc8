"""The many of one patient, drained in batches: what each answer costs beside the model is then shared by all of a batch.

One message stands for the whole backlog. A scan sends none when an older one waits: whoever takes that one sees it too. Whoever takes
a full batch sends the next message before working, so that another worker can begin on the rest; whoever takes less looks again when
it is done, for what was stored while it claimed. So each message has one successor at most, and none is missing. Should one be lost
all the same, the sweeper sends another: rows are trusted, not messages.
"""

import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Prefetch, Q
from django.db.models.functions import Now
from django.utils import timezone

from .models import Analysis, ModelVersion
from .tasks import drain

logger = logging.getLogger(__name__)
BATCH = 32
PRIORITY, LAST = 6, 9  # of Celery's on Redis, where 0 goes first


def join(analysis: Analysis) -> bool:
    """Make sure that a worker comes for it. False when the broker can not be reached."""
    older = Q(queued_at__lt=analysis.queued_at) | Q(queued_at=analysis.queued_at, pk__lt=analysis.pk)
    return Analysis.objects.in_backlog().filter(older).exists() or wake()


def wake() -> bool:
    """Call one worker. False when the broker can not be reached."""
    try:
        drain.apply_async(priority=PRIORITY)
    except drain.OperationalError:
        logger.warning("the broker can not be reached; the backlog waits for the sweeper")
        return False
    return True


def claim(*, worker: str) -> list[Analysis]:
    """Take the oldest for this worker, at most a batch. What was tried before is not among them: it is tried alone."""
    with transaction.atomic():
        waiting = Analysis.objects.in_backlog().select_for_update(skip_locked=True, of=("self",)).select_related("scan")
        shared = Prefetch("model_version", ModelVersion.objects.defer("metrics")), "patient"  # few rows for all of a batch
        claimed = list(waiting.prefetch_related(*shared).order_by("queued_at")[:BATCH])
        taken = {"status": Analysis.Status.RUNNING, "attempt": 1, "started_at": timezone.now(), "worker": worker}
        Analysis.objects.filter(pk__in=[analysis.pk for analysis in claimed]).update(**taken, heartbeat_at=Now())
        for analysis in claimed:
            for field, value in taken.items():
                setattr(analysis, field, value)
    if len(claimed) == BATCH:
        wake()
    return claimed


def leave(claimed: Sequence[Analysis], untouched: Sequence[Analysis]) -> None:
    """When a batch is done: give back what was not begun, as if it had never been taken, and see that a worker comes for what waits.

    Whatever waits beside a full batch has its message already; where nothing does, that message may have come to nothing meanwhile.
    """
    if not claimed:
        return
    others = Analysis.objects.in_backlog().exists()
    give_back(untouched)
    full = len(claimed) == BATCH
    if (untouched and not others) if full else (untouched or others):
        wake()


def give_back(untouched: Sequence[Analysis], **also: Any) -> None:
    """As if they had never been taken; `also` is changed in their rows."""
    if not untouched:
        return
    mine = Analysis.objects.filter(pk__in=[analysis.pk for analysis in untouched], status=Analysis.Status.RUNNING, attempt=1)
    mine.update(status=Analysis.Status.QUEUED, attempt=0, started_at=None, heartbeat_at=None, worker="", **also)


def others() -> list[UUID]:
    """Somebody's few that wait for their first attempt, and go first."""
    waiting = Analysis.objects.filter(status=Analysis.Status.QUEUED, in_bulk=False, attempt=0).order_by("queued_at")
    return list(waiting.values_list("pk", flat=True)[:BATCH])
