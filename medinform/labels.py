"""The words of a field with choices, found without translating all the others."""

from typing import Any

from django.db import models
from django.utils.encoding import force_str


class Labelled(models.Model):
    """For models whose rows stand in lists. Django's get_FOO_display() makes every label of the field hashable, which translates each of
    them: 22 kinds of news for every line that tells of one."""

    class Meta:
        abstract = True

    def _get_FIELD_display(self, field: Any) -> Any:  # noqa: N802  # Django's name
        value = getattr(self, field.attname)
        return force_str(dict(field.flatchoices).get(value, value), strings_only=True)
