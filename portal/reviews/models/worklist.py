"""What the worklist keeps beside the reviews: the service targets, practitioners' own flags, and the views that they saved."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from portal.analyses.models import DISEASE_CHOICES
from portal.reviews.querysets import SavedFilterQuerySet


class Urgency(models.IntegerChoices):
    URGENT = 1, pgettext_lazy("urgency", "Urgent")
    SOON = 2, pgettext_lazy("urgency", "Soon")
    ROUTINE = 3, pgettext_lazy("urgency", "Routine")

    @property
    def code(self) -> str:
        """What the API calls it, in every language."""
        return self.name.capitalize()


class ServiceTarget(models.Model):
    """In how many hours a scan of this disease and urgency should be read. Changed through targets.change(), which moves what is open."""

    disease = models.CharField(max_length=32, choices=DISEASE_CHOICES)
    urgency = models.PositiveSmallIntegerField(choices=Urgency)
    hours = models.PositiveSmallIntegerField(help_text="From when the model has answered, 1 to 720.")

    class Meta:
        ordering = ["disease", "urgency"]
        constraints = [
            models.UniqueConstraint(fields=["disease", "urgency"], name="one_target_a_disease_and_urgency"),
            models.CheckConstraint(condition=Q(hours__gte=1, hours__lte=720), name="target_between_an_hour_and_thirty_days"),
        ]

    def __str__(self) -> str:
        return f"{self.get_disease_display()}, {self.get_urgency_display().lower()}: {self.hours} h"


class UrgencyFlag(models.Model):
    """A practitioner's own word on how soon a scan should be read; it goes before the rule. The last one stands, the audit keeps all."""

    review = models.OneToOneField("reviews.Review", models.PROTECT, related_name="flag")
    practitioner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    urgency = models.PositiveSmallIntegerField(choices=Urgency)
    reason = models.CharField(max_length=200)
    set_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(reason__gt=""), name="a_flag_has_a_reason")]

    def __str__(self) -> str:
        return _("flagged {urgency} by {name}").format(urgency=self.get_urgency_display().lower(), name=self.practitioner)


class SavedFilter(models.Model):
    """A practitioner's own view of the worklist, shown as a tab. `query` holds the names of filters.ReviewFilter, as in an address."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=300)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SavedFilterQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["user", "name"], name="one_saved_filter_a_name"),
            models.CheckConstraint(condition=Q(name__gt="", query__gt=""), name="a_saved_filter_has_a_name_and_a_query"),
        ]

    def __str__(self) -> str:
        return self.name
