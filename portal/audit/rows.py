"""Rules about who sees a row, asked so that they take as long with millions of rows as with thousands.

A rule is a condition on the row itself, and reasons: other rows that lead to it. Each reason is written once and can be asked in two ways:
row by row through its indexes (one row, a list whose rows are mostly seen), or all gathered first (few that are seen among very many).
"""

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import Any, TypeVar

from django.db.models import Exists, F, OuterRef, Q, QuerySet

Rows = TypeVar("Rows", bound=QuerySet)


class ForEach(Exists):
    """EXISTS that is asked for one row after the other. OFFSET keeps PostgreSQL from gathering everything that exists into a hash table
    first, which takes the longer the more there is, whatever is asked."""

    template = "EXISTS(%(subquery)s OFFSET 0)"


def reason(rows: QuerySet, leads_to: str) -> QuerySet:
    """`rows`, each of which leads by this relation to one that is seen."""
    return rows.order_by().annotate(leads_to=F(leads_to))


def met(many: list[QuerySet], few: Sequence[QuerySet] = ()) -> Any:
    """A reason leads to the row: asked row by row. Of those that are `few`, however large the portal is, the database may gather all."""
    each = [ForEach(rows.filter(leads_to=OuterRef("pk"))) for rows in many]
    return reduce(or_, map(Q, [*each, *(Exists(rows.filter(leads_to=OuterRef("pk"))) for rows in few)]))


def seen(found: Rows, itself: Q, many: list[QuerySet], few: Sequence[QuerySet] = (), *, gathered: bool) -> Rows:
    """Those of `found` that are seen by what they are themselves or for one of the reasons."""
    if not gathered:
        return found.filter(itself | met(many, few))
    first, *others = (rows.values("leads_to") for rows in (reason(found.model._base_manager.filter(itself), "pk"), *many, *few))
    return found.filter(pk__in=first.union(*others))
