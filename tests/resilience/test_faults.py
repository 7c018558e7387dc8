"""The short form of `make drill`: one portal, four things that break under load. What tests/e2e/test_worker.py kills is not repeated."""

import random

from drills.count import count
from drills.faults import FAULTS, pause
from drills.load import load
from drills.portal import portal
from tests.e2e.stack import until


def test_whatever_breaks_every_accepted_upload_ends_once() -> None:
    chance = random.Random(6)
    with portal() as running:
        with load(running.stack, large=800) as steady:
            for name in ("redis-and-postgres", "web", "default-worker", "beat"):
                pause(chance, 0.3, 1)
                FAULTS[name].strike(running, chance)
                before = len(steady.accepted)
                until(lambda before=before: len(steady.accepted) > before, 60, f"an upload after {name}")  # type: ignore[misc]
        found = count(running, steady.accepted, 60)
    assert found.accepted >= 4
    assert found.is_clean, found
    assert set(steady.refused) <= {503}
