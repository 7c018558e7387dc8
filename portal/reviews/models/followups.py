"""What follows from a reading: a referral to a colleague, and the to-do to tell the patient of a critical finding."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.reviews.querysets import CriticalNoticeQuerySet

from .review import Immutable, Opinion, Review, Role


class Referral(Immutable):
    """A practitioner handed a case that they held to another one, or to a speciality, and why. They keep seeing it."""

    review = models.ForeignKey(Review, models.PROTECT, related_name="referrals")
    role = models.CharField(max_length=10, choices=Role, help_text="Which reading was handed over.")
    referred_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    referred_to = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    speciality = models.CharField(max_length=80, blank=True)
    reason = models.TextField(max_length=1000)
    referred_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(referred_to__isnull=False, speciality="") | Q(referred_to__isnull=True, speciality__gt=""),
                name="referred_to_somebody_or_to_a_speciality",
            ),
            models.CheckConstraint(
                condition=Q(referred_to__isnull=True) | ~Q(referred_to=F("referred_by")), name="nobody_refers_to_themselves"
            ),
            models.CheckConstraint(condition=Q(reason__gt=""), name="a_referral_has_a_reason"),
        ]

    def __str__(self) -> str:
        return f"referral of {self.review} to {self.referred_to or self.speciality}"


class CriticalNotice(models.Model):
    """A to-do: tell the patient of a critical finding. Open until somebody records who told them, how and when."""

    class How(models.TextChoices):
        PHONE = "phone", _("By phone")
        IN_PERSON = "in_person", _("In person")
        RELATIVE = "relative", _("Through a relative or carer")
        CLINIC = "clinic", _("Through their clinic")
        READ = "read", _("They read it in the portal")
        WITHDRAWN = "withdrawn", _("No longer critical: the answer was settled otherwise")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    review = models.ForeignKey(Review, models.PROTECT, related_name="notices")
    opinion = models.OneToOneField(Opinion, models.PROTECT, related_name="notice")
    practitioner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", help_text="Who signed the opinion.")
    reading_is_enough = models.BooleanField(default=False, help_text="As the rule was when it was opened.")
    opened_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField()
    patient_read_at = models.DateTimeField(null=True, blank=True, help_text="When the patient first opened the answer in the portal.")
    told_at = models.DateTimeField(null=True, blank=True, help_text="When the patient was told.")
    told_by = models.CharField(max_length=120, blank=True, help_text="Who told them.")
    how = models.CharField(max_length=10, choices=How, blank=True)
    note = models.TextField(max_length=1000, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")

    objects = CriticalNoticeQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "id"]
        indexes = [models.Index(fields=["due_at"], condition=Q(closed_at__isnull=True), name="notices_that_are_open")]
        constraints = [
            models.UniqueConstraint(fields=["review"], condition=Q(closed_at__isnull=True), name="one_open_notice_a_review"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, closed_by__isnull=True, told_at__isnull=True, told_by="", how="")
                | Q(closed_at__isnull=False, how="read", told_at__isnull=False)
                | Q(closed_at__isnull=False, how="withdrawn", closed_by__isnull=False, note__gt="")
                | Q(closed_at__isnull=False, how__gt="", closed_by__isnull=False, told_at__isnull=False, told_by__gt=""),
                name="a_closed_notice_says_who_told_how_and_when",
            ),
        ]

    def __str__(self) -> str:
        return f"critical finding of {self.review}"

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    @property
    def is_overdue(self) -> bool:
        return self.is_open and self.due_at <= timezone.now()
