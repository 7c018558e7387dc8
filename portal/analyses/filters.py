import django_filters
from django.utils.translation import gettext_lazy as _

from medinform.moments import BetweenFilter

from .models import DISEASE_CHOICES, Analysis, ModelVersion


class AnalysisFilter(django_filters.FilterSet):
    """For the history and the API: by disease, state, outcome and time of upload."""

    disease = django_filters.ChoiceFilter(choices=DISEASE_CHOICES, empty_label=_("All diseases"))
    status = django_filters.ChoiceFilter(choices=Analysis.Status.choices, empty_label=_("All states"))
    outcome = django_filters.ChoiceFilter(choices=Analysis.Outcome.choices, empty_label=_("All answers"))
    uploaded = BetweenFilter(field_name="queued_at")

    class Meta:
        model = Analysis
        fields = ["disease", "status", "outcome", "uploaded"]


class ModelVersionFilter(django_filters.FilterSet):
    class Meta:
        model = ModelVersion
        fields = ["disease", "state"]
