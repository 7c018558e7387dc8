"""The chain finds what was changed behind the portal's back, and says where. The triggers are off here, as for who owns the database."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from threading import Barrier, Thread
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy

from portal.accounts.models import User
from portal.audit import chain, guard, marks
from portal.audit.models import AuditEvent, Seal
from portal.audit.services import forget_addresses, record, record_many, record_refused

EVENTS, SEALS = guard.TABLES
NAMES = "at, actor_id, patient_id, action, target_type, target_id, address, request_id, detail"


@pytest.fixture
def events(patient: User, monkeypatch: pytest.MonkeyPatch) -> list[AuditEvent]:
    """Ten events that were sealed, some time ago as it were."""
    made = [record("scan.read", patient, actor=patient, patient=patient, number=number, share=0.1, when="ünï") for number in range(10)]
    chain.seal()
    monkeypatch.setattr(chain, "SETTLED", timedelta(0))
    monkeypatch.setattr(guard, "off", lambda connection: [])  # told apart below
    return made


def by_hand(*statements: str) -> None:
    """As who owns the database: the triggers off, rows edited, the triggers on."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for word in ("DISABLE", "ENABLE"):
            for table in guard.TABLES:
                cursor.execute(f"ALTER TABLE {table} {word} TRIGGER {table}_stays")
            if word == "DISABLE":
                for statement in statements:
                    cursor.execute(statement)


def found(since: str = "") -> list[tuple[str, str]]:
    return [(problem.kind, problem.where) for problem in chain.verify(since)]


def test_what_was_not_touched_is_well(events: list[AuditEvent], patient: User) -> None:
    assert found() == []
    forget_addresses(patient)
    record("scan.read", patient, actor=patient, patient=patient)  # not sealed yet
    assert found() == []
    said = StringIO()
    call_command("verify_audit", "--seal", stdout=said)
    assert f"{AuditEvent.objects.count()} events are as they were written" in said.getvalue()
    assert Seal.objects.count() == AuditEvent.objects.count()


@pytest.mark.parametrize(
    "field",
    [
        *("action = 'scan.stored'", "actor_id = NULL", "patient_id = NULL", "at = at - interval '1 second'", "target_id = '7'"),
        *("detail = '{}'", "request_id = 'x'", "target_type = 'x'"),
    ],
)
def test_a_changed_event_is_found(field: str, events: list[AuditEvent]) -> None:
    by_hand(f"UPDATE {EVENTS} SET {field} WHERE id = {events[4].pk}")
    assert found() == [("changed", f"event {events[4].pk}")]


def test_a_missing_event_is_found(events: list[AuditEvent]) -> None:
    by_hand(f"DELETE FROM {EVENTS} WHERE id = {events[4].pk}")
    assert found() == [("missing", f"event {events[4].pk}")]


def test_an_event_deleted_with_its_seal_is_found(events: list[AuditEvent]) -> None:
    gone = events[4].pk
    number = Seal.objects.get(event_id=gone).number
    by_hand(f"DELETE FROM {SEALS} WHERE event_id = {gone}", f"DELETE FROM {EVENTS} WHERE id = {gone}")
    assert found() == [("broken", f"seals {number} to {number}")]


def test_an_inserted_event_is_found(events: list[AuditEvent]) -> None:
    gap = events[4].pk
    by_hand(
        f"DELETE FROM {EVENTS} WHERE id = {gap}",
        f"INSERT INTO {EVENTS} (id, {NAMES}) SELECT {-1}, {NAMES} FROM {EVENTS} WHERE id = {events[5].pk}",
    )
    chain.seal()  # the portal's own sealing does not cover it up
    assert found() == [("missing", f"event {gap}"), ("inserted", "event -1")]


def test_reordered_events_are_found(events: list[AuditEvent]) -> None:
    one, other = events[3].pk, events[6].pk
    by_hand(
        f"UPDATE {EVENTS} SET id = -1 WHERE id = {one}",
        f"UPDATE {EVENTS} SET id = {one} WHERE id = {other}",
        f"UPDATE {EVENTS} SET id = {other} WHERE id = -1",
    )
    assert found() == [("reordered", f"event {one}"), ("reordered", f"event {other}")]


def test_reordered_seals_are_found(events: list[AuditEvent]) -> None:
    one, other = (Seal.objects.get(event_id=events[place].pk) for place in (3, 6))
    by_hand(
        f"UPDATE {SEALS} SET event_id = -1 WHERE number = {one.number}",
        f"UPDATE {SEALS} SET event_id = {one.event_id} WHERE number = {other.number}",
        f"UPDATE {SEALS} SET event_id = {other.event_id} WHERE number = {one.number}",
    )
    assert {kind for kind, _ in found()} == {"reordered"}


def test_a_changed_event_with_a_new_hash_is_found_at_the_next(events: list[AuditEvent]) -> None:
    by_hand(f"UPDATE {EVENTS} SET action = 'scan.stored' WHERE id = {events[4].pk}")
    link = Seal.objects.get(event_id=events[4].pk)
    before = Seal.objects.get(number=link.number - 1).hash
    made = chain.digest(before, link, marks.canonical(AuditEvent.objects.get(pk=events[4].pk)))
    by_hand(f"UPDATE {SEALS} SET hash = '{made}' WHERE number = {link.number}")
    assert found() == [("changed", f"event {events[5].pk}")]


def test_a_chain_that_was_made_anew_is_found_by_the_head_that_was_kept(events: list[AuditEvent]) -> None:
    kept = chain.head()
    assert found(kept) == []
    by_hand(f"DELETE FROM {SEALS}", f"DELETE FROM {EVENTS} WHERE id = {events[4].pk}")
    chain.seal()
    assert found() == []
    assert found(kept) == [("missing", f"seal {kept.partition(':')[0]}")]


