"""Review: the second opinion about one analysis. Opinion and Addendum: what a practitioner said, never changed afterwards."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from medinform.labels import Labelled
from portal.accounts.models import Dependant, PatientProfile
from portal.analyses.models import Analysis
from portal.reviews import measurements, reference, structured
from portal.reviews.querysets import ReviewQuerySet

from .worklist import Urgency


class Role(models.TextChoices):
    """Which reading of a case."""

    FIRST = "first", _("First reading")
    SECOND = "second", _("Second reading")
    ARBITER = "arbiter", _("Arbitration")


class Review(Labelled):
    """A place in the practitioners' queue.

    ::

        open             claim              sign
        ----> waiting ----------> claimed ----------> signed (addenda and amendments may follow)
               ^ |  <----------    |  |
               | |  release, expiry|  | sign, and another reading is due (reviews.policy): the role moves on
               | |                 |  v
               +-|-----------------|--+
                 +----> declined <-+   (by the patient, before anybody has signed)

    One row is one case, however many read it: `role` says which reading is wanted or being made, `practitioner` who makes it. A case is
    signed when its answer is settled; then `practitioner` is the one whose opinion is the answer. Until then nothing of what was signed
    so far is shown to the patient or to the next reader, because `final` looks only at the opinions of the one who holds the case.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting for a practitioner")
        CLAIMED = "claimed", _("Being read")
        SIGNED = "signed", _("Practitioner has answered")
        DECLINED = "declined", _("Declined by the patient")

    Urgency = Urgency

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    analysis = models.OneToOneField(Analysis, models.PROTECT, related_name="review")
    patient = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    practitioner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="reviews")
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    role = models.CharField(max_length=10, choices=Role, default=Role.FIRST, help_text="Which reading is wanted, or is being made.")
    wanted_speciality = models.CharField(max_length=80, blank=True, help_text="Whom a referral asked for; others may read it too.")
    urgency = models.PositiveSmallIntegerField(choices=Urgency, default=Urgency.ROUTINE)
    opened_at = models.DateTimeField(auto_now_add=True)
    asked_at = models.DateTimeField(default=timezone.now, help_text="When this reading was asked for: its target counts from here.")
    due_at = models.DateTimeField(help_text="The order of the queue: when it was asked for plus the target of its disease and urgency.")
    claimed_at = models.DateTimeField(null=True, blank=True)
    claim_expires_at = models.DateTimeField(null=True, blank=True)
    revealed_at = models.DateTimeField(null=True, blank=True, help_text="When the model's answer was shown to the practitioner.")
    signed_at = models.DateTimeField(null=True, blank=True)
    overdue_told_at = models.DateTimeField(null=True, blank=True, help_text="When people were told that it is overdue: once.")

    objects = ReviewQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "id"]
        indexes = [
            models.Index(fields=["status", "due_at"]),
            models.Index(fields=["practitioner", "status"]),
            models.Index(fields=["due_at", "id"], name="reviews_by_due_time"),
            # the worklist in its order, and what one practitioner signed, newest first
            models.Index(fields=["due_at", "id"], condition=Q(status__in=["waiting", "claimed"]), name="reviews_open"),
            models.Index(fields=["practitioner", "-signed_at", "-id"], condition=Q(status="signed"), name="reviews_signed_by"),
        ]
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
    def person(self) -> PatientProfile | Dependant | None:
        """Whom the scan shows, with age and sex: the patient, or a child whom they look after."""
        return self.analysis.scan.dependant or getattr(self.patient, "patient_profile", None)

    @property
    def reference(self) -> str:
        """What people call it: short, to be read aloud, the same for ever."""
        return reference.of(self.pk)

    @property
    def target(self) -> timedelta:
        """The time in which it should be read."""
        return self.due_at - self.asked_at

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

    def opinion_of(self, practitioner_id: Any, stage: str) -> Opinion | None:
        """What this practitioner said at this stage; of amended ones the newest. Looks through the prefetched opinions."""
        theirs = [o for o in self.opinions.all() if o.stage == stage and o.practitioner_id == practitioner_id]
        return theirs[-1] if theirs else None

    def took_part(self, user: Any) -> bool:
        """Signed a reading of it, or referred it. Looks through what is prefetched."""
        signed = self.opinion_of(user.pk, Opinion.Stage.FINAL) is not None
        return signed or any(referral.referred_by_id == user.pk for referral in self.referrals.all())

    def is_revealed_to(self, user: Any) -> bool:
        """Whether the model's answer may be shown to this person: after their own reading, also when others read next."""
        holds = self.practitioner_id == user.pk and self.revealed_at is not None
        has_read = self.opinion_of(user.pk, Opinion.Stage.INDEPENDENT) is not None
        return holds or user.is_administrator or self.patient_id == user.pk or (has_read and self.took_part(user))

    def opinion(self, stage: str) -> Opinion | None:
        """What the practitioner who holds the review, or whose opinion is its answer, said at this stage."""
        return self.opinion_of(self.practitioner_id, stage)

    @property
    def independent(self) -> Opinion | None:
        return self.opinion(Opinion.Stage.INDEPENDENT)

    @property
    def final(self) -> Opinion | None:
        return self.opinion(Opinion.Stage.FINAL)

    @property
    def versions(self) -> list[Opinion]:
        """Every version of the answer, the first one first; empty until it is settled."""
        if self.status != self.Status.SIGNED:
            return []
        return [o for o in self.opinions.all() if o.stage == Opinion.Stage.FINAL and o.practitioner_id == self.practitioner_id]

    @property
    def readings(self) -> list[Opinion]:
        """What each reader signed, in order, before any amendment. Whom to show it to is decided in reviews.readers."""
        return [o for o in self.opinions.all() if o.stage == Opinion.Stage.FINAL and o.version == 1]

    @property
    def settled_by(self) -> str:
        """How the answer came about: of one reading, of two that agree, or by arbitration. Empty until it is settled."""
        if self.status != self.Status.SIGNED:
            return ""
        if self.role == Role.ARBITER:
            return "arbitration"
        return "agreement" if len(self.readings) > 1 else "one"

    @property
    def is_amended(self) -> bool:
        """Whether something was added to, or changed in, the answer after it was settled."""
        return len(self.versions) > 1 or bool(self.addenda.all())


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
        INDEPENDENT = "independent", _("Before the model's answer")
        FINAL = "final", pgettext_lazy("a reading", "Signed")

    class Confidence(models.TextChoices):
        LOW = "low", pgettext_lazy("confidence", "Low")
        MODERATE = "moderate", pgettext_lazy("confidence", "Moderate")
        HIGH = "high", pgettext_lazy("confidence", "High")

    class Recommendation(models.TextChoices):
        NONE = "none", _("Nothing more is needed for now")
        REPEAT = "repeat", _("Take the picture again")
        TEST = "test", _("Have a further test")
        VISIT = "visit", _("See a practitioner")
        CLINIC = "clinic", _("Go to a clinic or a hospital")

    class Urgency(models.TextChoices):
        """How soon the patient should do what is recommended."""

        ROUTINE = "routine", pgettext_lazy("how soon", "in the next weeks")
        SOON = "soon", pgettext_lazy("how soon", "in the next days")
        URGENT = "urgent", pgettext_lazy("how soon", "today")
        NOW = "now", pgettext_lazy("how soon", "now, as an emergency")

    USUAL_URGENCY: ClassVar[dict[str, str]] = {Recommendation.VISIT: Urgency.SOON, Recommendation.CLINIC: Urgency.URGENT}

    CAN_NOT_TELL = "can_not_tell"
    SAID = ("finding", "confidence", "recommendation", "urgency", "notes", "details", "measurements")

    review = models.ForeignKey(Review, models.PROTECT, related_name="opinions")
    practitioner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    stage = models.CharField(max_length=12, choices=Stage)
    role = models.CharField(max_length=10, choices=Role, default=Role.FIRST, help_text="Which reading of the case it is.")
    version = models.PositiveSmallIntegerField(default=1, help_text="An amendment is the next version; the newest counts.")
    finding = models.CharField(max_length=32, help_text="A class of the disease, or can_not_tell.")
    confidence = models.CharField(max_length=10, choices=Confidence)
    recommendation = models.CharField(max_length=10, choices=Recommendation)
    urgency = models.CharField(max_length=10, choices=Urgency, blank=True, help_text="How soon; empty when nothing more is needed.")
    details = models.JSONField(default=dict, blank=True, help_text="What the form of the disease asks: structured.py.")
    measurements = models.JSONField(default=dict, blank=True, help_text="Lines in pixels, and a calibration: measurements.py.")
    notes = models.TextField(blank=True, max_length=4000)
    change_reason = models.TextField(blank=True, max_length=1000, help_text="Why the final finding is not the independent one.")
    amend_reason = models.TextField(blank=True, max_length=1000, help_text="Why a later version was signed.")
    recorded_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            # Nobody reads a case twice: whoever signed one reading of it can not sign another.
            models.UniqueConstraint(fields=["review", "practitioner", "stage", "version"], name="one_opinion_a_stage_and_version"),
            models.UniqueConstraint(fields=["review", "role"], condition=Q(stage="final", version=1), name="one_signed_reading_a_role"),
            models.CheckConstraint(
                condition=Q(version=1, amend_reason="") | Q(version__gt=1, stage="final", amend_reason__gt=""),
                name="a_later_version_is_signed_and_has_a_reason",
            ),
            models.CheckConstraint(condition=~Q(recommendation="none") | Q(urgency=""), name="nothing_to_do_is_not_urgent"),
        ]

    def __str__(self) -> str:
        return f"{self.stage} opinion of {self.practitioner_id}"

    @classmethod
    def usual_urgency(cls, recommendation: str) -> str:
        """How soon, where nobody says otherwise."""
        return "" if recommendation == cls.Recommendation.NONE else cls.USUAL_URGENCY.get(recommendation, cls.Urgency.ROUTINE)

    @property
    def advice(self) -> str:
        """What to do and how soon, as one sentence for the patient."""
        recommendation, urgency = self.get_recommendation_display(), self.get_urgency_display()
        words = gettext("{recommendation}, {urgency}.") if urgency else gettext("{recommendation}.")
        return words.format(recommendation=recommendation, urgency=urgency)

    @property
    def urgencies_reached(self) -> list[str]:
        """This urgency and all that are less; the empty one always."""
        return ["", *self.Urgency.values][: self.gravity + 1]

    @property
    def gravity(self) -> int:
        """How soon, as a number: 0 where nothing is to be done."""
        return ["", *self.Urgency.values].index(self.urgency)

    @property
    def is_emergency(self) -> bool:
        return self.urgency == self.Urgency.NOW

    @property
    def detail_words(self) -> list[tuple[str, str]]:
        return structured.worded(self.review.analysis.disease, self.details)

    @property
    def measured(self) -> list[tuple[str, str]]:
        """Each line's name and length in words."""
        return measurements.worded(self.measurements)

    @property
    def plain_details(self) -> list[tuple[str, str]]:
        return structured.worded(self.review.analysis.disease, self.details, plain=True)

    @property
    def said(self) -> dict[str, Any]:
        """What a later opinion starts with: as the form of a reading and its drafts have it."""
        return {name: getattr(self, name) for name in self.SAID}

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
    classes = {code: gettext(words) for code, words in analysis.catalogue.classes.items()}
    return {**classes, Opinion.CAN_NOT_TELL: gettext("the picture can not tell")}
