"""The chain that shows whether somebody changed the audit behind the portal's back.

Who writes an event waits for nobody: events are chained afterwards, by one task every few seconds. Each seal's hash is SHA-256 over the
hash before it, its own number and time, and the event in a fixed form; the address is left out, since closing an account takes it away.
What its mark (marks.py) says of the time before is kept in the seal: an event that the portal did not write so is told by `verify`.

Events commit out of the order of their ids. So a run takes every event without a seal whose id is above that of what was sealed ten minutes
before: no transaction of the portal lasts so long. What appears below that afterwards was not written by the portal: `verify` says so.
Whoever owns the database could make the whole chain anew. Against that its head is kept elsewhere (`verify_audit --head`)."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from . import guard, marks
from .models import AuditEvent, Seal

START = "0" * 64
BATCH = 2000
SETTLED = timedelta(minutes=10)
UPGRADE = timedelta(hours=1)  # for which a portal of before the marks may still write beside one that makes them


@dataclass(frozen=True)
class Problem:
    """`kind` is changed, missing, inserted, forged, reordered, broken or open; `where` names the event or the seal."""

    kind: str
    where: str
    words: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.where}: {self.words}"


def digest(before: str, seal: Seal, body: str) -> str:
    parts = [before, str(seal.number), str(seal.event_id), seal.sealed_at.astimezone(UTC).isoformat(), body]
    if seal.genuine is False:  # so that nobody makes it True later; else the letters are those of before there were marks
        parts.append("forged")
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def head() -> str:
    """`number:hash` of the newest seal, to keep where who owns the database can not write."""
    return str(Seal.objects.last() or f"0:{START}")


def seal() -> int:
    """Chain what is committed and not sealed yet; returns how many. Two at once do no harm: a number is given once."""
    done = 0
    while True:
        try:
            with transaction.atomic():
                made = _seal_some()
        except IntegrityError:  # another run has taken the numbers
            return done
        done += made
        if made < BATCH:
            return done


def _seal_some() -> int:
    last, now = Seal.objects.last(), timezone.now()
    number, before = (last.number, last.hash) if last else (0, START)
    seals, events = [], list(_unsealed().filter(pk__gt=_settled()).order_by("pk")[:BATCH])
    may_lack_one = not all(event.mark for event in events) and _marks_are_new(now)
    for event in events:
        number += 1
        genuine = marks.fits(event) or (None if may_lack_one and not event.mark else False)
        made = Seal(number=number, event_id=event.pk, sealed_at=now, genuine=genuine)
        made.hash = before = digest(before, made, marks.canonical(event))
        seals.append(made)
    Seal.objects.bulk_create(seals)
    return len(seals)


def _marks_are_new(now: datetime) -> bool:
    """Then an event without one says nothing."""
    return not Seal.objects.filter(genuine=True, sealed_at__lt=now - UPGRADE).exists()


def _unsealed() -> QuerySet[AuditEvent]:
    return AuditEvent.objects.filter(~Exists(Seal.objects.filter(event_id=OuterRef("pk"))))


def _settled() -> int:
    """The id below which every event of the portal has its seal."""
    seal = Seal.objects.filter(sealed_at__lt=timezone.now() - SETTLED).last()
    return seal.event_id if seal else 0


def verify(since: str = "") -> Iterator[Problem]:
    """Everything that is not as it was sealed. `since` is a head that was kept elsewhere."""
    yield from (Problem("open", name, "this trigger is missing or disabled, so rows can be changed") for name in guard.off(connection))
    yield from _kept_elsewhere(since)
    yield from _in_the_chain()
    for event in _unsealed().filter(pk__lte=_settled()).order_by("pk").iterator(BATCH):
        yield Problem("inserted", f"event {event.pk}", f"it was not there when its neighbours were sealed ({event}, dated {event.at})")


def _kept_elsewhere(since: str) -> Iterator[Problem]:
    number, _, kept = since.partition(":")
    if not since or since == f"0:{START}":
        return
    found = Seal.objects.filter(number=int(number)).first() if number.isdecimal() and len(number) < 19 else None
    if found is None:
        yield Problem("missing", f"seal {number}", "the chain does not reach the head that you kept: its end was cut off")
    elif found.hash != kept:
        yield Problem("changed", f"seal {number}", "the chain has another hash here than you kept: it was made anew")


def _in_the_chain() -> Iterator[Problem]:
    """Each seal against the stored hash before it, so that one change is told once, where it is."""
    before, number = START, 0
    wrong: list[tuple[str, Seal, AuditEvent]] = []
    for seals in _in_batches():
        events = AuditEvent.objects.in_bulk([seal.event_id for seal in seals])
        for seal in seals:
            number += 1
            if seal.number != number:
                yield Problem("broken", f"seals {number} to {seal.number - 1}", "these links of the chain are missing")
                number = seal.number
            elif seal.event_id not in events:
                yield Problem("missing", f"event {seal.event_id}", f"sealed as number {number} on {seal.sealed_at}, and not there now")
            elif seal.hash != digest(before, seal, marks.canonical(events[seal.event_id])):
                wrong.append((before, seal, events[seal.event_id]))
            elif seal.genuine is False:
                yield Problem("forged", f"event {seal.event_id}", f"the portal did not write it as it was sealed ({events[seal.event_id]})")
            before = seal.hash
    yield from _told_apart(wrong)


def _told_apart(wrong: list[tuple[str, Seal, AuditEvent]]) -> Iterator[Problem]:
    """An event that has the place of another one that is wrong too was moved; any other was changed."""
    bodies = {event.pk: marks.canonical(event) for _, _, event in wrong[:BATCH]}
    for before, seal, event in wrong:
        others = (
            digest(before, Seal(number=seal.number, event_id=pk, sealed_at=seal.sealed_at, genuine=seal.genuine), body)
            for other, body in bodies.items()
            for pk in {seal.event_id, other}
        )
        moved = len(wrong) <= 100 and seal.hash in others
        words = "it stands where another event was sealed" if moved else "it, or its seal, is not what was sealed"
        yield Problem("reordered" if moved else "changed", f"event {event.pk}", f"{words} as number {seal.number} ({event})")


def _in_batches() -> Iterator[list[Seal]]:
    batch: list[Seal] = []
    for seal in Seal.objects.order_by("number").iterator(BATCH):
        batch.append(seal)
        if len(batch) == BATCH:
            yield batch
            batch = []
    yield batch