def test_an_end_that_was_cut_off_is_found_by_the_head_that_was_kept(events: list[AuditEvent]) -> None:
    said = StringIO()
    call_command("verify_audit", "--head", stdout=said)
    kept = said.getvalue().strip()
    by_hand(f"DELETE FROM {SEALS} WHERE event_id = {events[-1].pk}", f"DELETE FROM {EVENTS} WHERE id = {events[-1].pk}")
    assert found() == []
    with pytest.raises(CommandError, match="1 finding"):
        call_command("verify_audit", "--since", kept, stdout=said)
    assert "its end was cut off" in said.getvalue()
    assert found("nonsense") == [("missing", "seal nonsense")]


def test_a_trigger_that_is_off_is_told(events: list[AuditEvent], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in guard.TABLES:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER {table}_is_not_emptied")
        assert found() == []
        cursor.execute(f"ALTER TABLE {EVENTS} DISABLE TRIGGER {EVENTS}_stays")
        cursor.execute(f"DROP TRIGGER {SEALS}_stays ON {SEALS}")
    assert found() == [("open", f"{EVENTS}_stays"), ("open", f"{SEALS}_stays")]
    guard.install()
    assert guard.off(connection) == [f"{EVENTS}_stays"]  # what was disabled is somebody's act: it stays told


def seal_later(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What is told once the rest is sealed, on a portal that has had marks for long."""
    monkeypatch.setattr(chain, "UPGRADE", timedelta(0))
    chain.seal()
    return found()


def test_an_event_that_was_changed_before_it_was_sealed_is_found(
    events: list[AuditEvent], patient: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = record("scan.read", patient, actor=patient, patient=patient)
    by_hand(f"UPDATE {EVENTS} SET actor_id = NULL WHERE id = {late.pk}")
    assert seal_later(monkeypatch) == [("forged", f"event {late.pk}")]
    by_hand(f"UPDATE {SEALS} SET genuine = true WHERE event_id = {late.pk}")
    assert found() == [("changed", f"event {late.pk}")]


@pytest.mark.parametrize("mark", ["''", "'of another event'", "mark"])
def test_an_event_that_was_added_by_hand_is_found_however_young_its_neighbours_are(
    mark: str, events: list[AuditEvent], monkeypatch: pytest.MonkeyPatch
) -> None:
    new = events[-1].pk + 1000
    others = NAMES.replace("target_id", "'7'")
    by_hand(f"INSERT INTO {EVENTS} (id, {NAMES}, mark) SELECT {new}, {others}, {mark} FROM {EVENTS} WHERE id = {events[5].pk}")
    assert seal_later(monkeypatch) == [("forged", f"event {new}")]


def test_what_a_portal_without_marks_wrote_during_an_upgrade_is_no_forgery(events: list[AuditEvent]) -> None:
    new = events[-1].pk + 1000
    by_hand(f"INSERT INTO {EVENTS} (id, {NAMES}) SELECT {new}, {NAMES} FROM {EVENTS} WHERE id = {events[5].pk}")
    chain.seal()
    assert found() == []
    assert Seal.objects.get(event_id=new).genuine is None


def test_what_the_portal_writes_has_a_mark_that_fits_also_after_the_secret_has_changed(patient: User, settings: Any) -> None:
    odd = {
        "share": Decimal("0.10"),
        "small": 1e-7,
        "day": date(2026, 1, 2),
        "at": timezone.now(),
        "id": uuid4(),
        "words": gettext_lazy("Yes"),
    }
    one = record("scan.read", patient, actor=patient, patient=patient, **odd)
    record_many("scan.read", [patient, patient], actor=patient, patients=[patient, patient], details=[{"ü": "\u2028"}, {"none": None}])
    record_refused(by=patient, route="scans:detail", ids=["7"], status=404)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another " * 8, [settings.SECRET_KEY]
    chain.seal()
    assert set(Seal.objects.values_list("genuine", flat=True)) == {True}
    settings.SECRET_KEY_FALLBACKS = []
    assert not marks.fits(AuditEvent.objects.get(pk=one.pk))
    assert {kind for kind, _where in found()} == {"open"}  # told apart above; a mark is looked at when its event is sealed


@pytest.mark.django_db(transaction=True)
def test_at_once_writers_do_not_wait_and_what_commits_late_is_sealed(as_migrated: None) -> None:
    """One writer has the lower id and commits last; the others, and two sealers at once, go on meanwhile."""
    user = User.objects.create_user("late@home.example", "x")
    begun, finished = Barrier(2, timeout=20), Barrier(2, timeout=20)

    def late() -> None:
        with transaction.atomic():
            record("scan.read", user, actor=user, late=True)
            begun.wait()
            finished.wait()
        connections.close_all()

    def on_its_own(work: Callable[[], object]) -> None:
        work()
        connections.close_all()

    def at_once(*works: Callable[[], object]) -> None:
        threads = [Thread(target=on_its_own, args=[work]) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
            assert not thread.is_alive()

    writer = Thread(target=late)
    writer.start()
    begun.wait()
    at_once(*[lambda: record("scan.read", user, actor=user)] * 8)
    at_once(chain.seal, chain.seal)
    assert Seal.objects.count() == AuditEvent.objects.count() == 8
    finished.wait()
    writer.join()
    at_once(chain.seal, chain.seal)
    late_one = AuditEvent.objects.get(detail__late=True)
    assert Seal.objects.last().event_id == late_one.pk == AuditEvent.objects.earliest("pk").pk  # type: ignore[union-attr]
    assert [problem.kind for problem in chain.verify() if problem.kind != "open"] == []
