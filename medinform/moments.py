"""Moments that somebody sends. ISO 8601 has offsets from UTC of up to a day, PostgreSQL of up to 16 hours: it gets them in UTC."""

from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django_filters.fields import IsoDateTimeField, IsoDateTimeRangeField, RangeField
from django_filters.filters import IsoDateTimeFromToRangeFilter


class Moment(IsoDateTimeField):
    def to_python(self, value: Any) -> datetime | None:
        moment: datetime | None = super().to_python(value)
        try:
            return moment and moment.astimezone(UTC)
        except OverflowError as error:  # before the year 1, or after 9999
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error


class Moments(IsoDateTimeRangeField):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        RangeField.__init__(self, (Moment(), Moment()), *args, **kwargs)


class BetweenFilter(IsoDateTimeFromToRangeFilter):
    """`name_after` and `name_before`, each with its offset."""

    field_class = Moments
