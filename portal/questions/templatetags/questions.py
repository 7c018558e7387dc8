"""What pages in rooms below show of the questions."""

from typing import Any

from django import template
from django.db.models import prefetch_related_objects
from django.utils import timezone

from portal.audit.services import record_many
from portal.questions.models import Question
from portal.questions.services import may_ask as _may_ask

register = template.Library()


@register.simple_tag
def questions_of(review: Any, user: Any) -> list[Question]:
    """The threads about a review that this person may see, the newest first."""
    if not review or not Question.objects.filter(review=review).exists():  # most have none, and the query for all of it is a large one
        return []
    return list(Question.objects.visible_to(user).filter(review=review).with_all(user))


@register.simple_tag
def printed(threads: list[Question], user: Any) -> list[Question]:
    """The same with all their messages, the oldest first: part of the record, so of what is printed. It lies in the page of a room below,
    so that this is where the audit hears of it; what a person has not opened on the screen stays new to them."""
    prefetch_related_objects(threads, "messages__author")
    record_many("question.read", threads, actor=user, patients=[question.patient for question in threads])
    return threads[::-1]


@register.simple_tag
def may_ask(review: Any, user: Any) -> bool:
    return _may_ask(review or None, user)


@register.simple_tag
def has_question(review: Any) -> bool:
    """Whether the patient waits for an answer about a review; says nothing of what was asked."""
    return Question.objects.filter(review=review, waiting_since__isnull=False).exists()


@register.simple_tag
def questions_to_answer(user: Any) -> dict[str, Any]:
    """How many wait for this practitioner, and since when the first one does."""
    waiting = Question.objects.to_answer(user)
    first = waiting.order_by("waiting_since").first()
    return {"count": waiting.count(), "first": first, "now": timezone.now()}
