"""The link in a mail that ends mails of its kind (RFC 8058): signed, without sign-in, and good for nothing else."""

from typing import Any

from django.conf import settings
from django.core import signing
from django.urls import reverse

from portal.accounts.models import User

from .kinds import RULES
from .preferences import PreferenceError, choose

SALT = "portal.notifications.unsubscribe"


class BadLink(Exception):
    """Cut off on the way, or not ours."""


def address(user: Any, kind: str) -> str:
    """The full address, or nothing for what can not be switched off. It does not run out: old mails must be able to end."""
    if "email" in RULES[kind].fixed:
        return ""
    return settings.SITE_URL + reverse("notifications:unsubscribe", args=[signing.dumps([user.pk, kind], salt=SALT)])


def headers(user: Any, kind: str) -> dict[str, str]:
    """One click needs https: the standard asks for it."""
    link = address(user, kind)
    if not link:
        return {}
    one_click = {"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"} if link.startswith("https:") else {}
    return {"List-Unsubscribe": f"<{link}>", **one_click}


def opened(token: str) -> tuple[User, str]:
    """Whose mails of which kind the link ends. Raises BadLink."""
    try:
        pk, kind = signing.loads(token, salt=SALT)
        return User.objects.get(pk=pk), kind
    except (signing.BadSignature, User.DoesNotExist, TypeError, ValueError) as error:
        raise BadLink from error


def end(token: str) -> str:
    """No more mails of this kind; ending twice changes nothing. Returns the kind. Raises BadLink."""
    user, kind = opened(token)
    try:
        choose(user=user, choices={kind: {"email": False}}, way="link in a mail")
    except PreferenceError as error:  # a kind that does not concern them any more, or that is always on by now
        raise BadLink from error
    return kind
