"""What a practitioner has typed before anything is signed: drafts, and words to use again."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext

from portal.analyses.models import DISEASE_CHOICES, Analysis
from portal.reviews import structured
from portal.reviews.querysets import OwnQuerySet

from .review import Opinion, Review, finding_choices


class Draft(models.Model):
    """What a practitioner has typed and not kept yet; drafts.py. No page but their own form ever shows it."""

    review = models.ForeignKey(Review, models.CASCADE, related_name="drafts")
    practitioner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    stage = models.CharField(max_length=12, choices=Opinion.Stage)
    said = models.JSONField(default=dict, help_text="In the shape of a reading; each part is optional.")
    saved_at = models.DateTimeField(auto_now=True, db_index=True)

    objects = OwnQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["review", "practitioner", "stage"], name="one_draft_a_stage")]

    def __str__(self) -> str:
        return f"draft of {self.practitioner_id}"


class ReadingTemplate(models.Model):
    """Words and choices that a practitioner uses again; own_templates.py."""

    practitioner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="reading_templates")
    disease = models.CharField(max_length=32, choices=DISEASE_CHOICES, blank=True, help_text="Empty: for all diseases.")
    name = models.CharField(max_length=60)
    said = models.JSONField(default=dict, help_text="In the shape of a reading; each part is optional.")
    changed_at = models.DateTimeField(auto_now=True)

    objects = OwnQuerySet.as_manager()

    class Meta:
        ordering = ["disease", "name", "id"]
        constraints = [models.UniqueConstraint(fields=["practitioner", "disease", "name"], name="one_template_a_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def chosen(self) -> list[tuple[str, str]]:
        """What it chooses, in words; its notes are shown as they are."""
        said, words = self.said, structured.worded(self.disease, self.said.get("details", {}))
        if "finding" in said:
            finding = finding_choices(Analysis(disease=self.disease)).get(said["finding"], said["finding"])
            words.insert(0, (gettext("Finding"), finding[:1].upper() + finding[1:]))
        if "confidence" in said:
            words.append((gettext("How sure"), Opinion(confidence=said["confidence"]).get_confidence_display()))
        if "recommendation" in said:
            words.append(
                (gettext("Recommendation"), Opinion(recommendation=said["recommendation"], urgency=said.get("urgency", "")).advice)
            )
        return words
