"""Counted: what the figures are made of, as the database counted it at one moment."""

from django.db import models
from django.db.models import Q


class Counted(models.Model):
    """One row. To count all opinions takes the longer the more there are, so it is done in the background and not for each page."""

    counted_at = models.DateTimeField()
    signed = models.JSONField(default=list, help_text="Signed readings by reader, disease and what was said.")
    pairs = models.JSONField(default=list, help_text="Two readings of one case, by reader, disease and what was said.")
    turnarounds = models.JSONField(default=list, help_text="[reader, median seconds].")
    settled = models.JSONField(default=list, help_text="Answers by model version, what was said, and probability.")
    weeks = models.JSONField(default=list, help_text="Answers by model version, week and what was said.")

    class Meta:
        verbose_name_plural = "counted"
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="counts_are_one_row")]

    def __str__(self) -> str:
        return f"counts of {self.counted_at:%d %b %Y %H:%M}"
