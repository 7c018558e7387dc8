"""How soon a scan should be read: the rule and its words, a practitioner's own flag, the service targets, and the news of lateness."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from portal.accounts.models import User
from portal.analyses.models import Analysis, ModelVersion
from portal.audit.models import AuditEvent
from portal.notifications.models import Notification
from portal.reviews import flags, services, targets
from portal.reviews.errors import ReviewError
from portal.reviews.models import Review, ServiceTarget
from portal.reviews.overdue import tell_overdue
from portal.reviews.urgency import RULES, reasons_of, urgency_of
from tests.portal.worklist_rows import open_many

Answered = Callable[..., Analysis]
READING = {"finding": "parasitized", "confidence": "high", "recommendation": "visit"}


def hours(review: Review) -> float:
    return (review.due_at - review.asked_at).total_seconds() / 3600


def codes(review: Review, revealed: bool) -> list[str]:
    return [reason.code for reason in reasons_of(review, revealed=revealed)]


@pytest.mark.parametrize(
    ("probability", "symptoms", "urgency", "whole", "closed"),
    [
        (0.01, [], 3, ["nothing"], ["nothing"]),
        (0.01, ["fever"], 2, ["symptoms"], ["symptoms"]),
        (0.01, ["confusion"], 1, ["red_flag"], ["red_flag"]),
        (0.97, [], 1, ["very_likely"], ["model"]),
        (0.9, [], 2, ["uncertain"], ["model"]),
        (0.9, ["fever"], 2, ["uncertain", "symptoms"], ["symptoms"]),
        (0.97, ["fever"], 1, ["very_likely", "symptoms"], ["model", "symptoms"]),
        (0.97, ["confusion"], 1, ["red_flag", "very_likely"], ["red_flag"]),
        (0.01, ["confusion", "fever"], 1, ["red_flag", "symptoms"], ["red_flag", "symptoms"]),
    ],
)
def test_why_a_review_is_urgent(
    probability: float, symptoms: list[str], urgency: int, whole: list[str], closed: list[str], patient: User, answered: Answered
) -> None:
    """To a reader whose own reading is not kept, the model's part is named only where the urgency itself tells it."""
    review = answered(patient, 1, probability, symptoms=symptoms).review  # type: ignore[attr-defined]
    assert review.urgency == urgency == urgency_of(review.analysis)
    assert codes(review, revealed=True) == whole
    assert codes(review, revealed=False) == closed


def test_what_a_reader_sees_before_reading_is_the_same_whatever_the_model_answered(patient: User, answered: Answered) -> None:
    """Where the patient's symptoms explain the urgency, no word differs between a model that finds it and one that does not."""
    one, other = (answered(patient, n, p, symptoms=["confusion", "fever"]).review for n, p in enumerate((0.01, 0.99)))  # type: ignore[attr-defined]
    assert reasons_of(one, revealed=False) == reasons_of(other, revealed=False)


def test_every_line_of_the_rule_is_in_the_words_of_the_page(browse: Any, practitioner: User) -> None:
    page = re.sub(r"\s+", " ", browse(practitioner).get("/reviews/").content.decode())
    for rule in RULES:
        assert rule.words.partition("{")[0].replace("'", "&#x27;") in page


def test_the_row_says_why_also_without_a_pointer(browse: Any, patient: User, practitioner: User, answered: Answered) -> None:
    review = answered(patient, 1, 0.99, symptoms=["confusion"]).review  # type: ignore[attr-defined]
    page = browse(practitioner).get("/reviews/").content.decode()
    assert f'aria-describedby="because-{review.pk}"' in page
    told = re.search(rf'id="because-{review.pk}">(.*?)</span>', page, re.DOTALL)
    assert told is not None
    assert "the patient ticked what needs help now: confused" in " ".join(told[1].lower().split())
    assert "model" not in told[1]


