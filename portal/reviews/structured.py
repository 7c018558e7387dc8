"""What a practitioner says beyond the finding: checked against the fields of structured_fields.py, kept by code, told in words."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext

from .structured_fields import ANY_FINDING, FIELDS, MANY, NUMBER, Field


class DetailsRefused(ValueError):
    """`code` is for programs, the message for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def fields_of(disease: str) -> tuple[Field, ...]:
    return FIELDS.get(disease, ())


def checked(*, disease: str, finding: str, finding_words: str, details: Any) -> dict[str, Any]:
    """The details as they are kept: known codes in the order of the form, nothing empty. Raises DetailsRefused."""
    if not isinstance(details, Mapping):
        raise DetailsRefused("unknown_detail", gettext("The details are named values, each by the code of its field."))
    fields = {field.code: field for field in fields_of(disease)}
    for code in details:
        if code not in fields:
            told = gettext("'{code}' is not asked about this disease. Asked are: {codes}.")
            raise DetailsRefused("unknown_detail", told.format(code=code, codes=", ".join(fields)))
    kept = {}
    for code, field in fields.items():
        value = _value(field, details.get(code))
        if value is not None:
            _must_fit(field, value, finding, finding_words)
            kept[code] = value
    return kept


def known(disease: str, details: Any) -> dict[str, Any]:
    """What can be kept of details that nobody has checked yet, such as those of a draft: what is unknown is left out."""
    kept = {}
    for field in fields_of(disease):
        try:
            value = _value(field, details.get(field.code)) if isinstance(details, Mapping) else None
        except DetailsRefused:
            continue
        if value is not None:
            kept[field.code] = value
    return kept


def worded(disease: str, details: Mapping[str, Any], plain: bool = False) -> list[tuple[str, str]]:
    """Label and words of what was said, in the terms of the field or in plain words."""
    asked = [field for field in fields_of(disease) if field.code in details]
    return [
        (str((plain and field.plain) or re.sub(r"^[A-E]  ", "", str(field.words))), _sentence(field.said(details[field.code], plain)))
        for field in asked
    ]


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def _value(field: Field, value: Any) -> Any:
    """One value in its kept form; None where nothing was said."""
    if value is None or value in ("", [], ()):
        return None
    if field.kind == NUMBER:
        return _number(field, value)
    if field.kind == MANY:
        if isinstance(value, str) or not isinstance(value, Iterable):
            raise DetailsRefused("unknown_detail", gettext("{field}: send a list.").format(field=field.words))
        asked = list(value)
        for code in asked:
            _known(field, code)
        return [choice.code for choice in field.choices if choice.code in asked]
    _known(field, value)
    return value


def _known(field: Field, code: Any) -> None:
    if field.choice(code) is None:
        codes = ", ".join(choice.code for choice in field.choices)
        told = gettext("{field}: '{code}' is not one of: {codes}.")
        raise DetailsRefused("unknown_detail", told.format(field=field.words, code=code, codes=codes))


def _number(field: Field, value: Any) -> float | int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= field.maximum:
        told = gettext("{field}: send a number from 0 to {maximum}.")
        raise DetailsRefused("unknown_detail", told.format(field=field.words, maximum=f"{field.maximum:g}"))
    if field.whole and value != int(value):
        raise DetailsRefused("unknown_detail", gettext("{field}: send a whole number.").format(field=field.words))
    return int(value) if value == int(value) else round(value, 1)


def _must_fit(field: Field, value: Any, finding: str, finding_words: str) -> None:
    """Refuse what contradicts the finding."""
    if finding == ANY_FINDING:
        return
    fits = not field.fits or finding in field.fits
    if field.kind == NUMBER:
        if field.fits and fits != (value > 0):
            raise DetailsRefused("details_contradict", _contradiction(f"{field.words}: {value:g}", finding_words))
        return
    for code in value if field.kind == MANY else [value]:
        choice = field.choice(code)
        if choice is not None and (not fits or (choice.fits and finding not in choice.fits)):
            raise DetailsRefused("details_contradict", _contradiction(f"{field.words}: {choice.words}", finding_words))


def _contradiction(said: str, finding_words: str) -> str:
    told = gettext("“{said}” does not go with the finding “{finding}”. Change the finding, or take the detail away.")
    return told.format(said=said, finding=finding_words)
