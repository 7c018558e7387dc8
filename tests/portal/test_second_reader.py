"""A second reader, blind to the first; arbitration where they disagree; nobody reads a case twice."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from portal.accounts.models import User
from portal.analyses.models import Analysis
from portal.notifications.models import Notification
from portal.reviews import services
from portal.reviews.models import Opinion, ReadingPolicy, Review, Role
from portal.reviews.policy import agree, mode_of
from portal.reviews.readers import shown_readings
from portal.reviews.services import ReviewError
from portal.scans.models import Scan
from tests.conftest import verified
from tests.portal.cases import READING, fresh, policy, read, read_and_sign

FINAL = Opinion.Stage.FINAL


@pytest.fixture
def third(administrator: User) -> User:
    return verified("dr.abebe@clinic.example", administrator)


@pytest.fixture
def review(patient: User, practitioner: User, other_practitioner: User, third: User, answered: Callable[..., Analysis]) -> Review:
    return answered(patient).review  # type: ignore[attr-defined,no-any-return]


def test_without_a_policy_one_reading_is_the_answer(review: Review, practitioner: User) -> None:
    read_and_sign(review, practitioner)
    assert fresh(review).status == "signed"


def test_two_who_agree_settle_the_case(review: Review, patient: User, practitioner: User, other_practitioner: User) -> None:
    policy("double")
    read_and_sign(review, practitioner)
    waiting = fresh(review)
    assert (waiting.status, waiting.role, waiting.practitioner, waiting.signed_at) == ("waiting", Role.SECOND, None, None)
    assert Analysis.objects.get().report_status == "preliminary"
    assert not Notification.objects.filter(user=patient, kind="review_signed").exists()
    assert Notification.objects.filter(user=practitioner, kind="reading_signed").exists()

    read_and_sign(review, other_practitioner)
    settled = fresh(review)
    assert (settled.status, settled.practitioner) == ("signed", other_practitioner)
    assert Analysis.objects.get().report_status == "final"
    assert Notification.objects.filter(user=patient, kind="review_signed").count() == 1
    assert Notification.objects.filter(user=practitioner, kind="case_settled").exists()


def test_of_two_that_agree_the_graver_advice_is_the_answer(review: Review, practitioner: User, other_practitioner: User) -> None:
    policy("double")
    read_and_sign(review, practitioner, recommendation="clinic")
    read_and_sign(review, other_practitioner, recommendation="test")
    settled = fresh(review)
    assert settled.practitioner == practitioner
    assert settled.final is not None
    assert settled.final.recommendation == "clinic"


def test_two_who_disagree_go_to_a_third_who_sees_both(
    review: Review, patient: User, practitioner: User, other_practitioner: User, third: User
) -> None:
    policy("double")
    read_and_sign(review, practitioner)
    read(review, other_practitioner, finding="uninfected")
    assert [o.practitioner for o in shown_readings(fresh(review), other_practitioner)] == []
    services.sign(review=review, practitioner=other_practitioner, **{**READING, "finding": "uninfected"})
    assert (fresh(review).status, fresh(review).role) == ("waiting", Role.ARBITER)
    assert Analysis.objects.get().report_status == "preliminary"
    assert shown_readings(fresh(review), third) == []

    services.claim(review=review, practitioner=third)
    assert [o.finding for o in shown_readings(fresh(review), third)] == ["parasitized", "uninfected"]
    assert [o.practitioner for o in shown_readings(fresh(review), practitioner)] == [practitioner]
    read_and_sign(review, third, finding="uninfected")
    settled = fresh(review)
    assert (settled.status, settled.practitioner) == ("signed", third)
    assert len(shown_readings(settled, practitioner)) == 3
    assert shown_readings(settled, patient) == []


def test_nobody_reads_a_case_twice(review: Review, practitioner: User, other_practitioner: User) -> None:
    policy("double")
    read_and_sign(review, practitioner)
    assert review not in Review.objects.queue_of(practitioner)
    assert review in Review.objects.followed_by(practitioner)
    with pytest.raises(ReviewError) as told:
        services.claim(review=review, practitioner=practitioner)
    assert told.value.code == "read_before"
    read_and_sign(review, other_practitioner, finding="uninfected")
    for reader in (practitioner, other_practitioner):
        with pytest.raises(ReviewError) as told:
            services.claim(review=review, practitioner=reader)
        assert told.value.code == "read_before"


def test_the_database_refuses_a_second_signature_of_a_reader_or_of_a_role(
    review: Review, practitioner: User, other_practitioner: User
) -> None:
    policy("double")
    read_and_sign(review, practitioner)
    for reader, role in ((practitioner, Role.SECOND), (practitioner, Role.ARBITER), (other_practitioner, Role.FIRST)):
        with pytest.raises(IntegrityError), transaction.atomic():
            Opinion.objects.create(review=review, practitioner=reader, stage=FINAL, role=role, **READING)


def test_the_patient_is_never_the_second_reader(practitioner: User, other_practitioner: User, answered: Callable[..., Analysis]) -> None:
    policy("double")
    own = answered(other_practitioner).review  # type: ignore[attr-defined]
    read_and_sign(own, practitioner)
    assert not Review.objects.queue_of(other_practitioner).exists()
    with pytest.raises(ReviewError) as told:
        services.claim(review=own, practitioner=other_practitioner)
    assert told.value.code == "own_scan"


@pytest.mark.parametrize(
    ("probability", "independent", "final", "role"),
    [
        (0.97, "parasitized", "parasitized", "first"),
        (0.97, "uninfected", "uninfected", "second"),
        (0.97, "uninfected", "parasitized", "second"),  # moved by the model
        (0.97, "can_not_tell", "can_not_tell", "second"),
        (0.5, "uninfected", "uninfected", "first"),  # the model can not tell: nothing to disagree with
    ],
)
def test_a_second_reads_where_the_first_and_the_model_disagree(
    probability: float, independent: str, final: str, role: str, patient: User, practitioner: User, answered: Callable[..., Analysis]
) -> None:
    policy("discordant")
    review = answered(patient, probability=probability).review  # type: ignore[attr-defined]
    read(review, practitioner, finding=independent)
    services.sign(review=review, practitioner=practitioner, **{**READING, "finding": final}, change_reason="Seen again.")
    assert fresh(review).role == role


def test_the_policy_of_the_urgency_counts_before_the_one_for_all(review: Review) -> None:
    policy("double")
    assert mode_of(review) == "double"
    policy("single", urgency=review.urgency)
    assert mode_of(review) == "single"
    with pytest.raises(IntegrityError), transaction.atomic():
        ReadingPolicy.objects.create(disease="malaria", mode="single")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        *(("grade_0", "grade_1", True), ("grade_2", "grade_3", True), ("grade_4", "grade_4", True)),
        *(("grade_1", "grade_2", False), ("grade_3", "grade_4", False), ("grade_0", "can_not_tell", False)),
    ],
)
def test_grades_agree_when_the_patient_is_told_the_same(one: str, other: str, same: bool) -> None:
    analysis = Analysis(disease="diabetic_retinopathy")
    assert agree(analysis, one, other) is agree(analysis, other, one) is same


def test_whoever_has_read_keeps_seeing_the_scan_and_their_part(
    review: Review, practitioner: User, other_practitioner: User, third: User
) -> None:
    policy("double")
    read_and_sign(review, practitioner)
    services.claim(review=review, practitioner=other_practitioner)
    for model, row in ((Review, review.pk), (Scan, review.analysis.scan_id), (Analysis, review.analysis_id)):
        assert model.objects.visible_to(practitioner).filter(pk=row).count() == 1, model  # type: ignore[attr-defined]
    assert not Scan.objects.visible_to(third).exists()
    assert not Analysis.objects.visible_to(other_practitioner).exists()


def test_the_patient_declines_until_somebody_has_signed(review: Review, patient: User, practitioner: User) -> None:
    policy("double")
    read_and_sign(review, practitioner)
    with pytest.raises(ReviewError) as told:
        services.decline(review=review, patient=patient)
    assert told.value.code == "not_open"


def test_an_administrator_lets_one_reading_be_enough_where_nobody_else_reads(
    review: Review, administrator: User, practitioner: User, other_practitioner: User
) -> None:
    policy("double")
    read_and_sign(review, practitioner)
    with pytest.raises(ReviewError):
        services.waive_second_reading(review=review, by=other_practitioner)
    services.claim(review=review, practitioner=other_practitioner)
    with pytest.raises(ReviewError) as told:
        services.waive_second_reading(review=review, by=administrator)
    assert told.value.code == "no_second_reading"
    services.release(review=review, practitioner=other_practitioner)
    services.waive_second_reading(review=review, by=administrator)
    assert (fresh(review).status, fresh(review).practitioner) == ("signed", practitioner)


def test_only_those_who_can_read_it_are_told_of_the_second_reading(
    review: Review, patient: User, practitioner: User, other_practitioner: User
) -> None:
    policy("double")
    Notification.objects.all().delete()
    read_and_sign(review, practitioner)
    assert Notification.objects.filter(user=other_practitioner, kind="review_opened").count() == 1
    assert not Notification.objects.filter(user__in=[patient, practitioner], kind="review_opened").exists()


def race(*steps: Callable[[], Any]) -> list[Any]:
    """Each step in a thread and a connection of its own, at the same time; what each gave, or its ReviewError's code."""
    import threading
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connection

    gate = threading.Barrier(len(steps))

    def run(step: Callable[[], Any]) -> Any:
        gate.wait(10)
        try:
            return step()
        except ReviewError as error:
            return error.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(steps)) as pool:
        return list(pool.map(run, steps))


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("as_migrated")
def test_at_once_one_signs_and_one_claims(review: Review, practitioner: User, other_practitioner: User, third: User) -> None:
    policy("double")
    read(review, practitioner)
    twice = race(*[lambda: services.sign(review=review, practitioner=practitioner, **READING)] * 3)
    assert sum(isinstance(result, Opinion) for result in twice) == 1
    assert {result for result in twice if isinstance(result, str)} == {"not_claimed"}
    claims = race(*[lambda who=who: services.claim(review=review, practitioner=who) for who in (practitioner, other_practitioner, third)])
    assert sum(isinstance(result, Review) for result in claims) == 1
    assert isinstance(claims[0], str)  # who signed the first reading never wins
    assert fresh(review).role == Role.SECOND
    assert Opinion.objects.filter(review=review, stage=FINAL).count() == 1
