"""Question: a thread about one review. Message: what was written in it, never changed. Seen: how far a person has read."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import gettext_lazy as _

from portal.reviews.models import Immutable, Review

from .querysets import QuestionQuerySet

LONGEST = 2000


class Question(models.Model):
    """A patient asks about the reading of their scan; the practitioner who signed it answers.

    ::

        ask            answer
        ----> waiting ---------> answered          close (either side; a practitioner only when nothing waits)
                 ^                  |        ----> closed
                 +------------------+
                    the patient writes again

    A question that is asked before the signature waits with the review: its reader sees it once their own reading is kept (it may tell
    what the model answered), and answers it after they have signed. `waiting_since` is null when nothing waits for an answer.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("Waits for an answer")
        ANSWERED = "answered", _("Answered")
        CLOSED = "closed", _("Closed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    review = models.ForeignKey(Review, models.PROTECT, related_name="questions")
    patient = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="questions")
    asked_at = models.DateTimeField(auto_now_add=True)
    waiting_since = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    objects = QuestionQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-id"]
        indexes = [
            models.Index(fields=["patient", "-asked_at"]),
            models.Index(fields=["waiting_since"], condition=Q(waiting_since__isnull=False), name="questions_that_wait"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["review"], condition=Q(closed_at__isnull=True), name="one_open_question_a_review"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, closed_by__isnull=True)
                | Q(closed_at__isnull=False, closed_by__isnull=False, waiting_since__isnull=True),
                name="closed_by_somebody_and_waits_no_more",
            ),
        ]

    def __str__(self) -> str:
        return f"question of {self.asked_at:%d %b %Y}"

    @property
    def state(self) -> Question.State:
        if self.closed_at is not None:
            return self.State.CLOSED
        return self.State.WAITING if self.waiting_since is not None else self.State.ANSWERED


class Message(Immutable):
    """What one person wrote, once."""

    question = models.ForeignKey(Question, models.PROTECT, related_name="messages")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField(max_length=LONGEST)
    sent_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["author", "sent_at"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(text__gt="") & Q(LessThanOrEqual(Length("text"), LONGEST)), name="message_has_text_of_a_fair_length"
            )
        ]

    def __str__(self) -> str:
        return f"message of {self.sent_at:%d %b %Y}"

    @property
    def is_the_patients(self) -> bool:
        return self.author_id == self.question.patient_id


class Seen(models.Model):
    """The last message that a person was shown; later ones of others are new to them."""

    question = models.ForeignKey(Question, models.CASCADE, related_name="seen")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    message = models.ForeignKey(Message, models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["question", "user"], name="one_mark_a_person_and_question")]

    def __str__(self) -> str:
        return f"{self.user} in {self.question}"
