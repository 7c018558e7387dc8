"""Notification: one thing that one person is told, once."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from .querysets import NotificationQuerySet


class Notification(models.Model):
    """Shown in the portal and sent by e-mail. `subject_id` is what it is about: one notification of each kind a person and subject."""

    class Kind(models.TextChoices):
        ANSWERED = "analysis_done", "The model has answered"
        REJECTED = "analysis_rejected", "Your picture could not be read"
        FAILED = "analysis_failed", "Something went wrong on our side"
        OPENED = "review_opened", "Scans are waiting for a practitioner"
        SIGNED = "review_signed", "A practitioner has answered"
        RECEIPT = "review_receipt", "Your opinion is signed"
        ADDENDUM = "addendum", "A practitioner added to an opinion"
        AMENDED = "review_amended", "A practitioner amended an opinion"
        READ_ONCE = "reading_signed", "Your reading is signed; another practitioner reads the scan too"
        OUTCOME = "case_settled", "A scan that you read has its answer"
        REFERRED = "review_referred", "A practitioner refers a scan to you"
        CRITICAL = "critical_overdue", "A patient has not been told of a critical finding"
        DECLINED = "review_declined", "A patient declined the reading"
        EXPIRED = "claim_expired", "Your claim has run out"
        VERIFIED = "verified", "You are verified and can read scans"
        CLOSING = "account_closing", "Your account is going to be closed"
        COPIED = "record_copied", "A copy of all your data was made"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notifications")
    kind = models.CharField(max_length=20, choices=Kind)
    subject_id = models.CharField(max_length=60)
    url = models.CharField(max_length=200, help_text="Where it leads, inside the portal.")
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True, blank=True)
    emailed_at = models.DateTimeField(null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["user", "read_at"])]
        constraints = [models.UniqueConstraint(fields=["user", "kind", "subject_id"], name="told_once")]

    def __str__(self) -> str:
        return self.get_kind_display()
