"""For admin lists of tables that grow with the portal: no page reads all of a table."""

import uuid
from functools import cached_property
from typing import Any, ClassVar

from django.apps import apps
from django.contrib import admin
from django.core.paginator import Paginator
from django.db import models
from django.db.models import Q, QuerySet
from django.http import HttpRequest

LISTED = 10_000  # beyond it nobody leafs: a filter or a search finds more
PEOPLE = 200


class CappedPaginator(Paginator):
    """Counts no further than it lists."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return int(rows[:LISTED].count())


class LargeAdmin(admin.ModelAdmin):
    """The first LISTED rows in an order that an index has; and searched for what an index finds.

    `search_fields` are exact; those that take an id are compared with ids only, and `people` are relations to persons, found by how
    their address or name begins.
    """

    paginator = CappedPaginator
    show_full_result_count = False
    people: ClassVar[list[str]] = []
    search_help_text = f"Whole ids and codes; how an address or a name begins. The first {LISTED:,} are listed."

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        term = search_term.strip()
        return (queryset.filter(self.found(term)) if term else queryset), False

    def found(self, term: str) -> Q:
        wanted = Q(pk__in=[])
        for path in self.search_fields:
            field: Any = None
            for step in str(path).split("__"):
                field = (field.related_model if field else self.model)._meta.get_field(step)
            if isinstance(field, models.IntegerField) and not (term.isascii() and term.isdigit() and len(term) < 19):
                continue  # no such number
            if (field.get_internal_type() != "UUIDField" and not field.is_relation) or is_id(term):
                wanted |= Q(**{str(path): term})
        for path in self.people:
            person: Any = self.model if path == "pk" else self.model._meta.get_field(path).related_model
            named = Q(email__startswith=term.lower()) | Q(name__startswith=term) | Q(name__startswith=term.title())
            wanted |= Q(**{f"{path}__in": list(person.objects.filter(named).values_list("pk", flat=True)[:PEOPLE])})
        return wanted


def is_id(term: str) -> bool:
    try:
        uuid.UUID(term)
    except ValueError:
        return False
    return True


def kinds() -> list[str]:
    """What an audit event can be about."""
    return sorted(model._meta.label_lower for model in apps.get_models())
