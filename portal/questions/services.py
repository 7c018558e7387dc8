"""Asking, answering, closing. Each step locks the row, writes the audit and sends its news in one transaction."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts.models import User
from portal.audit.services import record
from portal.reviews.models import Review

from .models import LONGEST, Message, Question, Seen
from .signals import question_answered, question_asked, question_read


class QuestionError(Exception):
    """A step that is not possible now. `code` is for programs, `message` for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def may_ask(review: Review | None, user: Any) -> bool:
    """Whether this patient can ask about the reading: there is one, or will be."""
    return review is not None and review.patient_id == user.pk and review.status != Review.Status.DECLINED


def ask(*, review: Review, patient: Any, text: str) -> Question:
    """Open a thread; what is asked while one is open goes into that one. Raises QuestionError."""
    text = _checked(text)
    with transaction.atomic():
        review = Review.objects.select_for_update(of=("self",)).get(pk=review.pk)
        if not may_ask(review, patient):
            raise QuestionError("nobody_to_ask", _("No practitioner reads this scan, so there is nobody to ask."))
        question = Question.objects.filter(review=review, closed_at__isnull=True).first()
        if question is None:
            question = Question.objects.create(review=review, patient=patient)
            record("question.asked", question, actor=patient, patient=patient)
        _patient_writes(question, patient, text)
    return question


def write(*, question: Question, author: Any, text: str) -> Message:
    """The patient writes again, or a practitioner answers. Raises QuestionError."""
    text = _checked(text)
    with transaction.atomic():
        question = _open(question)
        if question.patient_id == author.pk:
            return _patient_writes(question, author, text)
        _require_answerer(question, author)
        message = Message.objects.create(question=question, author=author, text=text)
        question.waiting_since = None
        question.save(update_fields=["waiting_since"])
        _mark(question, author, message)
        record("question.answered", question, actor=author, patient=question.patient)
        question_answered.send(Question, question=question, message=message)
    return message


def close(*, question: Question, by: Any) -> Question:
    """The thread stays in the record; a new one can be opened. A practitioner closes nothing that waits. Raises QuestionError."""
    with transaction.atomic():
        question = _open(question)
        if question.patient_id != by.pk:
            _require_answerer(question, by)
            if question.waiting_since is not None:
                raise QuestionError("answer_first", _("The patient waits for an answer. Answer first, then close."))
        question.closed_at, question.closed_by, question.waiting_since = timezone.now(), by, None
        question.save(update_fields=["closed_at", "closed_by", "waiting_since"])
        record("question.closed", question, actor=by, patient=question.patient)
    return question


def read(*, question: Question, user: Any) -> list[Message]:
    """The whole thread, and a note that this person has seen it."""
    with transaction.atomic():
        messages = list(question.messages.select_related("author"))
        for message in messages:
            message.question = question
        record("question.read", question, actor=user, patient=question.patient)
        if not user.is_administrator:
            _mark(question, user, messages[-1])
            question_read.send(Question, question=question, user=user)
    return messages


def may_answer(question: Question, user: Any) -> bool:
    """The practitioner whose opinion is the answer; when they have left, any verified one. Nobody answers themselves."""
    review = question.review
    if not user.is_verified_practitioner or question.patient_id == user.pk or review.status != Review.Status.SIGNED:
        return False
    return review.practitioner_id == user.pk or answerer(review) is None


def answerer(review: Review) -> User | None:
    """Who signed, as long as they read here."""
    signer = review.practitioner if review.status == Review.Status.SIGNED else None
    return signer if signer is not None and signer.is_verified_practitioner else None


def _open(question: Question) -> Question:
    """The locked row. Raises QuestionError."""
    found = Question.objects.select_for_update(of=("self",)).select_related("review__practitioner", "patient").get(pk=question.pk)
    if found.closed_at is not None:
        raise QuestionError("closed", _("This question is closed. Ask a new one from the page of the scan."))
    return found


def _require_answerer(question: Question, user: Any) -> None:
    if not user.is_verified_practitioner:
        raise QuestionError("not_verified", _("Only a verified practitioner answers patients."))
    if question.review.status != Review.Status.SIGNED:
        raise QuestionError("sign_first", _("The patient is answered once the reading is signed. Your notes reach them with it."))
    if not may_answer(question, user):
        raise QuestionError("not_yours_to_answer", _("The practitioner who signed the opinion answers."))


def _patient_writes(question: Question, patient: Any, text: str) -> Message:
    now = timezone.now()
    lately = Message.objects.filter(author=patient, question__patient=patient, sent_at__gt=now - timedelta(hours=1)).count()
    if lately >= settings.QUESTIONS_AN_HOUR:
        told = _("You can send {most} messages an hour. Please wait a little.")
        raise QuestionError("too_many_messages", told.format(most=settings.QUESTIONS_AN_HOUR))
    message = Message.objects.create(question=question, author=patient, text=text)
    question.waiting_since = question.waiting_since or now
    question.save(update_fields=["waiting_since"])
    _mark(question, patient, message)
    record("question.written", question, actor=patient, patient=patient)
    if question.review.status == Review.Status.SIGNED:
        question_asked.send(Question, question=question, message=message, to=answerer(question.review))
    return message


def _mark(question: Question, user: Any, message: Message) -> None:
    Seen.objects.update_or_create(question=question, user=user, defaults={"message": message})


def _checked(text: str) -> str:
    text = text.strip()
    if not text:
        raise QuestionError("empty", _("Write your message first."))
    if len(text) > LONGEST:
        told = _("A message has at most {most} characters; this one has {count}.")
        raise QuestionError("message_too_long", told.format(most=LONGEST, count=len(text)))
    return text
