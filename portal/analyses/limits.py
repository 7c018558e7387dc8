"""How much may wait: of one person, and of everybody together.

Whoever would wait longer than QUEUE_SECONDS is asked to come back, with a time. A person's few stand in a line of their own that goes
first (services.FEW), so a camp's backlog never keeps somebody with one picture out.
"""

import math
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, Min, Q
from django.utils import timezone
from django.utils.translation import ngettext
from redis.exceptions import RedisError

from inference import diseases

from .models import Analysis

WINDOW = 60  # seconds over which the workers' pace is measured
KEPT = 3  # seconds for which the waits are not counted anew
_KEY = "analyses:waits"


class TooManyWaiting(Exception):
    """One person has as many analyses waiting as one may have."""

    code = "too_many_waiting"

    def __init__(self, most: int, retry_after: int) -> None:
        told = ngettext(
            "{most} picture of yours is still waiting for its answer. Send more when it has been answered.",
            "{most} pictures of yours are still waiting for their answers. Send more when some of them have been answered.",
            most,
        )
        self.message, self.retry_after = told.format(most=most), retry_after
        super().__init__(self.message)


class Busy(Exception):
    """The queue is longer than anybody should wait."""

    code = "busy"

    def __init__(self, retry_after: int) -> None:
        minutes = math.ceil(retry_after / 60)
        told = ngettext(
            "Very many pictures are waiting at the moment. Please send this one again in {minutes} minute.",
            "Very many pictures are waiting at the moment. Please send this one again in {minutes} minutes.",
            minutes,
        )
        self.message, self.retry_after = told.format(minutes=minutes), retry_after
        super().__init__(self.message)


@dataclass(frozen=True)
class Waits:
    """Of analyses that wait: how many, and how old the oldest is, in the line that goes first and in the backlog; `pace` is how many
    answers a second the workers have given while something waited, None where nothing has waited long enough to say."""

    few: int
    few_age: float
    bulk: int
    bulk_age: float
    pace: float | None

    def seconds(self, *, in_bulk: bool) -> float:
        """How long the next one in this line will wait."""
        ahead = self.few + (self.bulk if in_bulk else 0)
        oldest = max(self.few_age, self.bulk_age if in_bulk else 0)
        if self.pace is None:
            return 0
        return ahead / self.pace if self.pace else oldest


def waits() -> Waits:
    """Counted in the database, at most every few seconds; when Redis can not be reached, each time."""
    with suppress(RedisError):
        if (kept := cache.get(_KEY)) is not None:
            return Waits(**kept)
    found = count()
    with suppress(RedisError):
        cache.set(_KEY, vars(found), KEPT)
    return found


def count() -> Waits:
    now, waiting = timezone.now(), Analysis.objects.filter(status=Analysis.Status.QUEUED)
    bulk = Q(in_bulk=True)
    found = waiting.aggregate(
        few=Count("pk", ~bulk), bulk=Count("pk", bulk), few_since=Min("queued_at", filter=~bulk), bulk_since=Min("queued_at", filter=bulk)
    )
    ages = {line: (now - since).total_seconds() if (since := found[f"{line}_since"]) else 0.0 for line in ("few", "bulk")}
    # Something has waited for so long, so for so long no worker was idle: what they finished meanwhile is their pace.
    window = min(WINDOW, max(ages.values()))
    pace = None
    if window >= KEPT:
        # By disease, since an index begins with it; every disease is in the list.
        ended = Analysis.objects.filter(disease__in=list(diseases.DISEASES), finished_at__gte=now - timedelta(seconds=window))
        pace = ended.exclude(status=Analysis.Status.CANCELLED).count() / window
    return Waits(found["few"], ages["few"], found["bulk"], ages["bulk"], pace)


def require_room(*, patient: Any, count: int, few: int) -> None:
    """That `count` more analyses of this person can be queued. Raises TooManyWaiting or Busy. (Two uploads at the same moment may both
    pass: it is a limit for machines that run away, not a promise.)"""
    most, longest = settings.ANALYSES_WAITING, settings.QUEUE_SECONDS
    if not most and not longest:
        return
    own = Analysis.objects.filter(patient=patient, status__in=Analysis.PENDING).count()
    if most and own + count > most:
        raise TooManyWaiting(most, retry_after=_between(10, waits().seconds(in_bulk=True) / 4, 300))
    if longest and (wait := waits().seconds(in_bulk=own >= few)) > longest:
        raise Busy(retry_after=_between(10, wait - longest, 900))


def _between(least: int, seconds: float, most: int) -> int:
    return max(least, min(most, math.ceil(seconds)))
