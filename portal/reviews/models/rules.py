"""What administrators set: how many practitioners read, and which opinions a patient must be told of by a person."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.analyses.models import DISEASE_CHOICES, Analysis

from .review import Opinion, Review


class ReadingPolicy(models.Model):
    """How many practitioners read the scans of a disease. The one for the urgency counts before the one for all; without any, one reads."""

    class Mode(models.TextChoices):
        SINGLE = "single", _("One practitioner reads")
        DOUBLE = "double", _("Two read, the second blind to the first")
        DISCORDANT = "discordant", _("Two read when the first and the model disagree")

    disease = models.CharField(max_length=32, choices=DISEASE_CHOICES)
    urgency = models.PositiveSmallIntegerField(choices=Review.Urgency, null=True, blank=True, help_text="Empty: for all others.")
    mode = models.CharField(max_length=12, choices=Mode)

    class Meta:
        verbose_name_plural = "reading policies"
        ordering = ["disease", "urgency"]
        constraints = [
            models.UniqueConstraint(fields=["disease", "urgency"], name="one_policy_a_disease_and_urgency"),
            models.UniqueConstraint(fields=["disease"], condition=Q(urgency__isnull=True), name="one_policy_for_the_other_urgencies"),
        ]

    def __str__(self) -> str:
        urgency = f", {self.get_urgency_display().lower()}" if self.urgency else ""
        return f"{self.get_disease_display()}{urgency}: {self.get_mode_display().lower()}"


class CriticalRule(models.Model):
    """Which signed opinions a patient must be told of by a person. What is left empty matches all."""

    disease = models.CharField(max_length=32, choices=DISEASE_CHOICES, blank=True)
    finding = models.CharField(max_length=32, blank=True, help_text="The code of a class, such as grade_4.")
    recommendation = models.CharField(max_length=10, choices=Opinion.Recommendation, blank=True)
    urgency = models.CharField(max_length=10, choices=Opinion.Urgency, blank=True, help_text="How soon the patient should act, or sooner.")
    target_minutes = models.PositiveIntegerField(default=60, help_text="How soon the patient has to be told.")
    reading_is_enough = models.BooleanField(
        default=False, help_text="The to-do closes when the patient opens the answer in the portal. Else somebody has to tell them."
    )

    class Meta:
        ordering = ["disease", "finding", "recommendation", "urgency"]
        constraints = [
            models.UniqueConstraint(fields=["disease", "finding", "recommendation", "urgency"], name="one_rule_a_kind_of_opinion"),
            models.CheckConstraint(
                condition=Q(finding__gt="") | Q(recommendation__gt="") | Q(urgency__gt=""), name="a_rule_is_about_something"
            ),
            models.CheckConstraint(condition=Q(finding="") | Q(disease__gt=""), name="a_finding_belongs_to_a_disease"),
        ]

    def __str__(self) -> str:
        about = (
            self.get_disease_display() or gettext("all diseases"),
            self.finding,
            self.get_recommendation_display(),
            self.get_urgency_display(),
        )
        return ", ".join(filter(None, about))

    def clean(self) -> None:
        """A rule about a finding that the disease does not have would never fire."""
        if self.finding and self.disease:
            known = [*Analysis(disease=self.disease).catalogue.classes, Opinion.CAN_NOT_TELL]
            if self.finding not in known:
                raise ValidationError({"finding": gettext("Not a finding of this disease. Known: {codes}.").format(codes=", ".join(known))})
