"""Searching the worklist: by reference, by what is asked about, by symptom, by who reads. Not by the patient's name: a practitioner reads
scans of people whom they are not told by name."""

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from portal.analyses.words import diseases_like, symptoms_like

from . import reference

WORDS = 6  # more are left out: each one costs


def found(queryset: QuerySet, text: str) -> QuerySet:
    """Rows in which every word means something."""
    words = text.split()[:WORDS]
    if words:
        queryset = queryset.annotate(ticked=Cast("analysis__symptoms", TextField()))
    for word in words:
        queryset = queryset.filter(_means(word))
    return queryset


def _means(word: str) -> Q:
    meaning = Q(practitioner__name__icontains=word, status__in=["claimed", "signed"]) | Q(analysis__disease__in=diseases_like(word))
    for code in symptoms_like(word):
        meaning |= Q(ticked__contains=f'"{code}"')
    if between := reference.ids_of(word):
        meaning |= Q(pk__range=between)
    if between := reference.ids_from(word):
        meaning |= Q(pk__range=between) | Q(analysis__pk__range=between) | Q(analysis__scan__pk__range=between)
    return meaning
