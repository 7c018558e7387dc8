"""A browser's name for people, from what it says of itself."""

from django.utils.translation import gettext as _
from ua_parser import parse


def name(user_agent: str) -> str:
    """Such as "Firefox, Linux"; of what says nothing that is known, that it is not known."""
    found = parse(user_agent)
    families = [part.family for part in (found.user_agent, found.os) if part]
    return ", ".join(families) or _("A browser that does not say which")