def test_the_api_says_why_and_more_once_it_is_revealed(api: Any, patient: User, practitioner: User, answered: Answered) -> None:
    review = answered(patient).review  # type: ignore[attr-defined]
    address, client = f"/api/v1/reviews/{review.pk}/", api(practitioner)
    assert [reason["code"] for reason in client.get(address).json()["urgency_reasons"]] == ["model"]
    client.post(f"{address}claim/")
    assert client.post(f"{address}reading/", READING).json()["urgency_reasons"] == [
        {"code": "very_likely", "words": "the model's probability is 95% or more"}
    ]


def test_a_practitioner_raises_and_lowers_the_urgency_with_a_reason(
    api: Any, browse: Any, patient: User, practitioner: User, other_practitioner: User, answered: Answered
) -> None:
    review = answered(patient, 1, 0.01).review  # type: ignore[attr-defined]
    assert hours(review) == 24
    client = browse(practitioner)
    assert client.post(f"/reviews/{review.pk}/flag/", {"urgency": 1, "reason": " "}).status_code == 400
    assert client.post(f"/reviews/{review.pk}/flag/", {"urgency": 1, "reason": "Her clinic  called"})["Location"] == "/reviews/"
    review = Review.objects.with_all().get()
    assert (review.urgency, hours(review)) == (1, 2)
    assert reasons_of(review, revealed=False)[0].words == f"flagged urgent by {practitioner.name}: Her clinic called"
    assert "Her clinic called" in browse(other_practitioner).get("/reviews/").content.decode()
    assert "Her clinic called" in browse(other_practitioner).get(f"/reviews/{review.pk}/").content.decode()
    answer = api(other_practitioner).post(f"/api/v1/reviews/{review.pk}/flag/", {"urgency": "routine", "reason": "A known scar"})
    assert answer.status_code == 200, answer.content
    review = Review.objects.with_all().get()
    assert (review.urgency, hours(review), review.flag.practitioner) == (3, 24, other_practitioner)
    noted = AuditEvent.objects.filter(action="review.flagged").order_by("id")
    seen = [(event.actor, event.detail["old"], event.detail["new"]) for event in noted]
    assert seen == [
        (practitioner, 3, 1),
        (other_practitioner, 1, 3),
    ]


def test_the_patient_sees_that_it_was_flagged_but_not_the_note_to_the_next_reader(
    api: Any, patient: User, practitioner: User, answered: Answered
) -> None:
    review = answered(patient).review  # type: ignore[attr-defined]
    flags.flag(review=review, practitioner=practitioner, urgency=2, reason="Seems anxious")
    shown = str(api(patient).get(f"/api/v1/reviews/{review.pk}/").json()["urgency_reasons"])
    assert f"flagged soon by {practitioner.name}" in shown
    assert "anxious" not in shown


def test_a_flag_needs_an_open_review_that_is_not_ones_own(patient: User, practitioner: User, unverified: User, answered: Answered) -> None:
    review, own = answered(patient, 1).review, answered(practitioner, 2).review  # type: ignore[attr-defined]

    def code(review: Review, who: User, urgency: int = 1) -> str:
        with pytest.raises(ReviewError) as told:
            flags.flag(review=review, practitioner=who, urgency=urgency, reason="Because")
        return told.value.code

    assert code(own, practitioner) == "own_scan"
    assert code(review, unverified) == "not_verified"
    assert code(review, practitioner, 7) == "unknown_choice"
    services.decline(review=review, patient=patient)
    assert code(review, practitioner) == "not_open"


def test_a_new_target_moves_what_is_open_and_leaves_what_was_signed(
    patient: User, practitioner: User, administrator: User, answered: Answered
) -> None:
    read, waits, soon = (answered(patient, n, p).review for n, p in ((1, 0.01), (2, 0.01), (3, 0.9)))  # type: ignore[attr-defined]
    services.claim(review=read, practitioner=practitioner)
    services.record_reading(review=read, practitioner=practitioner, **READING)
    services.sign(review=read, practitioner=practitioner, **READING)
    target = ServiceTarget.objects.get(disease="malaria", urgency=3)
    assert targets.change(target=target, hours=12, by=administrator) == 1
    assert [hours(Review.objects.get(pk=review.pk)) for review in (read, waits, soon)] == [24, 12, 6]
    assert hours(answered(patient, 4, 0.01).review) == 12  # type: ignore[attr-defined]
    event = AuditEvent.objects.get(action="service_target.changed")
    assert (event.actor, event.detail) == (administrator, {"old": 24, "new": 12, "moved": 1})


