"""Languages: which there are, and which one a person reads."""

from contextlib import AbstractContextManager

from django.conf import settings
from django.utils import translation

from .models import User


def known(language: str) -> bool:
    """Whether the portal speaks it (settings.LANGUAGES)."""
    return language in dict(settings.LANGUAGES)


def language_of(user: User) -> str:
    """The one that the person chose, or nothing: then it is for the browser to say."""
    return user.language if known(user.language) else ""


def spoken_to(user: User) -> AbstractContextManager[None]:
    """Within this block texts are in the language that the person chose: for e-mails, which no browser asks for."""
    return translation.override(language_of(user) or settings.LANGUAGE_CODE)
