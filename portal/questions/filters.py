from typing import Any

import django_filters
from django.db.models import QuerySet

from .models import Question


class QuestionFilter(django_filters.FilterSet):
    analysis = django_filters.UUIDFilter(field_name="review__analysis")
    waiting = django_filters.BooleanFilter(method="filter_waiting", label="Waits for an answer")
    to_answer = django_filters.BooleanFilter(method="filter_to_answer", label="Waits for an answer by you")
    closed = django_filters.BooleanFilter(field_name="closed_at", lookup_expr="isnull", exclude=True)

    class Meta:
        model = Question
        fields = ["analysis", "waiting", "to_answer", "closed"]

    def filter_waiting(self, queryset: QuerySet, name: str, value: bool) -> QuerySet:
        return queryset.filter(waiting_since__isnull=not value)

    def filter_to_answer(self, queryset: Any, name: str, value: bool) -> QuerySet:
        return queryset.to_answer(self.request.user) if value else queryset