def test_a_less_urgent_scan_is_never_due_before_a_more_urgent_one(api: Any, browse: Any, administrator: User, practitioner: User) -> None:
    target = ServiceTarget.objects.get(disease="covid19", urgency=3)
    desk = browse(administrator)
    page = desk.post(f"/admin/reviews/servicetarget/{target.pk}/change/", {"hours": 5})
    assert "can not have a longer target" in page.content.decode()
    desk.post(f"/admin/reviews/servicetarget/{target.pk}/change/", {"hours": 6})
    assert ServiceTarget.objects.get(pk=target.pk).hours == 6
    address = f"/api/v1/service-targets/{target.pk}/"
    assert api(administrator).put(address, {"hours": 5}).json()["code"] == "out_of_order"
    assert api(administrator).put(address, {"hours": 0}).status_code == 400
    assert api(administrator).put(address, {"hours": 48}).json()["hours"] == 48
    assert api(practitioner).put(address, {"hours": 1}).status_code == 403
    assert api(practitioner).get("/api/v1/service-targets/").json()["results"][0]["disease"] == "covid19"


def test_every_disease_has_its_targets(all_six: None) -> None:
    known = targets.spans()
    for version in ModelVersion.objects.all():
        assert [known[version.disease, urgency] for urgency in (1, 2, 3)] == [timedelta(hours=h) for h in (2, 6, 24)]
    assert targets.span_of("a new one", 2, known) == timedelta(hours=6)


def late(kind: str = "review_overdue") -> dict[str, list[str]]:
    told: dict[str, list[str]] = {}
    for note in Notification.objects.filter(kind=kind).select_related("user"):
        told.setdefault(note.user.name, []).append(note.url)
    return told


def test_lateness_is_told_once_a_review_and_in_one_line(
    patient: User, practitioner: User, other_practitioner: User, administrator: User, unverified: User, malaria: ModelVersion
) -> None:
    past = timezone.now() - timedelta(minutes=1)
    open_many(patient, malaria, 5, due_at=past)
    open_many(patient, malaria, 1)
    assert tell_overdue() == 5
    worklist, desk = ["/reviews/?view=overdue"], ["/admin/reviews/review/?overdue=yes"]
    assert late() == {practitioner.name: worklist, other_practitioner.name: worklist, administrator.name: desk}
    assert AuditEvent.objects.filter(action="review.overdue").count() == 5
    assert tell_overdue() == 0
    open_many(patient, malaria, 1, due_at=past)  # one more is late, and nobody has read the news yet
    assert tell_overdue() == 1
    assert sum(map(len, late().values())) == 3
    Notification.objects.filter(user=practitioner).update(read_at=timezone.now())
    open_many(patient, malaria, 2, due_at=past)
    assert tell_overdue() == 2
    assert late() == {practitioner.name: worklist * 2, other_practitioner.name: worklist, administrator.name: desk}


def test_nobody_is_told_of_their_own_scan_and_what_is_signed_is_not_late(
    practitioner: User, other_practitioner: User, malaria: ModelVersion
) -> None:
    now = timezone.now()
    open_many(practitioner, malaria, 1, due_at=now)
    done = {"status": "signed", "practitioner": other_practitioner, "revealed_at": now, "signed_at": now}
    open_many(practitioner, malaria, 1, due_at=now, **done)
    assert tell_overdue() == 1
    assert practitioner.name not in late()
    assert other_practitioner.name in late()


def test_the_administration_shows_what_is_late(browse: Any, administrator: User, patient: User, malaria: ModelVersion) -> None:
    open_many(patient, malaria, 2, due_at=timezone.now())
    open_many(patient, malaria, 3)
    page = browse(administrator).get("/admin/reviews/review/?overdue=yes").content.decode()
    assert "2 reviews" in page
