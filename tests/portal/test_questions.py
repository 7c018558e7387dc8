"""Questions of patients: who may ask, who sees and answers, what is kept, and who is told."""

import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.accounts.models import User, Verification
from portal.analyses.models import Analysis
from portal.audit.models import AuditEvent
from portal.notifications import digest
from portal.notifications.models import Notification
from portal.questions import services
from portal.questions.models import LONGEST, Message, Question
from portal.questions.services import QuestionError
from portal.reviews import services as reviews
from portal.reviews.models import Review
from portal.scans.models import Scan

READING = {"finding": "parasitized", "confidence": "high", "recommendation": "visit", "notes": "Ring form."}


def signed(review: Review, practitioner: User) -> Review:
    read(review, practitioner)
    reviews.sign(review=review, practitioner=practitioner, **READING)
    return Review.objects.get(pk=review.pk)


def read(review: Review, practitioner: User) -> Review:
    reviews.claim(review=review, practitioner=practitioner)
    reviews.record_reading(review=review, practitioner=practitioner, **READING)
    return Review.objects.get(pk=review.pk)


@pytest.fixture
def review(patient: User, practitioner: User, answered: Callable[..., Analysis]) -> Review:
    return answered(patient).review  # type: ignore[attr-defined,no-any-return]


@pytest.fixture
def question(review: Review, patient: User, practitioner: User) -> Question:
    return services.ask(review=signed(review, practitioner), patient=patient, text="What is a ring form?")


def told(user: User, kind: str) -> int:
    return Notification.objects.filter(user=user, kind=kind).count()


def code_of(error: pytest.ExceptionInfo[QuestionError]) -> str:
    return error.value.code


def test_questions_and_answers_are_part_of_what_is_printed(
    question: Question, patient: User, practitioner: User, other_practitioner: User, browse: Any
) -> None:
    services.write(question=question, author=practitioner, text="A young parasite.")
    address = f"/analyses/{question.review.analysis_id}/"

    def paper(user: User) -> str:
        page = browse(user).get(address)
        return page.content.decode().partition("print-only")[2].partition("</section>")[0] if page.status_code == 200 else ""

    for user in (patient, practitioner):
        on_paper = paper(user)
        assert on_paper.index("What is a ring form?") < on_paper.index("A young parasite.")
        assert f"{practitioner.name} answered" in " ".join(on_paper.split())
        assert AuditEvent.objects.filter(action="question.read", actor=user).count() == 1
    assert paper(other_practitioner) == ""
    listed = Question.objects.with_all(patient).get()
    assert listed.unread  # type: ignore[attr-defined]  # paper that nobody has read yet does not make the answer old


def test_they_are_in_the_report_of_the_copy_of_everything(question: Question, patient: User, practitioner: User, browse: Any) -> None:
    services.write(question=question, author=practitioner, text="A young parasite.")
    answer = browse(patient).post("/me/data/copy/")
    copy = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))
    report = copy.read(f"reports/{question.review.analysis_id}.html").decode()
    assert report.index("What is a ring form?") < report.index("A young parasite.")


def test_a_patient_asks_and_the_one_who_signed_answers(question: Question, patient: User, practitioner: User) -> None:
    assert list(Question.objects.to_answer(practitioner)) == [question]
    assert told(practitioner, "question_asked") == 1
    services.write(question=question, author=practitioner, text="A young parasite.")
    question.refresh_from_db()
    assert question.state == "answered"
    assert not Question.objects.to_answer(practitioner).exists()
    assert told(patient, "question_answered") == 1
    services.write(question=question, author=patient, text="Thank you. And now?")
    question.refresh_from_db()
    assert question.state == "waiting"
    assert [(m.author, m.text) for m in question.messages.all()] == [
        (patient, "What is a ring form?"),
        (practitioner, "A young parasite."),
        (patient, "Thank you. And now?"),
    ]
    actions = AuditEvent.objects.filter(target_id=str(question.pk)).order_by("id").values_list("action", "actor", "patient")
    assert list(actions) == [
        ("question.asked", patient.pk, patient.pk),
        ("question.written", patient.pk, patient.pk),
        ("question.answered", practitioner.pk, patient.pk),
        ("question.written", patient.pk, patient.pk),
    ]


