"""Figures: agreement with the model and with peers, changes of mind, and how a model does against signed opinions."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.accounts.models import User
from portal.analyses.models import Analysis, ModelVersion
from portal.figures import live, readers, services
from portal.figures.measures import Share, agreement
from portal.figures.weeks import chart
from portal.reviews.models import Opinion, Review
from portal.scans.models import Scan

YES, NO, UNSURE = "parasitized", "uninfected", Opinion.CAN_NOT_TELL


@pytest.fixture
def case(malaria: ModelVersion, patient: User) -> Callable[..., Review]:
    """case(reader, first, final, probability, peer=(other, first)): a settled case, written as the services leave it."""

    def make(
        reader: User,
        first: str,
        final: str,
        probability: float,
        peer: tuple[User, str] | None = None,
        hours: float = 1,
        signed_at: datetime | None = None,
        settled: bool = True,
    ) -> Review:
        now, number = signed_at or timezone.now(), Scan.objects.count()
        scan = Scan.objects.create(
            patient=patient, file="x", thumbnail="x", format="PNG", width=1, height=1, size=1, source_sha256=str(number), sha256=""
        )
        threshold = malaria.manifest["threshold"]
        analysis = Analysis.objects.create(
            scan=scan,
            patient=patient,
            disease="malaria",
            model_version=malaria,
            status="done",
            finding=YES if probability >= threshold else NO,
            outcome="suspicious" if probability >= threshold else "not_suspicious",
            probability=probability,
            threshold=threshold,
            finished_at=now,
        )
        review = Review.objects.create(
            analysis=analysis,
            patient=patient,
            practitioner=reader,
            status="signed" if settled else "claimed",
            due_at=now,
            claimed_at=now,
            claim_expires_at=now,
            revealed_at=now,
            signed_at=now if settled else None,
        )
        said = {"review": review, "confidence": "high", "recommendation": "none"}
        Opinion.objects.create(**said, practitioner=reader, stage="independent", finding=first)
        reason = "Looked again." if first != final else ""
        opinion = Opinion.objects.create(**said, practitioner=reader, stage="final", finding=final, change_reason=reason)
        if peer:
            Opinion.objects.create(**said, practitioner=peer[0], stage="independent", finding=peer[1], role="second")
        Opinion.objects.filter(pk=opinion.pk).update(recorded_at=now)
        Review.objects.filter(pk=review.pk).update(opened_at=now - timedelta(hours=hours))
        return review

    return make


def test_kappa_and_its_interval_are_those_of_the_textbook() -> None:
    """Fleiss, Levin and Paik, Statistical Methods for Rates and Proportions, 3rd edition, table 18.1: kappa 0.676, standard error 0.088."""
    table = [[75, 1, 4], [5, 4, 1], [0, 0, 10]]
    found = agreement({(i, j): count for i, row in enumerate(table) for j, count in enumerate(row)})
    assert found.kappa == pytest.approx(0.676, abs=0.0006)
    assert found.interval is not None
    assert (found.interval[1] - found.kappa) / 1.96 == pytest.approx(0.088, abs=0.0006)
    assert (found.agreed.part, found.n) == (89, 100)


def test_of_few_nothing_is_said_and_of_one_answer_no_kappa() -> None:
    assert agreement({("a", "a"): 8, ("b", "a"): 1}).kappa is None
    assert (Share(9, 9).value, Share(9, 9).interval) == (None, None)
    always = agreement({("a", "a"): 30})
    assert (always.agreed.value, always.kappa) == (1, None)
    assert agreement({("a", "a"): 20, ("b", "a"): 10}).kappa is None
    assert agreement({("a", "a"): 15, ("b", "b"): 15}).kappa == 1
    assert agreement({("a", "b"): 15, ("b", "a"): 15}).kappa == -1
    assert agreement({("a", "a"): 25, ("a", "b"): 25, ("b", "a"): 25, ("b", "b"): 25}).kappa == pytest.approx(0)


def test_how_one_reads(case: Any, practitioner: User, other_practitioner: User) -> None:
    for _ in range(8):
        case(practitioner, YES, YES, 0.9, peer=(other_practitioner, YES), hours=2)
    for _ in range(4):
        case(practitioner, NO, YES, 0.9, peer=(other_practitioner, YES), hours=5)
    for _ in range(6):
        case(practitioner, NO, NO, 0.1, peer=(other_practitioner, NO), hours=1)
    case(practitioner, UNSURE, NO, 0.1)
    case(other_practitioner, NO, NO, 0.9)
    case(practitioner, YES, YES, 0.9, peer=(other_practitioner, NO), settled=False)
    mine = readers.figures_of(practitioner, services.count())
    [malaria] = mine.readings
    assert (malaria.signed, malaria.changed, malaria.towards_the_model) == (20, 5, 5)
    assert malaria.with_model == {(YES, YES): 9, (NO, YES): 4, (NO, NO): 6}
    assert malaria.with_peers == {(YES, YES): 8, (NO, YES): 4, (NO, NO): 6}  # not that of the case that is not settled
    assert malaria.peers.kappa == pytest.approx(agreement({(1, 1): 8, (0, 1): 4, (0, 0): 6}).kappa)
    assert mine.turnaround is not None
    assert mine.turnaround.total_seconds() == pytest.approx(7200, abs=5)
    assert {reader.user: reader.signed for reader in readers.figures_of_all(services.count())} == {practitioner: 20, other_practitioner: 1}


def test_how_a_model_does_against_what_was_signed(case: Any, practitioner: User, malaria: ModelVersion) -> None:
    for final, probability, count in ((YES, 0.95, 18), (YES, 0.05, 2), (NO, 0.05, 27), (NO, 0.95, 3), (UNSURE, 0.95, 1)):
        for _ in range(count):
            case(practitioner, final, final, probability)
    amended = case(practitioner, NO, NO, 0.95)
    said = {"review": amended, "practitioner": practitioner, "stage": "final", "version": 2, "amend_reason": "A second look."}
    Opinion.objects.create(**said, finding=YES, confidence="high", recommendation="visit")
    [found] = live.live(services.count())
    counts = found.counts
    assert (counts.found, counts.missed, counts.cleared, counts.alarmed, counts.untold) == (19, 2, 27, 3, 1)
    assert counts.sensitivity.value == pytest.approx(19 / 21)
    assert counts.specificity.value == pytest.approx(0.9)
    assert counts.specificity.interval == pytest.approx((0.7438, 0.9654), abs=0.0005)
    low, high = found.calibration["calibration"]
    assert (low["images"], low["probability"], low["observed"]) == (29, pytest.approx(0.05), pytest.approx(2 / 29))
    assert (high["images"], high["observed"]) == (22, pytest.approx(19 / 22))
    assert live.live_of(malaria, services.count()).counts == counts


def test_drift_is_seen_by_week_and_thin_weeks_are_not_drawn(case: Any, practitioner: User, malaria: ModelVersion) -> None:
    monday = datetime(2026, 9, 7, 12, tzinfo=UTC)
    for number, found in enumerate((12, 6, 3)):
        for index in range(12 if number < 2 else 3):
            case(practitioner, YES, YES, 0.95 if index < found else 0.05, signed_at=monday + timedelta(weeks=number))
    weeks = live.weeks_of(malaria, services.count())
    assert [week.start.isoformat() for week in weeks] == ["2026-09-07", "2026-09-14", "2026-09-21"]
    assert [week.counts.sensitivity.value for week in weeks] == [1.0, 0.5, None]
    drawn = chart(weeks, measure="sensitivity", shipped=0.9)
    assert drawn is not None
    assert [dot.title for dot in drawn.dots] == ["7 Sep: 100% of 12", "14 Sep: 50% of 12"]
    assert float(drawn.dots[0].y) < float(drawn.shipped) < float(drawn.dots[1].y)
    assert chart(weeks, measure="specificity", shipped=None) is None


def test_the_pages_tell_figures_and_the_api_the_same(
    case: Any, browse: Any, api: Any, practitioner: User, administrator: User, malaria: ModelVersion
) -> None:
    assert "When you have signed opinions" in browse(practitioner).get("/figures/").content.decode()
    model_page = f"/figures/models/malaria/{malaria.version}/"
    assert "No opinion about an answer of this model is signed yet" in browse(administrator).get(model_page).content.decode()
    case(practitioner, YES, YES, 0.95)
    page = browse(practitioner).get("/figures/").content.decode()
    assert "too few (n = 1)" in page
    assert "fewer than 10 (n = 1)" in page
    for _ in range(11):
        case(practitioner, NO, NO, 0.05)
        case(practitioner, NO, YES, 0.95)
    page = browse(practitioner).get("/figures/").content.decode()
    assert "11 of 11 towards the model" in page
    assert "48 % (29 to 67 %, n = 23)" in page
    told = api(practitioner).get("/api/v1/me/figures/").json()
    assert told["readings"][0]["changes"]["value"] == pytest.approx(11 / 23)
    assert "100 % (76 to 100 %, n = 12)" in browse(administrator).get("/figures/all/").content.decode()
    page = browse(administrator).get(model_page).content.decode()
    assert page.count("<svg") >= 3
    assert not re.search(r"<svg[^>]*style=|<script>", page)
    everybody = api(administrator).get("/api/v1/figures/").json()
    assert everybody["models"][0]["sensitivity"] == {"value": 1.0, "interval": [pytest.approx(0.7575, abs=0.001), 1.0], "n": 12}
    one = api(administrator).get(f"/api/v1/figures/models/{malaria.pk}/").json()
    assert [row["images"] for row in one["calibration"]] == [11, 12]
    assert len(one["weeks"]) == 1


def test_figures_need_a_fixed_number_of_queries(case: Any, practitioner: User, other_practitioner: User, malaria: ModelVersion) -> None:
    def counted() -> int:
        with CaptureQueriesContext(connection) as seen:
            counts = services.count()
            readers.figures_of(practitioner, counts)
            readers.figures_of_all(counts)
            live.live(counts)
            live.weeks_of(malaria, counts)
        return len(seen)

    case(practitioner, YES, YES, 0.95)
    few = counted()
    for _ in range(12):
        case(practitioner, NO, YES, 0.95, peer=(other_practitioner, NO))
        case(other_practitioner, NO, NO, 0.05)
    assert counted() == few <= 7


def test_what_is_kept_is_told_as_of_when_it_was_counted(
    case: Any, browse: Any, api: Any, practitioner: User, administrator: User, malaria: ModelVersion
) -> None:
    for _ in range(12):
        case(practitioner, NO, YES, 0.95)
    fresh = api(practitioner).get("/api/v1/me/figures/").json()
    services.keep()
    case(practitioner, NO, YES, 0.95)
    kept = api(practitioner).get("/api/v1/me/figures/").json()
    assert datetime.fromisoformat(kept.pop("as_of")) > datetime.fromisoformat(fresh.pop("as_of"))
    assert kept == fresh
    assert kept["signed"] == 12
    for user, address in (
        (practitioner, "/figures/"),
        (administrator, "/figures/all/"),
        (administrator, f"/figures/models/malaria/{malaria.version}/"),
    ):
        assert "Counted anew every quarter of an hour." in browse(user).get(address).content.decode()
    services.keep()
    assert api(practitioner).get("/api/v1/me/figures/").json()["signed"] == 13
