"""Whether a model answers otherwise than it used to: the share of positive answers and their mean probability, the last week against the
four weeks before it. A change says that the pictures, the people or the model are different now; which of them, a person has to find out.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Avg, Case, Count, F, Q, When
from django.utils import timezone

from inference import diseases
from portal.analyses.models import Analysis
from portal.figures.measures import FEWEST

RECENT, BEFORE = timedelta(days=7), timedelta(days=28)
DRIFT, KEEP = "watch:drift", 86400


@dataclass(frozen=True)
class Answers:
    """Of one model version in one stretch of time."""

    disease: str
    version: str
    period: str
    n: int
    positive: int
    probability: float


def measure() -> list[Answers]:
    """One query. Of fewer than ten answers nothing is said: it would be noise, or a person."""
    now = timezone.now()
    period = Case(When(finished_at__gte=now - RECENT, then=1), default=0)
    # By disease, since an index begins with it.
    done = Analysis.objects.filter(disease__in=list(diseases.DISEASES), finished_at__gte=now - RECENT - BEFORE, status=Analysis.Status.DONE)
    rows = (
        done.order_by()
        .annotate(is_recent=period, version=F("model_version__version"))
        .values("disease", "version", "is_recent")
        .annotate(n=Count("pk"), positive=Count("pk", Q(probability__gte=F("threshold"))), mean=Avg("probability"))
    )
    return [
        Answers(row["disease"], row["version"], "recent" if row["is_recent"] else "before", row["n"], row["positive"], row["mean"])
        for row in rows
        if row["n"] >= FEWEST
    ]


def look() -> list[dict[str, Any]]:
    found = [vars(answers) for answers in measure()]
    cache.set(DRIFT, found, KEEP)
    return found
