"""Review: the second opinion about one analysis. Opinion and Addendum: what a practitioner said, never changed afterwards."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from portal.analyses.models import Analysis

from .querysets import ReviewQuerySet


class Review(models.Model):
    """A place in the practitioners' queue.

    ::

        open             claim              sign
        ----> waiting ----------> claimed ----------> signed (addenda may follow)
                 |  <----------      |
                 |  release, expiry  |
                 +----> declined <---+   (by the patient, before it is signed)
    """

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting for a practitioner"
        CLAIMED = "claimed", "Being read"
        SIGNED = "signed", "Practitioner has answered"
        DECLINED = "declined", "Declined by the patient"

    class Urgency(models.IntegerChoices):
        URGENT = 1
        SOON = 2
        ROUTINE = 3

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    analysis = models.OneToOneField(Analysis, models.PROTECT, related_name="review")
    patient = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    practitioner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="reviews")
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    urgency = models.PositiveSmallIntegerField(choices=Urgency, default=Urgency.ROUTINE)
    opened_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField(help_text="The order of the queue: when it was opened plus the target of its urgency.")
    claimed_at = models.DateTimeField(null=True, blank=True)
    claim_expires_at = models.DateTimeField(null=True, blank=True)
    revealed_at = models.DateTimeField(null=True, blank=True, help_text="When the model's answer was shown to the practitioner.")
    signed_at = models.DateTimeField(null=True, blank=True)

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "id"]
        indexes = [models.Index(fields=["status", "due_at"]), models.Index(fields=["practitioner", "status"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(practitioner__isnull=True) | ~Q(practitioner=F("patient")), name="nobody_reviews_their_own_scan"
            ),
            models.CheckConstraint(
                condition=~Q(status="claimed") | Q(practitioner__isnull=False, claim_expires_at__isnull=False),
                name="claimed_has_a_practitioner",
            ),
            models.CheckConstraint(
                condition=~Q(status="signed") | Q(practitioner__isnull=False, signed_at__isnull=False, revealed_at__isnull=False),
                name="signed_has_a_signer_and_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(status="waiting") | Q(practitioner__isnull=True, revealed_at__isnull=True), name="waiting_belongs_to_nobody"
            ),
        ]

    def __str__(self) -> str:
        return f"review of {self.analysis}"

    @property
    def is_open(self) -> bool:
        return self.status in (self.Status.WAITING, self.Status.CLAIMED)

    @property
    def is_overdue(self) -> bool:
        return self.is_open and self.due_at <= timezone.now()

    @property
    def is_claimable(self) -> bool:
        """Waiting, or held by a claim that has run out."""
        expired = self.claim_expires_at is not None and self.claim_expires_at <= timezone.now()
        return self.status == self.Status.WAITING or (self.status == self.Status.CLAIMED and expired)

    def opinion(self, stage: str) -> Opinion | None:
        """What the practitioner who holds the review said at this stage. Looks through the prefetched opinions."""
        mine = [o for o in self.opinions.all() if o.stage == stage and o.practitioner_id == self.practitioner_id]
        return mine[0] if mine else None

    @property
    def independent(self) -> Opinion | None:
        return self.opinion(Opinion.Stage.INDEPENDENT)

    @property
    def final(self) -> Opinion | None:
        return self.opinion(Opinion.Stage.FINAL)


class Immutable(models.Model):
    """Rows that are written once."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("what was signed is never changed: add to it")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("what was signed is never deleted")


class Opinion(Immutable):
    """One reading: the independent one, before the model's answer is shown, or the final one, which is signed."""

    class Stage(models.TextChoices):
        INDEPENDENT = "independent", "Before the model's answer"
        FINAL = "final", "Signed"

    class Confidence(models.TextChoices):
        LOW = "low"
        MODERATE = "moderate"
        HIGH = "high"

    class Recommendation(models.TextChoices):
        NONE = "none", "Nothing more is needed for now"
        REPEAT = "repeat", "Take the picture again"
        TEST = "test", "Have a further test"
        VISIT = "visit", "See a practitioner in the next days"
        URGENT = "urgent", "Go to a clinic today"

    CAN_NOT_TELL = "can_not_tell"

    review = models.ForeignKey(Review, models.PROTECT, related_name="opinions")
    practitioner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    stage = models.CharField(max_length=12, choices=Stage)
    finding = models.CharField(max_length=32, help_text="A class of the disease, or can_not_tell.")
    confidence = models.CharField(max_length=10, choices=Confidence)
    recommendation = models.CharField(max_length=10, choices=Recommendation)
    notes = models.TextField(blank=True, max_length=4000)
    change_reason = models.TextField(blank=True, max_length=1000, help_text="Why the final finding is not the independent one.")
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["review", "practitioner", "stage"], name="one_opinion_a_stage")]

    def __str__(self) -> str:
        return f"{self.stage} opinion of {self.practitioner_id}"

    @property
    def finding_words(self) -> str:
        return finding_choices(self.review.analysis).get(self.finding, self.finding)


class Addendum(Immutable):
    """Something added to a signed opinion."""

    review = models.ForeignKey(Review, models.PROTECT, related_name="addenda")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    text = models.TextField(max_length=4000)
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        verbose_name_plural = "addenda"

    def __str__(self) -> str:
        return f"addendum of {self.added_at:%d %b %Y}"


def finding_choices(analysis: Analysis) -> dict[str, str]:
    """What a practitioner can answer about this analysis, with its words."""
    return {**analysis.catalogue.classes, Opinion.CAN_NOT_TELL: "the picture can not tell"}
