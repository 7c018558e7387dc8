"""Words of the copy that one downloads."""

from django import template
from django.utils.translation import gettext_lazy as _

register = template.Library()

STATUS = {
    "registered": _("registered"),
    "preliminary": _("preliminary"),
    "final": _("final"),
    "amended": _("amended"),
    "cancelled": _("cancelled"),
}


@register.filter
def status_words(status: str) -> str:
    """A report's status (FHIR's code) as its reader says it."""
    return str(STATUS.get(status, status))
