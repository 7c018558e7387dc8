"""Which of several its worker was busy with when it died or hung: the one that it answered, and the one that it looked at meanwhile.

Those are tried again, each alone, behind whatever waits; the former first, since it could be looked at. The others had not been begun,
or only not been stored: they go on as if nobody had taken them, so that one picture that kills its worker costs its neighbours a single
time limit, and one of them an attempt. The rows of a claim share worker and moment. The note lies in Redis; where it could not be made,
or is gone, each of the lost is a suspect.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

from .models import Analysis

logger = logging.getLogger(__name__)
LIMITS = 5  # time limits for which what is suspected lets others go first
KEPT = 3600  # seconds: many times what a claim may take


def busy_with(claimed: list[Analysis], begun: Sequence[Analysis]) -> None:
    """Said before any of several is begun. What others asked for is claimed by itself, and not among them."""
    if len(claimed) < 2:
        return
    try:
        cache.set(_key(claimed[0]), [str(analysis.pk) for analysis in begun], KEPT)
    except RedisError:
        logger.warning("what a worker is busy with could not be noted")


def bystanders(lost: Iterable[Analysis]) -> list[Analysis]:
    """Of what lost its worker, what that was not busy with, and that was tried for the first time."""
    first = [analysis for analysis in lost if analysis.attempt == 1]
    try:
        noted: dict[str, Any] = cache.get_many({_key(analysis) for analysis in first})
    except RedisError:
        noted = {}
    return [analysis for analysis in first if str(analysis.pk) not in noted.get(_key(analysis), [str(analysis.pk)])]


def may_hang_again(analysis: Analysis, now: datetime) -> bool:
    """Whether something that was tried before still lets others go first: for a few time limits, then it has waited long enough."""
    tried = analysis.started_at if analysis.attempt else None
    longest = LIMITS * timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT)
    return tried is not None and timedelta(0) <= now - tried < longest  # its worker's clock may have been ahead


def _key(analysis: Analysis) -> str:
    assert analysis.started_at is not None  # noqa: S101  # the database refuses it
    return f"busy:{analysis.worker}:{analysis.started_at.timestamp()}"
