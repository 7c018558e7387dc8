"""No case waits more than twice its target while newer ones are read.

Said precisely, of readers who take the first of the list, for any arrivals, urgencies, targets and reading times:

1. Always: from the moment a case falls due, nothing that was asked for later is read before it. So at twice its target nothing that is
   younger than one target can have gone before it, and nothing joins those that are still ahead.
2. Whenever capacity allows, that is, when the readers can begin as many readings within one more target as there are cases ahead of it
   at that moment: it is begun before twice its target.
3. An order by urgency alone, which looks the same in a quiet hour, breaks both. The test finds that out by itself.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.accounts.models import User
from portal.analyses.models import ModelVersion
from portal.reviews.models import Review
from portal.reviews.targets import DEFAULT_HOURS, span_of
from tests.portal.worklist_rows import open_many

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Case:
    """Minutes from the start."""

    number: int
    asked: int
    urgency: int
    target: int
    minutes: int  # how long its reading takes

    @property
    def due(self) -> int:
        return self.asked + self.target


Order = Callable[[Case], tuple[int, ...]]


def by_due_time(case: Case) -> tuple[int, ...]:
    """As querysets and models order the queue."""
    return (case.due, case.number)


def by_urgency_alone(case: Case) -> tuple[int, ...]:
    return (case.urgency, case.asked, case.number)


def begun(cases: list[Case], readers: int, order: Order) -> dict[Case, int]:
    """When each case is begun, by readers who take the first of the list as soon as they are free."""
    free, waiting, coming, started = [0] * readers, [], sorted(cases, key=lambda c: c.asked), {}
    now = 0
    while coming or waiting:
        now = max(now, min(free))  # one who has not read yet does not begin before what comes now
        if not waiting and coming[0].asked > now:
            now = coming[0].asked
        while coming and coming[0].asked <= now:
            waiting.append(coming.pop(0))
        first = min(waiting, key=order)
        waiting.remove(first)
        started[first] = now
        free[free.index(min(free))] = now + first.minutes
    return started


def overtaken(started: dict[Case, int]) -> list[tuple[Case, Case]]:
    """Pairs that break the first part: the second one was asked for after the first fell due, and was begun before it."""
    return [(case, other) for case in started for other in started if other.asked > case.due and started[other] < started[case]]


def too_late(started: dict[Case, int]) -> list[Case]:
    """Those that break the second part. Ahead of a case is what waits when it falls due and is begun before it."""
    found = []
    for case, begin in started.items():
        ahead = [other for other in started if other.asked <= case.due <= started[other] < begin]
        in_time = [other for other in started if case.due <= started[other] <= case.due + case.target]
        if begin > case.due + case.target and len(in_time) > len(ahead):
            found.append(case)
    return found


def day(urgency_and_gap: list[tuple[int, int, int]], hours: dict[int, int]) -> list[Case]:
    cases, at = [], 0
    for number, (urgency, gap, minutes) in enumerate(urgency_and_gap):
        at += gap
        cases.append(Case(number, at, urgency, hours[urgency] * 60, minutes))
    return cases


arrivals = st.lists(st.tuples(st.sampled_from([1, 2, 3]), st.integers(0, 90), st.integers(1, 40)), min_size=1, max_size=60)
any_targets = st.lists(st.integers(1, 48), min_size=3, max_size=3).map(lambda hours: dict(zip((1, 2, 3), sorted(hours), strict=True)))


@settings(max_examples=300, deadline=None)
@given(arrivals, any_targets, st.integers(1, 4))
def test_what_comes_after_a_case_fell_due_is_never_read_before_it(
    asked: list[tuple[int, int, int]], hours: dict[int, int], readers: int
) -> None:
    assert overtaken(begun(day(asked, hours), readers, by_due_time)) == []


@settings(max_examples=300, deadline=None)
@given(arrivals, any_targets, st.integers(1, 4))
def test_no_case_waits_more_than_twice_its_target_whenever_capacity_allows(
    asked: list[tuple[int, int, int]], hours: dict[int, int], readers: int
) -> None:
    assert too_late(begun(day(asked, hours), readers, by_due_time)) == []


def test_an_order_by_urgency_alone_would_be_found_out() -> None:
    """Urgent ones come as fast as one reader reads: a routine case waits for ever."""
    busy = day([(1, 0, 10), (3, 5, 10), (1, 5, 10), *[(1, 10, 10)] * 400], {1: 2, 2: 6, 3: 24})
    assert overtaken(begun(busy, 1, by_urgency_alone))
    assert too_late(begun(busy, 1, by_urgency_alone))
    assert not overtaken(begun(busy, 1, by_due_time))
    assert not too_late(begun(busy, 1, by_due_time))


@pytest.mark.parametrize("urgencies", ["3" + "1" * 30, "321" * 10, "1" * 10 + "3" + "2" * 20])
def test_the_queue_of_the_database_is_the_order_of_the_simulation(
    urgencies: str, patient: User, practitioner: User, malaria: ModelVersion
) -> None:
    """The same cases, taken one after the other from the top of a practitioner's worklist."""
    start, hours = timezone.now(), {level.value: span for level, span in DEFAULT_HOURS.items()}
    cases = day([(int(urgency), 47, 50) for urgency in urgencies], hours)
    rows = {}
    for case in cases:
        asked_at = start + case.asked * MINUTE
        due_at = asked_at + span_of("malaria", case.urgency, {})
        [review] = open_many(patient, malaria, 1, urgency=case.urgency, asked_at=asked_at, due_at=due_at)
        rows[review.pk] = case
    taken = []
    for case, now in sorted(begun(cases, 1, by_due_time).items(), key=lambda pair: pair[1]):
        first = Review.objects.queue_of(practitioner).claimable().filter(asked_at__lte=start + now * MINUTE).first()
        Review.objects.filter(pk=first.pk).update(status="declined")
        taken.append((rows[first.pk], case))
    assert all(of_database == of_simulation for of_database, of_simulation in taken)
