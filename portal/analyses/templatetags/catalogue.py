"""The words of the catalogue of diseases in the language of the reader."""

from django import template
from django.utils.translation import get_language, gettext

register = template.Library()


@register.filter
def words(text: str) -> str:
    """A sentence of `inference` (a disease's name, a class, a symptom, why a picture was refused) as this reader reads it."""
    return gettext(text) if text else ""


@register.filter
def stays_english(text: str) -> bool:
    """Whether a sentence, as of a model's card, has no words in the language of the page: its element then says lang="en"."""
    return (get_language() or "en") != "en" and gettext(text) == text
