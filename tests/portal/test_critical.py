"""Critical findings: the to-do "patient told by whom, when"."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from portal.accounts.models import User
from portal.analyses.models import Analysis
from portal.audit.models import AuditEvent
from portal.notifications.models import Notification
from portal.reviews import critical
from portal.reviews.amendments import amend
from portal.reviews.models import CriticalNotice, CriticalRule, Review
from portal.reviews.services import ReviewError
from tests.portal.cases import READING, URGENT, fresh, policy, read_and_sign


@pytest.fixture
def review(patient: User, practitioner: User, other_practitioner: User, answered: Callable[..., Analysis]) -> Review:
    return answered(patient).review  # type: ignore[attr-defined,no-any-return]


def the_notice() -> CriticalNotice:
    return CriticalNotice.objects.get()


def test_what_is_not_critical_opens_nothing(review: Review, practitioner: User) -> None:
    read_and_sign(review, practitioner)
    assert not CriticalNotice.objects.exists()


def test_a_critical_opinion_opens_a_to_do_for_its_signer_and_the_administrators(
    review: Review, patient: User, practitioner: User, other_practitioner: User, administrator: User
) -> None:
    read_and_sign(review, practitioner, **URGENT)
    notice = the_notice()
    assert (notice.practitioner, notice.is_open, notice.is_overdue) == (practitioner, True, False)
    assert timedelta(minutes=59) < notice.due_at - timezone.now() <= timedelta(minutes=60)
    for who, seen in ((practitioner, 1), (administrator, 1), (other_practitioner, 0), (patient, 0)):
        assert CriticalNotice.objects.visible_to(who).count() == seen


def test_it_opens_with_the_first_reading_and_once_for_a_case(review: Review, practitioner: User, other_practitioner: User) -> None:
    policy("double")
    read_and_sign(review, practitioner, **URGENT)
    assert the_notice().practitioner == practitioner
    critical.tell(notice=the_notice(), by=practitioner, how="phone")
    read_and_sign(review, other_practitioner, **URGENT)
    assert CriticalNotice.objects.count() == 1
    assert fresh(review).status == "signed"


def test_a_rule_can_name_a_finding(review: Review, practitioner: User) -> None:
    CriticalRule.objects.create(disease="malaria", finding="parasitized", target_minutes=15)
    CriticalRule.objects.create(disease="tuberculosis", finding="tuberculosis", target_minutes=1)
    read_and_sign(review, practitioner)
    assert the_notice().due_at - timezone.now() <= timedelta(minutes=15)
    with pytest.raises(ValidationError):
        CriticalRule(disease="malaria", finding="parasite").full_clean()


def test_somebody_records_who_told_the_patient(review: Review, patient: User, practitioner: User, administrator: User) -> None:
    read_and_sign(review, practitioner, **URGENT)
    when = timezone.now()
    critical.tell(notice=the_notice(), by=administrator, how="phone", told_by="Nurse Devi", told_at=when, note="Will go at once.")
    told = the_notice()
    assert (told.is_open, told.how, told.told_by, told.told_at, told.closed_by) == (False, "phone", "Nurse Devi", when, administrator)
    event = AuditEvent.objects.get(action="critical.closed")
    assert (event.actor, event.patient) == (administrator, patient)
    with pytest.raises(ReviewError) as again:
        critical.tell(notice=told, by=practitioner, how="phone")
    assert again.value.code == "already_told"


@pytest.mark.parametrize(
    ("who", "asked", "code"),
    [
        ("other_practitioner", {"how": "phone"}, "not_yours"),
        ("patient", {"how": "phone"}, "not_yours"),
        ("practitioner", {"how": "read"}, "unknown_choice"),
        ("practitioner", {"how": "pigeon"}, "unknown_choice"),
        ("practitioner", {"how": "withdrawn", "note": "No."}, "still_critical"),
        ("practitioner", {"how": "phone", "told_at": timezone.now() + timedelta(days=1)}, "impossible_time"),
        ("practitioner", {"how": "phone", "told_at": timezone.now() - timedelta(days=900)}, "impossible_time"),
    ],
)
def test_what_does_not_close_it(review: Review, practitioner: User, who: str, asked: dict[str, Any], code: str, request: Any) -> None:
    read_and_sign(review, practitioner, **URGENT)
    with pytest.raises(ReviewError) as told:
        critical.tell(notice=the_notice(), by=request.getfixturevalue(who), **asked)
    assert told.value.code == code
    assert the_notice().is_open


def test_reading_in_the_portal_is_a_fact_that_closes_nothing_by_itself(
    review: Review, patient: User, practitioner: User, browse: Any
) -> None:
    read_and_sign(review, practitioner, **URGENT)
    browse(practitioner).get(f"/analyses/{review.analysis_id}/")
    assert the_notice().patient_read_at is None
    browse(patient).get(f"/analyses/{review.analysis_id}/")
    read_at = the_notice().patient_read_at
    assert read_at is not None
    assert the_notice().is_open
    browse(patient).get(f"/analyses/{review.analysis_id}/")
    assert the_notice().patient_read_at == read_at


def test_where_the_rule_says_that_reading_is_enough_it_closes(review: Review, patient: User, practitioner: User, api: Any) -> None:
    CriticalRule.objects.update(reading_is_enough=True)
    read_and_sign(review, practitioner, **URGENT)
    api(patient).get(f"/api/v1/analyses/{review.analysis_id}/")
    assert (the_notice().is_open, the_notice().how) == (False, "read")


def test_opening_the_page_before_the_answer_is_settled_is_not_reading_it(
    review: Review, patient: User, practitioner: User, browse: Any
) -> None:
    policy("double")
    read_and_sign(review, practitioner, **URGENT)
    browse(patient).get(f"/analyses/{review.analysis_id}/")
    assert the_notice().patient_read_at is None


def test_an_answer_that_was_settled_otherwise_withdraws_it(
    review: Review, practitioner: User, other_practitioner: User, administrator: User
) -> None:
    from tests.conftest import verified

    policy("double")
    read_and_sign(review, practitioner, **URGENT)
    read_and_sign(review, other_practitioner, finding="uninfected", recommendation="none")
    with pytest.raises(ReviewError):
        critical.tell(notice=the_notice(), by=practitioner, how="withdrawn", note="Two of three see none.")
    read_and_sign(review, verified("dr.abebe@clinic.example", administrator), finding="uninfected", recommendation="none")
    with pytest.raises(ReviewError) as told:
        critical.tell(notice=the_notice(), by=practitioner, how="withdrawn")
    assert told.value.code == "reason_required"
    critical.tell(notice=the_notice(), by=practitioner, how="withdrawn", note="Two of three see none.")
    assert (the_notice().is_open, the_notice().told_at) == (False, None)


def test_an_amendment_that_makes_it_critical_opens_it(review: Review, practitioner: User) -> None:
    read_and_sign(review, practitioner)
    amend(review=review, practitioner=practitioner, reason="Many parasites.", **{**READING, **URGENT})
    assert the_notice().opinion.version == 2
    amend(review=review, practitioner=practitioner, reason="A word.", **{**READING, **URGENT, "notes": "Many."})
    assert CriticalNotice.objects.count() == 1


def test_who_is_late_is_reminded_once(review: Review, patient: User, practitioner: User, administrator: User) -> None:
    read_and_sign(review, practitioner, **URGENT)
    assert critical.remind() == 0
    CriticalNotice.objects.update(due_at=timezone.now() - timedelta(minutes=1))
    assert critical.remind() == critical.remind() == 1
    told = Notification.objects.filter(kind="critical_overdue")
    assert {note.user for note in told} == {practitioner, administrator}
    assert told.count() == 2
    critical.tell(notice=the_notice(), by=practitioner, how="in_person")
    assert critical.remind() == 0


def test_the_database_keeps_one_open_to_do_a_case_and_whole_records(review: Review, practitioner: User) -> None:
    opinion = read_and_sign(review, practitioner, **URGENT)
    for wrong in ({"how": "phone"}, {"closed_at": timezone.now()}, {"closed_at": timezone.now(), "how": "phone", "told_by": "Somebody"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            CriticalNotice.objects.filter(review=review).update(**wrong)
    second = amend(review=review, practitioner=practitioner, reason="More.", **{**READING, **URGENT, "notes": "More."})
    with pytest.raises(IntegrityError), transaction.atomic():
        CriticalNotice.objects.create(review=review, opinion=second, practitioner=practitioner, due_at=timezone.now())
    assert the_notice().opinion == opinion


def test_the_page_lists_what_is_open_and_records_it(
    review: Review, patient: User, practitioner: User, other_practitioner: User, administrator: User, browse: Any
) -> None:
    read_and_sign(review, practitioner, **URGENT)
    address = f"/reviews/notices/{the_notice().pk}/told/"
    assert browse(patient).get("/reviews/notices/").status_code == 403
    assert "Nobody waits to be told" in browse(other_practitioner).get("/reviews/notices/").content.decode()
    assert browse(other_practitioner).post(address, {}).status_code == 404
    for who, path in ((practitioner, "/reviews/"), (practitioner, f"/reviews/{review.pk}/"), (administrator, "/")):
        assert "to tell" in browse(who).get(path).content.decode().lower() or "Tell the patient" in browse(who).get(path).content.decode()
    page = browse(administrator).get("/reviews/notices/").content.decode()
    assert patient.email in page
    prefix = the_notice().pk.hex[:8]
    assert browse(practitioner).post(address, {f"{prefix}-how": ""}).status_code == 400
    filled = {f"{prefix}-how": "phone", f"{prefix}-told_by": "Nurse Devi", f"{prefix}-told_at": "", f"{prefix}-note": ""}
    assert browse(practitioner).post(address, filled).status_code == 302
    assert "Nurse Devi" in browse(practitioner).get("/reviews/notices/").content.decode()
    assert AuditEvent.objects.filter(action="critical.listed", actor=administrator, patient=patient).exists()


def test_the_api_lists_and_closes(review: Review, patient: User, practitioner: User, other_practitioner: User, api: Any) -> None:
    read_and_sign(review, practitioner, **URGENT)
    row = api(practitioner).get("/api/v1/critical-notices/?open=true").json()["results"][0]
    assert (row["patient_email"], row["overdue"], row["disease"]) == (patient.email, False, "malaria")
    assert api(other_practitioner).get("/api/v1/critical-notices/").json()["results"] == []
    assert api(patient).get(f"/api/v1/critical-notices/{row['id']}/").status_code == 404
    told = api(practitioner).post(f"/api/v1/critical-notices/{row['id']}/told/", {"how": "phone", "told_at": "2001-01-01T00:00:00Z"})
    assert told.json()["code"] == "impossible_time"
    told = api(practitioner).post(f"/api/v1/critical-notices/{row['id']}/told/", {"how": "phone"})
    assert (told.json()["told_by"], told.json()["how"]) == (practitioner.name, "phone")
    assert api(practitioner).get("/api/v1/critical-notices/?open=true").json()["results"] == []
    assert len(api(practitioner).get("/api/v1/critical-notices/?open=false").json()["results"]) == 1


def test_the_lists_ask_no_more_for_more_rows(
    patient: User, practitioner: User, answered: Callable[..., Analysis], browse: Any, api: Any, django_assert_max_num_queries: Any
) -> None:
    def all_lists() -> None:
        for path in ("/reviews/notices/", "/reviews/"):
            assert browse(practitioner).get(path).status_code == 200
        for path in ("critical-notices/", "reviews/"):
            assert api(practitioner).get(f"/api/v1/{path}").status_code == 200

    policy("double")
    read_and_sign(answered(patient, 1).review, practitioner, **URGENT)  # type: ignore[attr-defined]
    all_lists()
    with django_assert_max_num_queries(90) as few:
        all_lists()
    for seed in range(2, 5):
        read_and_sign(answered(patient, seed).review, practitioner, **URGENT)  # type: ignore[attr-defined]
    with django_assert_max_num_queries(len(few.captured_queries)):
        all_lists()
