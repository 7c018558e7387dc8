"""The second factor: who needs one, and whether they have it."""

from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings

from .models import Role

# What one can reach without it: setting it up, proving who one is for that, leaving, and choosing the language in which to do so.
OPEN_VIEWS = {"account_logout", "account_reauthenticate", "account_email", "account_confirm_email", "account_email_verification_sent"}
OPEN_VIEWS |= {"accounts:language", "words", "healthz", "v1:docs", "v1:schema"}
OPEN_PREFIX = "mfa_"


def are_needed(user: Any) -> bool:
    """They see, or decide about, what belongs to other people."""
    return bool(settings.MFA_REQUIRED and user.is_authenticated and user.role in (Role.PRACTITIONER, Role.ADMINISTRATOR))


def are_missing(user: Any) -> bool:
    return are_needed(user) and not is_mfa_enabled(user)


def is_open(view_name: str) -> bool:
    return view_name in OPEN_VIEWS or view_name.startswith(OPEN_PREFIX)
