from typing import Any

import django_filters
from django.db.models import QuerySet

from portal.analyses.models import DISEASE_CHOICES

from .models import CriticalNotice, Review


class ReviewFilter(django_filters.FilterSet):
    """For the worklist and the API."""

    disease = django_filters.ChoiceFilter(field_name="analysis__disease", choices=DISEASE_CHOICES, empty_label="All diseases")
    status = django_filters.ChoiceFilter(choices=Review.Status.choices, empty_label="All states")
    mine = django_filters.BooleanFilter(method="filter_mine", label="Held or signed by me")
    overdue = django_filters.BooleanFilter(method="filter_overdue", label="Past the target time")

    class Meta:
        model = Review
        fields = ["disease", "status", "mine", "overdue"]

    def filter_mine(self, queryset: Any, name: str, value: bool) -> QuerySet[Review]:
        return queryset.filter(practitioner=self.request.user) if value else queryset

    def filter_overdue(self, queryset: Any, name: str, value: bool) -> QuerySet[Review]:
        return queryset.overdue() if value else queryset


class NoticeFilter(django_filters.FilterSet):
    open = django_filters.BooleanFilter(field_name="closed_at", lookup_expr="isnull", label="Nobody has told the patient yet")
    overdue = django_filters.BooleanFilter(method="filter_overdue", label="Past the target time")

    class Meta:
        model = CriticalNotice
        fields = ["open", "overdue"]

    def filter_overdue(self, queryset: Any, name: str, value: bool) -> QuerySet[CriticalNotice]:
        return queryset.overdue() if value else queryset
