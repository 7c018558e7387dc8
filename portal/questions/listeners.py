"""What becomes of a question when its review goes on."""

from typing import Any

from django.dispatch import receiver

from portal.reviews.models import Review
from portal.reviews.signals import review_declined, review_signed

from .models import Question
from .services import answerer, close
from .signals import question_asked


@receiver(review_signed)
def pass_on(sender: type, review: Review, **kwargs: Any) -> None:
    """What was asked before the signature waits for the one who signed."""
    for question in Question.objects.filter(review=review, waiting_since__isnull=False).select_related("patient"):
        question_asked.send(Question, question=question, message=question.messages.last(), to=answerer(review))


@receiver(review_declined)
def nobody_answers(sender: type, review: Review, **kwargs: Any) -> None:
    """Whoever does not want a reading wants no answer either."""
    for question in Question.objects.filter(review=review, closed_at__isnull=True):
        close(question=question, by=review.patient)
