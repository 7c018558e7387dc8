"""Where the e-mail goes: a newcomer on their own machine has no mailbox to look in."""

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag
def mail_is_printed() -> bool:
    """Whether e-mail is printed by the portal itself instead of being sent (development only)."""
    return settings.DEBUG and settings.EMAIL_BACKEND.endswith("console.EmailBackend")
