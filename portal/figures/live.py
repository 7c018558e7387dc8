"""How a model does on the scans of this place, measured against signed opinions, and whether that changes over the weeks."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import BooleanField, Case, Count, Exists, F, OuterRef, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Floor, Least, TruncWeek

from inference import diseases
from portal.analyses.models import ModelVersion
from portal.reviews.models import Opinion, Review

from .measures import FEWEST, Share
from .models import Counted

BINS = 10
WEEKS = 26
CALLED = Case(
    When(review__analysis__probability__gte=F("review__analysis__threshold"), then=Value(True)),
    default=Value(False),
    output_field=BooleanField(),
)


@dataclass
class Counts:
    """Answers on the right and the wrong side of their threshold. An opinion that could not tell is in none of the four."""

    found: int = 0
    missed: int = 0
    cleared: int = 0
    alarmed: int = 0
    untold: int = 0

    def add(self, disease: str, finding: str, called: bool, n: int) -> None:
        if finding == Opinion.CAN_NOT_TELL:
            self.untold += n
        elif finding in diseases.get(disease).positive:
            self.found, self.missed = self.found + n * called, self.missed + n * (not called)
        else:
            self.alarmed, self.cleared = self.alarmed + n * called, self.cleared + n * (not called)

    @property
    def sensitivity(self) -> Share:
        return Share(self.found, self.found + self.missed)

    @property
    def specificity(self) -> Share:
        return Share(self.cleared, self.cleared + self.alarmed)

    @property
    def n(self) -> int:
        return self.found + self.missed + self.cleared + self.alarmed


@dataclass
class Bin:
    """Answers of about one probability: what was given on average, and how many of them showed the disease."""

    n: int = 0
    total: float = 0.0
    positive: int = 0


@dataclass
class Live:
    """Of one model version."""

    version: ModelVersion
    counts: Counts = field(default_factory=Counts)
    bins: dict[int, Bin] = field(default_factory=dict)

    @property
    def calibration(self) -> dict[str, Any]:
        """As the charts of model cards take it; empty where there are too few."""
        if self.counts.n < FEWEST:
            return {}
        rows = [
            {"probability": found.total / found.n, "observed": found.positive / found.n, "images": found.n}
            for _, found in sorted(self.bins.items())
        ]
        error = sum(abs(row["probability"] - row["observed"]) * row["images"] for row in rows) / self.counts.n
        return {"calibration": rows, "calibration_error": error}


@dataclass
class Week:
    start: date
    counts: Counts = field(default_factory=Counts)


def live(counts: Counted) -> list[Live]:
    """Every model version that has answered something that is signed, in one query."""
    versions = {version.pk: version for version in ModelVersion.objects.all()}
    found: dict[int, Live] = {}
    for row in counts.settled:
        _add(found.setdefault(row["model_version"], Live(versions[row["model_version"]])), row)
    return sorted(found.values(), key=lambda one: (one.version.disease, one.version.registered_at))


def live_of(version: ModelVersion, counts: Counted) -> Live:
    of_it = Live(version)
    for row in counts.settled:
        if row["model_version"] == version.pk:
            _add(of_it, row)
    return of_it


def weeks_of(version: ModelVersion, counts: Counted) -> list[Week]:
    """The last half year by the week of the signature, the oldest first; weeks without any are left out."""
    found: dict[str, Week] = {}
    for row in counts.weeks:
        if row["model_version"] == version.pk:
            week = found.setdefault(row["start"], Week(date.fromisoformat(row["start"])))
            week.counts.add(version.disease, row["finding"], row["called"], row["n"])
    return list(found.values())[-WEEKS:]


def settled() -> list[dict[str, Any]]:
    probability = F("review__analysis__probability")
    counted = _settled().annotate(called=CALLED, bin=Least(Floor(probability * BINS), Value(float(BINS - 1))))
    rows = counted.order_by().values("finding", "called", "bin", model_version=F("review__analysis__model_version"))
    return [dict(row) for row in rows.annotate(n=Count("pk"), total=Sum("review__analysis__probability"))]


def weekly() -> list[dict[str, Any]]:
    by_week = _settled().annotate(week=TruncWeek("review__signed_at"), called=CALLED, model_version=F("review__analysis__model_version"))
    rows = by_week.order_by("week").values("model_version", "week", "finding", "called").annotate(n=Count("pk"))
    told: list[dict[str, Any]] = [dict(row) for row in rows]
    return [{"start": row.pop("week").date().isoformat(), **row} for row in told]


def _settled() -> QuerySet[Opinion]:
    """The answer of each case that is signed, as it stands now."""
    later = Opinion.objects.filter(
        review=OuterRef("review"), practitioner=OuterRef("practitioner"), stage=Opinion.Stage.FINAL, version__gt=OuterRef("version")
    )
    answers = Q(stage=Opinion.Stage.FINAL, review__status=Review.Status.SIGNED, practitioner=F("review__practitioner"))
    return Opinion.objects.filter(answers, ~Exists(later))


def _add(to: Live, row: dict[str, Any]) -> None:
    disease = to.version.disease
    to.counts.add(disease, row["finding"], row["called"], row["n"])
    if row["finding"] != Opinion.CAN_NOT_TELL:
        into = to.bins.setdefault(int(row["bin"]), Bin())
        into.n += row["n"]
        into.total += row["total"]
        into.positive += row["n"] if row["finding"] in diseases.get(disease).positive else 0