def test_before_the_signature_it_waits_with_the_review_and_stays_closed_to_who_has_not_read(
    review: Review, patient: User, practitioner: User, other_practitioner: User
) -> None:
    question = services.ask(review=review, patient=patient, text="The model says suspicious. Is it malaria?")
    for reader in (practitioner, other_practitioner):
        assert not Question.objects.visible_to(reader).exists()
    reviews.claim(review=review, practitioner=practitioner)
    assert not Question.objects.visible_to(practitioner).exists()  # it may tell what the model answered
    reviews.record_reading(review=review, practitioner=practitioner, **READING)
    assert Question.objects.visible_to(practitioner).get() == question
    assert not Question.objects.visible_to(other_practitioner).exists()
    with pytest.raises(QuestionError) as error:
        services.write(question=question, author=practitioner, text="Wait.")
    assert code_of(error) == "sign_first"
    assert told(practitioner, "question_asked") == 0
    reviews.sign(review=review, practitioner=practitioner, **READING)
    assert told(practitioner, "question_asked") == 1
    assert list(Question.objects.to_answer(practitioner)) == [question]


def test_who_gives_the_review_back_sees_the_question_no_more(review: Review, patient: User, practitioner: User) -> None:
    services.ask(review=read(review, practitioner), patient=patient, text="Is it bad?")
    assert Question.objects.visible_to(practitioner).exists()
    reviews.release(review=review, practitioner=practitioner)
    assert not Question.objects.visible_to(practitioner).exists()


def test_nobody_else_sees_asks_or_answers(
    question: Question, patient: User, other_patient: User, unverified: User, other_practitioner: User, administrator: User
) -> None:
    for stranger in (other_patient, unverified, other_practitioner):
        assert not Question.objects.visible_to(stranger).exists()
        assert not Question.objects.to_answer(stranger).exists()
        with pytest.raises(QuestionError):
            services.ask(review=question.review, patient=stranger, text="Mine?")
        with pytest.raises(QuestionError):
            services.write(question=question, author=stranger, text="Let me.")
        with pytest.raises(QuestionError):
            services.close(question=question, by=stranger)
    assert Question.objects.visible_to(administrator).exists()
    with pytest.raises(QuestionError):
        services.write(question=question, author=administrator, text="I see.")
    assert question.messages.count() == 1


def test_without_a_reading_there_is_nobody_to_ask(patient: User, answered: Callable[..., Analysis], browse: Any) -> None:
    unread = answered(patient, 1, wants_review=False)
    assert not hasattr(unread, "review")
    assert "Ask the practitioner" not in browse(patient).get(f"/analyses/{unread.pk}/").content.decode()
    declined = answered(patient, 2).review  # type: ignore[attr-defined]
    asked = services.ask(review=declined, patient=patient, text="Who reads it?")
    reviews.decline(review=declined, patient=patient)
    asked.refresh_from_db()
    assert asked.state == "closed"
    assert browse(patient).get(f"/questions/ask/{declined.pk}/").status_code == 404
    with pytest.raises(QuestionError) as error:
        services.ask(review=declined, patient=patient, text="Still there?")
    assert code_of(error) == "nobody_to_ask"


