from typing import Any
from urllib.parse import urlencode

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from portal.analyses.models import DISEASE_CHOICES

from . import search
from .models import CriticalNotice, Review


class ReviewFilter(django_filters.FilterSet):
    """For the worklist and the API."""

    q = django_filters.CharFilter(
        method="filter_words",
        label=_("Search"),
        max_length=100,
        help_text="Words of the disease, a symptom, the reader's name, or a reference: the review's, or an id.",
    )
    disease = django_filters.ChoiceFilter(field_name="analysis__disease", choices=DISEASE_CHOICES, empty_label=_("All diseases"))
    urgency = django_filters.ChoiceFilter(choices=Review.Urgency.choices, empty_label=_("All urgencies"))
    status = django_filters.ChoiceFilter(choices=Review.Status.choices, empty_label=_("All states"))
    mine = django_filters.BooleanFilter(method="filter_mine", label="Held or signed by me")
    overdue = django_filters.BooleanFilter(method="filter_overdue", label="Past the target time")

    class Meta:
        model = Review
        fields = ["q", "disease", "urgency", "status", "mine", "overdue"]

    def filter_words(self, queryset: Any, name: str, value: str) -> QuerySet[Review]:
        return search.found(queryset, value)

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


class WorklistFilter(ReviewFilter):
    """The part that the page shows beside its tabs; what can be saved under a name."""

    disease = django_filters.ChoiceFilter(
        field_name="analysis__disease", choices=DISEASE_CHOICES, empty_label=_("Disease"), label=_("Disease")
    )
    urgency = django_filters.ChoiceFilter(choices=Review.Urgency.choices, empty_label=_("Urgency"), label=_("Urgency"))
    status = django_filters.ChoiceFilter(
        choices=[("waiting", pgettext_lazy("a case that nobody reads", "Free")), ("claimed", _("Being read"))],
        empty_label=pgettext_lazy("of a case", "State"),
        label=pgettext_lazy("of a case", "State"),
    )

    class Meta(ReviewFilter.Meta):
        fields = ["q", "disease", "urgency", "status"]
        form = forms.Form

    mine = overdue = None  # the tabs do that


def cleaned(values: Any) -> str:
    """What a view asks for, in one order, without what says nothing or is not known: to be saved, and compared with what was saved."""
    form = WorklistFilter(values, queryset=Review.objects.none()).form
    if not form.is_valid():
        return ""
    return urlencode({name: form.cleaned_data[name] for name in WorklistFilter.Meta.fields if form.cleaned_data[name]})
