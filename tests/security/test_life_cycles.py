"""Analysis and review, moved at random by everybody at once: whatever the order, the rows hold what the life cycles promise."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule, run_state_machine_as_test

from portal.accounts.models import Role as AccountRole
from portal.analyses import services as analyses
from portal.analyses import versions
from portal.analyses.models import Analysis, ModelVersion
from portal.analyses.sweeper import sweep
from portal.audit.models import AuditEvent
from portal.notifications.models import Notification
from portal.reviews import services as reviews
from portal.reviews.amendments import amend
from portal.reviews.errors import ReviewError
from portal.reviews.models import Opinion, ReadingPolicy, Review
from portal.reviews.referrals import refer
from tests.conftest import an_answer, drawn_cell, person, verified
from tests.portal.cases import READING

Kind = Notification.Kind
LONG_AGO = timedelta(days=1)
FINDINGS = st.sampled_from(["parasitized", "uninfected", Opinion.CAN_NOT_TELL])
ADVICE = st.sampled_from(["none", "visit", "clinic"])
# What may follow on each state; the rest never happens.
MAY_BECOME = {
    "queued": {"running", "cancelled"},
    "running": {"queued", "done", "rejected", "failed", "cancelled"},
    "failed": {"queued"},
    "cancelled": {"queued"},
    "done": set(),
    "rejected": set(),
}
REVIEW_MAY_BECOME = {
    "waiting": {"claimed", "declined", "signed"},
    "claimed": {"waiting", "declined", "signed"},
    "signed": set(),
    "declined": set(),
}
NEWS = {"done": Kind.ANSWERED, "rejected": Kind.REJECTED, "failed": Kind.FAILED}


class LifeCycles(RuleBasedStateMachine):
    """One patient, two administrators' worth of rights, three readers. Every example is rolled back."""

    claims = Bundle("claims")

    def __init__(self) -> None:
        super().__init__()
        self.around = transaction.atomic()
        self.around.__enter__()
        self.was: dict[Any, str] = {}
        self.ended: Counter[Any] = Counter()
        self.admin = person("ada@clinic.example", AccountRole.ADMINISTRATOR)
        self.patient = person("meera@home.example", AccountRole.PATIENT)
        self.readers = [verified(f"dr.{name}@clinic.example", self.admin) for name in ("rao", "osei", "lind")]
        versions.sync(["malaria"])
        self.version = ModelVersion.objects.active("malaria")
        self.rows: list[Any] = []

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.around.__exit__(None, None, None)

    def step(self, act: Any, *refusals: type[Exception]) -> Any:
        """One step of somebody; a refusal writes nothing."""
        audited = AuditEvent.objects.count()
        try:
            with transaction.atomic():
                done = act()
        except refusals:
            assert AuditEvent.objects.count() == audited
            return None
        self.follow()
        return done

    def follow(self) -> None:
        """Each row went where it may go, and no further than one step that is looked at here."""
        for kind, rows, may in (("a", Analysis.objects.all(), MAY_BECOME), ("r", Review.objects.all(), REVIEW_MAY_BECOME)):
            for row in rows:
                before = self.was.get((kind, row.pk), row.status)
                assert row.status == before or row.status in may[before], f"{before} became {row.status}"
                if kind == "a" and row.status != before:
                    self.ended[row.pk, row.status] += 1
                self.was[kind, row.pk] = row.status

    def analysis(self, number: int) -> Analysis | None:
        return Analysis.objects.get(pk=self.rows[number % len(self.rows)]) if self.rows else None

    def review(self, number: int) -> Review | None:
        found = list(Review.objects.order_by("asked_at", "pk"))
        return found[number % len(found)] if found else None

    # --- the analysis

    @rule(picture=st.integers(0, 2), wants_review=st.booleans())
    def submit(self, picture: int, wants_review: bool) -> None:
        def act() -> Any:
            return analyses.submit(patient=self.patient, data=drawn_cell(picture), disease="malaria", wants_review=wants_review)

        made = self.step(act)
        assert made.analysis.status in Analysis.LIVE
        assert made.created == (made.analysis.pk not in self.rows)
        if made.created:
            self.rows.append(made.analysis.pk)

    @rule(target=claims, number=st.integers(0, 5))
    def claim(self, number: int) -> Any:
        row = self.analysis(number)
        found = self.step(lambda: analyses.claim(str(row.pk), worker="test")) if row else []
        return multiple(*found)

    @rule(claimed=claims, probability=st.sampled_from([0.01, 0.5, 0.97]))
    def record(self, claimed: Analysis, probability: float) -> None:
        """Also of a claim that was lost meanwhile, and a second time."""
        held = self.holds(claimed)
        answer = an_answer(self.version, probability)

        def act() -> bool:
            analyses.keep_heatmap(claimed, answer)
            return claimed.pk in analyses.record([(claimed, answer)])

        assert self.step(act) == held

    @rule(claimed=claims, how=st.sampled_from(["rejected", "failed", "again", "later"]))
    def end_otherwise(self, claimed: Analysis, how: str) -> None:
        held = self.holds(claimed)
        acts = {
            "rejected": lambda: analyses.record_rejected(claimed, code="corrupt", message="It is damaged."),
            "failed": lambda: analyses.record_failed(claimed, code="internal_error", message="It broke."),
            "again": lambda: analyses.try_again(claimed, code="too_slow"),
            "later": lambda: analyses.try_again(claimed, code="model_unavailable", later=True),
        }
        assert self.step(acts[how]) == held

    def holds(self, claimed: Analysis) -> bool:
        return Analysis.objects.filter(pk=claimed.pk, status="running", attempt=claimed.attempt).exists() and claimed.status == "running"

    @rule()
    def lose_all_workers(self) -> None:
        Analysis.objects.filter(status="running").update(heartbeat_at=timezone.now() - LONG_AGO)
        running = Analysis.objects.filter(status="running").count()
        assert self.step(sweep)["requeued"] == running

    @rule(number=st.integers(0, 5))
    def cancel(self, number: int) -> None:
        if row := self.analysis(number):
            self.step(lambda: analyses.cancel(analysis=row, by=self.patient), analyses.NotPossible)

    @rule(number=st.integers(0, 5))
    def requeue(self, number: int) -> None:
        if row := self.analysis(number):
            self.step(lambda: analyses.requeue(analysis=row, by=self.admin), analyses.NotPossible)

    # --- the review

    @rule(mode=st.sampled_from(ReadingPolicy.Mode.values))
    def set_policy(self, mode: str) -> None:
        ReadingPolicy.objects.update_or_create(disease="malaria", urgency=None, defaults={"mode": mode})

    @rule(number=st.integers(0, 5), who=st.integers(0, 2))
    def claim_review(self, number: int, who: int) -> None:
        if row := self.review(number):
            self.step(lambda: reviews.claim(review=row, practitioner=self.readers[who]), ReviewError)

    @rule(number=st.integers(0, 5), who=st.integers(0, 2), finding=FINDINGS, advice=ADVICE, signs=st.booleans())
    def read(self, number: int, who: int, finding: str, advice: str, signs: bool) -> None:
        if not (row := self.review(number)):
            return
        said = {**READING, "finding": finding, "recommendation": advice}
        self.step(lambda: reviews.record_reading(review=row, practitioner=self.readers[who], **said), ReviewError)
        if signs:
            self.step(lambda: reviews.sign(review=row, practitioner=self.readers[who], change_reason="Looked again.", **said), ReviewError)

    @rule(number=st.integers(0, 5), who=st.integers(0, 2), to=st.integers(-1, 2))
    def refer(self, number: int, who: int, to: int) -> None:
        if row := self.review(number):
            whom: dict[str, Any] = {"to": self.readers[to]} if to >= 0 else {"speciality": "Pathology"}
            self.step(lambda: refer(review=row, practitioner=self.readers[who], reason="You know it better.", **whom), ReviewError)

    @rule(number=st.integers(0, 5), who=st.integers(0, 2), act=st.sampled_from(["release", "decline", "waive", "addendum", "expire"]))
    def other_steps(self, number: int, who: int, act: str) -> None:
        if not (row := self.review(number)):
            return
        reader = self.readers[who]
        acts = {
            "release": lambda: reviews.release(review=row, practitioner=reader),
            "decline": lambda: reviews.decline(review=row, patient=self.patient),
            "waive": lambda: reviews.waive_second_reading(review=row, by=self.admin),
            "addendum": lambda: reviews.add_addendum(review=row, practitioner=reader, text="One thing more."),
            "expire": reviews.release_expired,
        }
        if act == "expire":
            Review.objects.filter(status="claimed").update(claim_expires_at=timezone.now() - LONG_AGO)
        self.step(acts[act], ReviewError)

    @rule(number=st.integers(0, 5), who=st.integers(0, 2), finding=FINDINGS, advice=ADVICE)
    def amend(self, number: int, who: int, finding: str, advice: str) -> None:
        if row := self.review(number):
            said = {**READING, "finding": finding, "recommendation": advice}
            self.step(lambda: amend(review=row, practitioner=self.readers[who], reason="I was wrong.", **said), ReviewError)

    # --- what holds after each step

    @invariant()
    def one_end_one_result_one_piece_of_news(self) -> None:
        for row in Analysis.objects.all():
            ends = AuditEvent.objects.filter(target_id=str(row.pk), action__in=["analysis.done", "analysis.rejected", "analysis.failed"])
            told = Notification.objects.filter(subject_id=str(row.pk), user=self.patient, kind__in=NEWS.values())
            for status, kind in NEWS.items():
                times = self.ended[row.pk, status]
                assert ends.filter(action=f"analysis.{status}").count() == times
                assert told.filter(kind=kind).count() == min(times, 1)
            assert sum(self.ended[row.pk, status] for status in ("done", "rejected")) <= 1
            assert (row.status == "done") == bool(row.finding)
            assert bool(row.error_code) == (row.status in ("rejected", "failed"))
            assert Review.objects.filter(analysis=row).count() == (row.status == "done" and row.wants_review)

    @invariant()
    def one_live_analysis_a_picture(self) -> None:
        live = Counter(Analysis.objects.filter(status__in=Analysis.LIVE).values_list("scan", flat=True))
        assert all(count == 1 for count in live.values())

    @invariant()
    def one_signature_a_role_and_news_of_it(self) -> None:
        for row in Review.objects.all():
            signed = [said for said in row.opinions.all() if said.stage == Opinion.Stage.FINAL and said.version == 1]
            assert len({said.role for said in signed}) == len({said.practitioner_id for said in signed}) == len(signed)
            assert (row.status == "signed") == (row.signed_at is not None)
            assert row.status != "signed" or signed
            told = Notification.objects.filter(user=self.patient, kind=Kind.SIGNED, subject_id=str(row.pk)).count()
            assert told == (row.status == "signed")
            later = row.opinions.filter(stage=Opinion.Stage.FINAL, version__gt=1)
            amended = Notification.objects.filter(user=self.patient, kind=Kind.AMENDED, subject_id__in=[str(it.pk) for it in later])
            assert amended.count() == len(later)
            assert sorted(said.version for said in later) == list(range(2, len(later) + 2))
            assert row.status != "declined" or not signed


@pytest.mark.django_db
@pytest.mark.parametrize("number", [1, 2])
def test_whatever_the_order_the_rows_hold_what_the_life_cycles_promise(number: int) -> None:
    machine = seed(number)(LifeCycles)
    few = settings(max_examples=10, stateful_step_count=40, deadline=None, database=None, report_multiple_bugs=False)
    run_state_machine_as_test(
        machine, settings=settings(few, phases=[Phase.generate], print_blob=False, suppress_health_check=list(HealthCheck))
    )