@pytest.mark.parametrize("gone", ["refused", "inactive"])
def test_when_the_signer_has_left_any_verified_practitioner_sees_the_scan_and_answers(
    question: Question, patient: User, practitioner: User, other_practitioner: User, unverified: User, gone: str
) -> None:
    analysis = question.review.analysis
    assert not Analysis.objects.visible_to(other_practitioner).filter(pk=analysis.pk).exists()
    if gone == "inactive":
        User.objects.filter(pk=practitioner.pk).update(is_active=False)
    else:
        practitioner.practitioner_profile.verification = Verification.REFUSED
        practitioner.practitioner_profile.save()
    question = Question.objects.get(pk=question.pk)
    assert list(Question.objects.to_answer(other_practitioner)) == [question]
    assert not Question.objects.visible_to(unverified).exists()
    assert Analysis.objects.visible_to(other_practitioner).get() == analysis
    assert Scan.objects.visible_to(other_practitioner).get() == analysis.scan
    services.write(question=question, author=patient, text="Is anybody there?")
    assert told(other_practitioner, "question_asked") == 1
    services.write(question=question, author=other_practitioner, text="A young parasite.")
    question.refresh_from_db()
    services.close(question=question, by=other_practitioner)
    assert not Analysis.objects.visible_to(other_practitioner).exists()  # no more than the question needs
    assert Question.objects.visible_to(other_practitioner).get() == question  # what one wrote, one keeps seeing


def test_a_practitioner_does_not_answer_their_own_question(
    practitioner: User, other_practitioner: User, answered: Callable[..., Analysis]
) -> None:
    question = services.ask(review=signed(answered(practitioner).review, other_practitioner), patient=practitioner, text="Mine?")  # type: ignore[attr-defined]
    User.objects.filter(pk=other_practitioner.pk).update(is_active=False)
    assert not Question.objects.to_answer(practitioner).exists()
    assert not services.may_answer(Question.objects.get(pk=question.pk), practitioner)


def test_messages_are_never_changed_and_have_a_length(question: Question, patient: User) -> None:
    message = question.messages.get()
    message.text = "Something else"
    with pytest.raises(TypeError):
        message.save()
    with pytest.raises(TypeError):
        message.delete()
    for text, code in (("  ", "empty"), ("x" * (LONGEST + 1), "message_too_long")):
        with pytest.raises(QuestionError) as error:
            services.write(question=question, author=patient, text=text)
        assert code_of(error) == code
        with pytest.raises(IntegrityError), transaction.atomic():
            Message.objects.bulk_create([Message(question=question, author=patient, text=text.strip())])


def test_a_patient_can_not_flood_a_practitioner(question: Question, patient: User, practitioner: User, settings: Any) -> None:
    settings.QUESTIONS_AN_HOUR = 3
    for n in range(2):
        services.write(question=question, author=patient, text=f"And {n}?")
    with pytest.raises(QuestionError) as error:
        services.write(question=question, author=patient, text="And?")
    assert code_of(error) == "too_many_messages"
    services.write(question=question, author=practitioner, text="One after the other.")
    Message.objects.update(sent_at=timezone.now() - timedelta(hours=2))
    services.write(question=question, author=patient, text="Now?")


def test_one_open_question_a_scan_and_a_new_one_after_closing(question: Question, patient: User, practitioner: User) -> None:
    assert services.ask(review=question.review, patient=patient, text="One more thing") == question
    with pytest.raises(QuestionError) as error:
        services.close(question=question, by=practitioner)
    assert code_of(error) == "answer_first"
    services.close(question=question, by=patient)
    with pytest.raises(QuestionError) as error:
        services.write(question=question, author=patient, text="No, wait")
    assert code_of(error) == "closed"
    second = services.ask(review=question.review, patient=patient, text="Something new")
    assert second != question
    with pytest.raises(IntegrityError), transaction.atomic():
        Question.objects.create(review=question.review, patient=patient)
    with pytest.raises(IntegrityError), transaction.atomic():
        Question.objects.filter(pk=second.pk).update(closed_at=timezone.now())  # by nobody, and while it waits


def test_reading_the_thread_is_audited_and_clears_its_marks(question: Question, patient: User, practitioner: User, browse: Any) -> None:
    services.write(question=question, author=practitioner, text="A young parasite.")
    page = browse(patient).get("/questions/").content.decode()
    assert 'class="count">new' in page
    assert "A young parasite" not in page
    assert "A young parasite" in browse(patient).get(f"/questions/{question.pk}/").content.decode()
    assert 'class="count">new' not in browse(patient).get("/questions/").content.decode()
    assert AuditEvent.objects.filter(action="question.read", actor=patient, patient=patient).count() == 1
    assert Notification.objects.get(user=patient, kind="question_answered").read_at is not None
    services.write(question=question, author=practitioner, text="Go to a clinic.")
    assert 'class="count">new' in browse(patient).get(f"/analyses/{question.review.analysis_id}/").content.decode()


