"""A portal of any size: it can be made, and no page or call asks the database more often because of it."""

from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from benchmarks.growth import addresses, count_queries, signed_in
from portal.accounts.models import User
from portal.analyses.models import Analysis
from portal.audit import chain
from portal.audit.models import AuditEvent, Seal
from portal.demo import populate
from portal.notifications.models import Notification
from portal.reviews.models import Opinion, Review
from portal.scans.models import Scan


@pytest.fixture
def demo(settings: Any, monkeypatch: pytest.MonkeyPatch, all_six: None) -> None:
    settings.DEBUG = True
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "DEFAULT_THROTTLE_RATES": {}}
    monkeypatch.setenv("DEMO_SCANS", "no")
    call_command("seed_demo")


def test_a_populated_portal_keeps_every_constraint_and_says_what_became_of_each_scan(demo: None) -> None:
    made = populate.populate(count=populate.OPEN + 300)
    connection.check_constraints()
    assert made.scans == populate.OPEN + 300
    assert Scan.objects.count() - made.scans == len(set(Analysis.objects.values_list("disease", flat=True)))  # the drawn ones
    assert Review.objects.filter(status="waiting").count() == populate.OPEN
    signed = Review.objects.filter(status="signed")
    assert signed.count() > 200
    assert Opinion.objects.filter(review__in=signed).count() == 2 * signed.count()
    assert {"rejected", "done"} <= set(Analysis.objects.values_list("status", flat=True))
    assert Notification.objects.filter(kind="review_signed").count() == signed.count()
    assert AuditEvent.objects.filter(action="analysis.submitted").count() == made.scans
    chain.seal()
    assert set(Seal.objects.values_list("genuine", flat=True)) == {True}


def test_it_is_not_for_production(settings: Any) -> None:
    settings.DEBUG = False
    with pytest.raises(populate.NotForProduction):
        populate.populate(count=1)


def test_no_address_asks_more_often_of_a_larger_portal(demo: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(populate, "OPEN", 60)
    monkeypatch.setattr(populate, "PRACTITIONERS", 3)
    populate.populate(count=250)
    clients = signed_in()
    assert User.objects.count() > 10
    before = _queries_of_the_second_time(clients)
    populate.populate(count=1000)
    after = _queries_of_the_second_time(clients)
    assert {name: after[name] - before[name] for name in after if after[name] > before[name]} == {}


def _queries_of_the_second_time(clients: dict[str, Any]) -> dict[str, int]:
    """The first time fills what is kept in this process, and notes that somebody has read what is new to them."""
    asked = addresses()
    count_queries(clients, asked)
    return count_queries(clients, asked)
