"""RetentionPolicy: what becomes of scans when people leave. Erasure: one thing of one person that is to go, and when."""

from __future__ import annotations

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from .querysets import ErasureQuerySet

LONGEST_YEARS, LONGEST_GRACE = 50, 90


class RetentionPolicy(models.Model):
    """One row, set by administrators and told to everybody on "My data"."""

    class Then(models.TextChoices):
        KEEP = "keep", _("Scans and answers are kept")
        ERASE = "erase", _("Scans and answers are erased")

    on_withdrawal = models.CharField(
        "when consent is withdrawn", max_length=5, choices=Then, default=Then.KEEP, help_text="Erasing waits for the days of grace."
    )
    on_closing = models.CharField(
        "when an account is closed", max_length=5, choices=Then, default=Then.KEEP, help_text="Name and e-mail address always go."
    )
    keep_years = models.PositiveSmallIntegerField(
        "years to keep them without a name",
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_YEARS)],
        help_text="After an account is closed; then they are erased too.",
    )
    grace_days = models.PositiveSmallIntegerField(
        "days of grace",
        default=14,
        validators=[MaxValueValidator(LONGEST_GRACE)],
        help_text="In which signing in, or agreeing again, calls it off. A change does not touch what was asked for before.",
    )
    notice = models.TextField(
        blank=True, max_length=1000, help_text="Shown beside it: which law asks for it, how long backups live, whom to write to."
    )

    class Meta:
        verbose_name_plural = "retention policy"
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="one_retention_policy"),
            models.CheckConstraint(
                condition=Q(keep_years__gte=1, keep_years__lte=LONGEST_YEARS, grace_days__lte=LONGEST_GRACE), name="retention_within_reason"
            ),
        ]

    def __str__(self) -> str:
        return "Retention policy"

    @classmethod
    def current(cls) -> RetentionPolicy:
        return cls.objects.filter(pk=1).first() or cls(pk=1)

    @property
    def erases_on_withdrawal(self) -> bool:
        return self.on_withdrawal == self.Then.ERASE

    @property
    def erases_on_closing(self) -> bool:
        return self.on_closing == self.Then.ERASE


class Erasure(models.Model):
    """The row is the job.

    ::

        ask             start (due)          carry out
        ------> open -----------------> started ---------> done
                  |
                  +----> cancelled   by signing in (account), by agreeing again (record)

    Once it has started there is no way back; a started one that was cut short is carried out again from the beginning.
    """

    class Kind(models.TextChoices):
        ACCOUNT = "account", _("The account: name, address, sign-in")
        RECORD = "record", _("The record: scans, answers, opinions")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=7, choices=Kind)
    asked_at = models.DateTimeField(auto_now_add=True)
    due_at = models.DateTimeField(db_index=True)
    keep_years = models.PositiveSmallIntegerField(
        default=0, help_text="Of an account: how long its record outlives it without a name, as was promised. 0: it goes at once."
    )
    started_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)

    objects = ErasureQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind"],
                condition=Q(done_at__isnull=True, cancelled_at__isnull=True),
                name="one_open_erasure_a_person_and_kind",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at__isnull=True) | Q(started_at__isnull=True, done_at__isnull=True), name="started_is_not_cancelled"
            ),
            models.CheckConstraint(condition=Q(done_at__isnull=True) | Q(started_at__isnull=False), name="done_was_started"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.user_id}, due {self.due_at:%d %b %Y}"