def test_the_practitioner_finds_what_waits_the_longest_wait_first(
    patient: User, other_patient: User, practitioner: User, answered: Callable[..., Analysis], browse: Any
) -> None:
    desk = browse(practitioner)
    assert "Nobody waits for an answer" in desk.get("/questions/").content.decode()
    late = services.ask(review=signed(answered(patient, 1).review, practitioner), patient=patient, text="First?")  # type: ignore[attr-defined]
    services.ask(review=signed(answered(other_patient, 2).review, practitioner), patient=other_patient, text="Second?")  # type: ignore[attr-defined]
    Question.objects.filter(pk=late.pk).update(waiting_since=timezone.now() - timedelta(hours=5, minutes=10))
    page = desk.get("/questions/").content.decode()
    assert page.index(str(late.pk)) < page.index(str(Question.objects.exclude(pk=late.pk).get().pk))
    assert "5 h 10" in page
    assert patient.name not in page
    assert "5 h 10" in desk.get("/").content.decode()
    assert digest.what_waits(practitioner)["questions"] == 2


def test_the_lists_ask_no_more_for_more_rows(patient: User, practitioner: User, answered: Callable[..., Analysis], browse: Any) -> None:
    def asked(who: User, path: str) -> int:
        client = browse(who)
        client.get(path)
        with CaptureQueriesContext(connection) as caught:
            client.get(path)
        return len(caught)

    services.ask(review=signed(answered(patient, 1).review, practitioner), patient=patient, text="One?")  # type: ignore[attr-defined]
    pages = [(patient, "/questions/"), (practitioner, "/questions/"), (practitioner, "/questions/?show=all"), (patient, "/analyses/")]
    few = [asked(*page) for page in pages]
    for seed in range(2, 6):
        services.ask(review=signed(answered(patient, seed).review, practitioner), patient=patient, text="More?")  # type: ignore[attr-defined]
    assert [asked(*page) for page in pages] == few


def test_the_pages_carry_a_question_from_both_sides(review: Review, patient: User, practitioner: User, browse: Any) -> None:
    home, desk = browse(patient), browse(practitioner)
    address = f"/questions/ask/{review.pk}/"
    assert address in home.get(f"/analyses/{review.analysis_id}/").content.decode()
    page = home.get(address).content.decode()
    assert "Not for emergencies" in page
    assert home.post(address, {"text": " "}).status_code == 400
    thread = home.post(address, {"text": "The model says suspicious <b>now</b>?"})["Location"]
    assert home.get(address)["Location"] == thread
    room = f"/reviews/{review.pk}/"
    read(review, practitioner)
    assert thread in desk.get(room).content.decode()
    assert "You can answer here once you have signed" in desk.get(thread).content.decode()
    assert desk.post(thread, {"text": "Too early"}).status_code == 400
    reviews.sign(review=review, practitioner=practitioner, **READING)
    shown = desk.get(thread).content.decode()
    assert "&lt;b&gt;now&lt;/b&gt;" in shown
    assert patient.name not in shown
    assert "Suspicious" in shown or "parasite" in shown
    assert desk.post(thread, {"text": "See a clinic."}).status_code == 302
    answer = home.get(thread).content.decode()
    assert practitioner.name in answer
    assert "See a clinic." in answer
    home.post(f"{thread}close/")
    assert "Ask something new" in home.get(thread).content.decode()


def test_the_reading_room_says_that_there_is_a_question_but_not_what(
    review: Review, patient: User, practitioner: User, browse: Any
) -> None:
    question = services.ask(review=review, patient=patient, text="Suspicious, says the model")
    reviews.claim(review=review, practitioner=practitioner)
    page = browse(practitioner).get(f"/reviews/{review.pk}/").content.decode()
    assert "The patient has a question" in page
    assert str(question.pk) not in page
    assert "Suspicious, says" not in page
