"""A practitioner's saved views of the worklist."""

from typing import Any

from django.db import IntegrityError, transaction
from django.http import QueryDict
from django.utils.translation import gettext as _

from .errors import ReviewError
from .filters import cleaned
from .models import SavedFilter

MOST = 8  # they are tabs


def save_filter(*, user: Any, name: str, query: str) -> SavedFilter:
    """Keep a view under a name; the same name again changes it. Raises ReviewError."""
    name, query = " ".join(name.split())[:40], cleaned(QueryDict(query))
    if not user.is_verified_practitioner:
        raise ReviewError("not_verified", _("Only a verified practitioner has a worklist."))
    if not name:
        raise ReviewError("empty", _("Give the view a name."))
    if not query or len(query) > 300:
        raise ReviewError("nothing_to_save", _("Search or choose something first: a view without that is the open list."))
    there = SavedFilter.objects.visible_to(user)
    if not there.filter(name=name).exists() and there.count() >= MOST:
        raise ReviewError("too_many", _("You have {most} views. Remove one first.").format(most=MOST))
    try:
        with transaction.atomic():
            return SavedFilter.objects.update_or_create(user=user, name=name, defaults={"query": query})[0]
    except IntegrityError as error:
        raise ReviewError("taken", _("That name was just taken. Try again.")) from error


def remove_filter(*, saved: SavedFilter) -> None:
    saved.delete()
