"""How practitioners read: counted by the database (models.Counted), put together here. The same for oneself and, for administrators, for
everybody."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Count, DurationField, ExpressionWrapper, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils.translation import gettext

from inference import diseases
from portal.accounts.models import User
from portal.reviews.models import Opinion, Review

from .measures import Agreement, Share, agreement
from .models import Counted

Pairs = Counter  # of (what one said, what the other said)


@dataclass
class Reading:
    """Of one practitioner and one disease."""

    disease: str
    signed: int = 0
    changed: int = 0
    towards_the_model: int = 0
    with_model: Pairs = field(default_factory=Counter)
    with_peers: Pairs = field(default_factory=Counter)

    @property
    def name(self) -> str:
        return gettext(diseases.get(self.disease).name)

    @property
    def model(self) -> Agreement:
        """The reading before the model's answer was shown, against that answer."""
        return agreement(self.with_model)

    @property
    def peers(self) -> Agreement:
        """The readings of two who did not know of each other's."""
        return agreement(self.with_peers)

    @property
    def changes(self) -> Share:
        """How often the signed finding is not the one before the model's answer was shown."""
        return Share(self.changed, self.signed)


@dataclass
class Reader:
    user: User
    readings: list[Reading]
    turnaround: timedelta | None = None

    @property
    def signed(self) -> int:
        return sum(reading.signed for reading in self.readings)

    @property
    def changes(self) -> Share:
        return Share(sum(reading.changed for reading in self.readings), self.signed)

    @property
    def towards_the_model(self) -> int:
        return sum(reading.towards_the_model for reading in self.readings)


def figures_of(user: User, counts: Counted) -> Reader:
    """One's own: a part of what was counted."""
    mine = [row for row in counts.signed if row["practitioner"] == user.pk]
    readings = _readings(mine, [row for row in counts.pairs if row["reader"] == user.pk])
    took = dict(counts.turnarounds).get(user.pk)
    return Reader(user, list(readings.get(user.pk, {}).values()), None if took is None else timedelta(seconds=took))


def figures_of_all(counts: Counted) -> list[Reader]:
    """Of everybody who has signed something, in one query. How long it takes is everybody's own."""
    readings = _readings(counts.signed, counts.pairs)
    people = User.objects.filter(pk__in=list(readings)).order_by("name", "pk")
    return [Reader(person, list(readings[person.pk].values())) for person in people]


def signed() -> list[dict[str, Any]]:
    """Each with the same reader's own finding before the model's answer was shown (`first`)."""
    own = _signed().filter(review__opinions__practitioner=F("practitioner"), review__opinions__stage=Opinion.Stage.INDEPENDENT)
    return _counted(own)


def pairs() -> list[dict[str, Any]]:
    """Two people's readings of one case before the model's answer was shown; of settled cases only, so that a blind one stays blind.

    All in one filter, so that it is one other opinion that all of it is about.
    """
    another = Q(review__opinions__practitioner__lt=F("practitioner")) | Q(review__opinions__practitioner__gt=F("practitioner"))
    first = Opinion.Stage.INDEPENDENT
    return _counted(Opinion.objects.filter(another, stage=first, review__opinions__stage=first, review__status=Review.Status.SIGNED))


def turnarounds() -> list[tuple[int, float]]:
    """By reader the median from the opening of the case to the signature, in seconds: the middle one, found by the database."""
    took = ExpressionWrapper(F("recorded_at") - F("review__opened_at"), output_field=DurationField())
    place = Window(RowNumber(), partition_by=F("practitioner"), order_by=["took", "pk"])
    ranked = _signed().annotate(took=took, place=place, n=Window(Count("pk"), partition_by=F("practitioner")))
    middle = ranked.filter(place=F("n") / 2 + 1).order_by().values_list("practitioner", "took")
    return [(reader, time.total_seconds()) for reader, time in middle]


def _signed() -> QuerySet[Opinion]:
    """What was signed first; amendments came later, and for other reasons."""
    return Opinion.objects.filter(stage=Opinion.Stage.FINAL, version=1)


def _readings(signed: list[dict[str, Any]], pairs: list[dict[str, Any]]) -> dict[Any, dict[str, Reading]]:
    """By practitioner and disease."""
    found: dict[Any, dict[str, Reading]] = {}

    def of(row: dict[str, Any]) -> Reading:
        return found.setdefault(row["reader"], {}).setdefault(row["disease"], Reading(row["disease"]))

    for row in signed:
        reading = of({**row, "reader": row["practitioner"]})
        reading.signed += row["n"]
        if row["finding"] != row["first"]:
            reading.changed += row["n"]
            reading.towards_the_model += row["n"] if row["finding"] == row["model"] else 0
        if Opinion.CAN_NOT_TELL not in (row["first"], row["finding"]) and row["outcome"] != "uncertain":
            reading.with_model[row["first"], row["model"]] += row["n"]
    for row in pairs:
        if Opinion.CAN_NOT_TELL not in (row["first"], row["finding"]):
            of(row).with_peers[row["first"], row["finding"]] += row["n"]
    return found


def _counted(opinions: QuerySet[Opinion]) -> list[dict[str, Any]]:
    """Counts by all that is compared; `first` and `reader` are of the other opinion about the same case."""
    names = {
        "disease": F("review__analysis__disease"),
        "model": F("review__analysis__finding"),
        "outcome": F("review__analysis__outcome"),
        "first": F("review__opinions__finding"),
        "reader": F("review__opinions__practitioner"),
    }
    return [dict(row) for row in opinions.order_by().values("practitioner", "finding", **names).annotate(n=Count("pk"))]
