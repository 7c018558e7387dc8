import django_filters
from django.contrib.auth import get_user_model

from medinform.moments import BetweenFilter

from .models import AuditEvent


class AuditEventFilter(django_filters.FilterSet):
    """For the export: whose data it touched, who did it, what, and when."""

    patient = django_filters.ModelChoiceFilter(queryset=get_user_model()._default_manager.all())
    actor = django_filters.ModelChoiceFilter(queryset=get_user_model()._default_manager.all())
    recorded = BetweenFilter(field_name="at")

    class Meta:
        model = AuditEvent
        fields = ["patient", "actor", "action", "recorded"]
