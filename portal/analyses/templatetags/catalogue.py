"""The words of the catalogue of diseases in the language of the reader."""

from django import template
from django.utils.translation import gettext

register = template.Library()


@register.filter
def words(text: str) -> str:
    """A sentence of `inference` (a disease's name, a class, a symptom, why a picture was refused) as this reader reads it."""
    return gettext(text) if text else ""
