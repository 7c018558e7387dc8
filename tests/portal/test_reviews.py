"""The second opinion: independent first, atomic, immutable afterwards."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from portal.accounts.models import User
from portal.analyses.models import Analysis
from portal.notifications import services as notifications
from portal.notifications.models import Notification
from portal.reviews import services
from portal.reviews.models import Review
from portal.reviews.services import ReviewError

READING = {"finding": "parasitized", "confidence": "high", "recommendation": "visit", "notes": "Ring form."}


@pytest.fixture
def review(patient: User, practitioner: User, answered: Callable[..., Analysis]) -> Review:
    return answered(patient).review  # type: ignore[attr-defined,no-any-return]


def code_of(error: pytest.ExceptionInfo[ReviewError]) -> str:
    return error.value.code


def test_of_two_practitioners_one_wins_and_the_other_is_told(review: Review, practitioner: User, other_practitioner: User) -> None:
    services.claim(review=review, practitioner=practitioner)
    with pytest.raises(ReviewError, match="is reading this scan already") as told:
        services.claim(review=review, practitioner=other_practitioner)
    assert code_of(told) == "already_claimed"


def test_the_answer_is_closed_until_the_own_reading_is_kept(review: Review, practitioner: User) -> None:
    services.claim(review=review, practitioner=practitioner)
    assert not Analysis.objects.visible_to(practitioner).exists()
    with pytest.raises(ReviewError) as told:
        services.sign(review=review, practitioner=practitioner, **READING)
    assert code_of(told) == "read_first"
    services.record_reading(review=review, practitioner=practitioner, **READING)
    assert Analysis.objects.visible_to(practitioner).get() == review.analysis
    with pytest.raises(ReviewError) as told:
        services.record_reading(review=review, practitioner=practitioner, **{**READING, "finding": "uninfected"})
    assert code_of(told) == "already_read"


def test_changing_the_finding_needs_a_reason_and_both_are_kept(review: Review, practitioner: User) -> None:
    services.claim(review=review, practitioner=practitioner)
    services.record_reading(review=review, practitioner=practitioner, **READING)
    changed = {**READING, "finding": "uninfected"}
    with pytest.raises(ReviewError) as told:
        services.sign(review=review, practitioner=practitioner, **changed)
    assert code_of(told) == "reason_required"
    services.sign(review=review, practitioner=practitioner, **changed, change_reason="It is a platelet.")
    review = Review.objects.get(pk=review.pk)
    assert review.independent is not None
    assert review.final is not None
    assert (review.independent.finding, review.final.finding, review.final.change_reason) == (
        "parasitized",
        "uninfected",
        "It is a platelet.",
    )


def test_a_signed_opinion_is_final_and_only_added_to(review: Review, patient: User, practitioner: User, other_practitioner: User) -> None:
    services.claim(review=review, practitioner=practitioner)
    services.record_reading(review=review, practitioner=practitioner, **READING)
    opinion = services.sign(review=review, practitioner=practitioner, **READING)
    assert Analysis.objects.get(pk=review.analysis_id).report_status == "final"
    with pytest.raises(TypeError):
        opinion.save()
    with pytest.raises(TypeError):
        opinion.delete()
    review.refresh_from_db()
    with pytest.raises(ReviewError):
        services.add_addendum(review=review, practitioner=other_practitioner, text="Me too")
    services.add_addendum(review=review, practitioner=practitioner, text="Seen again.")
    assert Analysis.objects.get(pk=review.analysis_id).report_status == "amended"
    assert set(Notification.objects.filter(user=patient).values_list("kind", flat=True)) == {"analysis_done", "review_signed", "addendum"}
    assert Notification.objects.filter(user=practitioner, kind="review_receipt").exists()
    with pytest.raises(ReviewError):
        services.decline(review=review, patient=patient)


def test_a_claim_runs_out_and_the_next_one_can_take_it(review: Review, practitioner: User, other_practitioner: User) -> None:
    services.claim(review=review, practitioner=practitioner)
    Review.objects.update(claim_expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(ReviewError):
        services.release(review=review, practitioner=other_practitioner)
    assert services.release_expired() == 1
    assert Notification.objects.filter(user=practitioner, kind="claim_expired").exists()
    services.claim(review=review, practitioner=other_practitioner)
    with pytest.raises(ReviewError) as told:
        services.record_reading(review=review, practitioner=practitioner, **READING)
    assert code_of(told) == "not_claimed"


def test_the_patient_can_decline_until_it_is_signed(review: Review, patient: User, practitioner: User) -> None:
    services.claim(review=review, practitioner=practitioner)
    services.decline(review=review, patient=patient)
    assert not Review.objects.queue_of(practitioner).exists()
    with pytest.raises(ReviewError) as told:
        services.claim(review=review, practitioner=practitioner)
    assert code_of(told) == "not_open"


def test_nobody_reviews_their_own_scan(practitioner: User, answered: Callable[..., Analysis]) -> None:
    own = answered(practitioner).review  # type: ignore[attr-defined]
    assert not Review.objects.queue_of(practitioner).exists()
    with pytest.raises(ReviewError) as told:
        services.claim(review=own, practitioner=practitioner)
    assert code_of(told) == "own_scan"


def test_the_queue_is_ordered_by_urgency_but_nobody_waits_for_ever(
    patient: User, practitioner: User, answered: Callable[..., Analysis]
) -> None:
    routine = answered(patient, 1, probability=0.01).review  # type: ignore[attr-defined]
    soon = answered(patient, 2, probability=0.5).review  # type: ignore[attr-defined]
    urgent = answered(patient, 3, probability=0.01, symptoms=["confusion"]).review  # type: ignore[attr-defined]
    assert list(Review.objects.queue_of(practitioner)) == [urgent, soon, routine]
    Review.objects.filter(pk=routine.pk).update(due_at=routine.due_at - timedelta(hours=23))
    assert Review.objects.queue_of(practitioner).first() == routine


def test_mail_says_that_there_is_news_but_never_what(review: Review, patient: User) -> None:
    note = Notification.objects.get(user=patient, kind="analysis_done")
    notifications.deliver(note.pk)
    notifications.deliver(note.pk)
    assert len(mail.outbox) == 1
    text = str(mail.outbox[0].message())
    assert f"/analyses/{review.analysis_id}/" in text
    assert "malaria" not in text.lower()
    assert "parasit" not in text.lower()
