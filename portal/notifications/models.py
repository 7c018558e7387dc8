"""Notification: one thing that one person is told, once. Preference: where a person wants to be told of a kind.
DigestTime: when a practitioner wants to hear what waits."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from medinform.labels import Labelled

from .querysets import NotificationQuerySet, PreferenceQuerySet


class Notification(Labelled):
    """Shown in the portal, sent by e-mail, or both, as the person chose. `subject_id` is what it is about: one notification of each kind a
    person and subject."""

    class Kind(models.TextChoices):
        ANSWERED = "analysis_done", _("The model has answered")
        REJECTED = "analysis_rejected", _("Your picture could not be read")
        FAILED = "analysis_failed", _("Something went wrong on our side")
        OPENED = "review_opened", _("Scans are waiting for a practitioner")
        OVERDUE = "review_overdue", _("Scans have waited longer than their target")
        SIGNED = "review_signed", _("A practitioner has answered")
        RECEIPT = "review_receipt", _("Your opinion is signed")
        ADDENDUM = "addendum", _("A practitioner added to an opinion")
        AMENDED = "review_amended", _("A practitioner amended an opinion")
        READ_ONCE = "reading_signed", _("Your reading is signed; another practitioner reads the scan too")
        OUTCOME = "case_settled", _("A scan that you read has its answer")
        REFERRED = "review_referred", _("A practitioner refers a scan to you")
        CRITICAL = "critical_overdue", _("A patient has not been told of a critical finding")
        ASKED = "question_asked", _("A patient has a question")
        REPLIED = "question_answered", _("Your question is answered")
        DECLINED = "review_declined", _("A patient declined the reading")
        EXPIRED = "claim_expired", _("Your claim has run out")
        DIGEST = "digest", _("What waits for you today")
        VERIFIED = "verified", _("You are verified and can read scans")
        SECURITY = "security", _("Your sign-in details were changed")
        CLOSING = "account_closing", _("Your account is going to be closed")
        COPIED = "record_copied", _("A copy of all your data was made")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=20, choices=Kind)
    subject_id = models.CharField(max_length=60)
    url = models.CharField(max_length=200, help_text="Where it leads, inside the portal.")
    in_portal = models.BooleanField(default=True, help_text="Shown in the portal; else it is only sent by e-mail.")
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)
    by_mail = models.BooleanField(default=False, help_text="To be sent by e-mail, if it is not yet.")
    emailed_at = models.DateTimeField(null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["user", "read_at"]),
            models.Index(fields=["created_at"], condition=models.Q(by_mail=True, emailed_at__isnull=True), name="mails_to_be_sent"),
            models.Index(fields=["-created_at", "-id"], name="notifications_newest_first"),
        ]
        constraints = [models.UniqueConstraint(fields=["user", "kind", "subject_id"], name="told_once")]

    def __str__(self) -> str:
        return self.get_kind_display()


class Preference(models.Model):
    """What one person chose for one kind. Without a row the kind's rule counts (kinds.py)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notification_preferences")
    kind = models.CharField(max_length=20, choices=Notification.Kind)
    portal = models.BooleanField()
    email = models.BooleanField()
    changed_at = models.DateTimeField(auto_now=True)

    objects = PreferenceQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="one_preference_a_kind")]

    def __str__(self) -> str:
        return f"{self.user}: {self.kind}"


class DigestTime(models.Model):
    """When one practitioner's day begins. Without a row: DIGEST_HOUR in the portal's time zone."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="digest_time")
    hour = models.PositiveSmallIntegerField()
    time_zone = models.CharField(max_length=64)

    objects = PreferenceQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(hour__gte=0, hour__lte=23), name="digest_hour_of_a_day")]

    def __str__(self) -> str:
        return f"{self.user}: {self.hour}:00 {self.time_zone}"
