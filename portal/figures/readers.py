"""How practitioners read: counted in the database, put together here. The same for oneself and, by administrators, for everybody."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Count, DurationField, ExpressionWrapper, F, Q, QuerySet
from django.utils.translation import gettext

from inference import diseases
from portal.accounts.models import User
from portal.reviews.models import Opinion, Review

from .measures import Agreement, Share, agreement

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


def figures_of(user: User) -> Reader:
    """One's own, in three queries."""
    readings = _readings(_signed().filter(practitioner=user), _pairs(review__opinions__practitioner=user))
    return Reader(user, list(readings.get(user.pk, {}).values()), _median(_signed().filter(practitioner=user)))


def figures_of_all() -> list[Reader]:
    """Of everybody who has signed something, in three queries. How long it takes is everybody's own."""
    readings = _readings(_signed(), _pairs())
    people = User.objects.filter(pk__in=list(readings)).order_by("name", "pk")
    return [Reader(person, list(readings[person.pk].values())) for person in people]


def _signed() -> QuerySet[Opinion]:
    """What was signed first; amendments came later, and for other reasons."""
    return Opinion.objects.filter(stage=Opinion.Stage.FINAL, version=1)


def _pairs(**whose: Any) -> QuerySet[Opinion]:
    """Two people's readings of one case before the model's answer was shown; of settled cases only, so that a blind one stays blind.

    All in one filter, so that it is one other opinion that all of it is about.
    """
    another = Q(review__opinions__practitioner__lt=F("practitioner")) | Q(review__opinions__practitioner__gt=F("practitioner"))
    first = Opinion.Stage.INDEPENDENT
    return Opinion.objects.filter(another, stage=first, review__opinions__stage=first, review__status=Review.Status.SIGNED, **whose)


def _readings(signed: QuerySet[Opinion], pairs: QuerySet[Opinion]) -> dict[Any, dict[str, Reading]]:
    """By practitioner and disease."""
    found: dict[Any, dict[str, Reading]] = {}

    def of(row: dict[str, Any]) -> Reading:
        return found.setdefault(row["reader"], {}).setdefault(row["disease"], Reading(row["disease"]))

    for row in _counted(signed.filter(review__opinions__practitioner=F("practitioner"), review__opinions__stage=Opinion.Stage.INDEPENDENT)):
        reading = of({**row, "reader": row["practitioner"]})
        reading.signed += row["n"]
        if row["finding"] != row["first"]:
            reading.changed += row["n"]
            reading.towards_the_model += row["n"] if row["finding"] == row["model"] else 0
        if Opinion.CAN_NOT_TELL not in (row["first"], row["finding"]) and row["outcome"] != "uncertain":
            reading.with_model[row["first"], row["model"]] += row["n"]
    for row in _counted(pairs):
        if Opinion.CAN_NOT_TELL not in (row["first"], row["finding"]):
            of(row).with_peers[row["first"], row["finding"]] += row["n"]
    return found


def _counted(opinions: QuerySet[Opinion]) -> Any:
    """Counts by all that is compared; `first` and `reader` are of the other opinion about the same case."""
    names = {
        "disease": F("review__analysis__disease"),
        "model": F("review__analysis__finding"),
        "outcome": F("review__analysis__outcome"),
        "first": F("review__opinions__finding"),
        "reader": F("review__opinions__practitioner"),
    }
    return opinions.order_by().values("practitioner", "finding", **names).annotate(n=Count("pk"))


def _median(signed: QuerySet[Opinion]) -> timedelta | None:
    """From the opening of the case to the signature: the middle one, found by the database."""
    took = ExpressionWrapper(F("recorded_at") - F("review__opened_at"), output_field=DurationField())
    durations = signed.annotate(took=took).order_by("took").values_list("took", flat=True)
    count = durations.count()
    return durations[count // 2] if count else None
