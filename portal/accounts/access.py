"""Where one is signed in: browsers (sessions) and programs (tokens). Seen, named, ended, all of them by their owner."""

from datetime import timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.auth import logout
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from knox.models import AuthToken
from knox.settings import knox_settings

from portal.audit.services import record

from .models import ApiToken, User

MINUTE = timedelta(minutes=1)


class TooManyTokens(Exception):
    code = "too_many_tokens"

    @property
    def message(self) -> str:
        return _("You have as many tokens as one person may have. End one first.")


@transaction.atomic
def issue(*, user: User, name: str = "", scope: str = ApiToken.Scope.ALL, lifetime: timedelta | None = None) -> tuple[ApiToken, str]:
    """A new token; its words are told once, here, and kept only as a hash. Raises TooManyTokens."""
    now = timezone.now()
    User.objects.select_for_update().get(pk=user.pk)  # two at once would both find room
    AuthToken.objects.filter(user=user, expiry__lte=now).delete()
    if AuthToken.objects.filter(user=user).count() >= knox_settings.TOKEN_LIMIT_PER_USER:
        raise TooManyTokens
    token, words = AuthToken.objects.create(user=user, expiry=lifetime or knox_settings.TOKEN_TTL)
    kept = ApiToken.objects.create(token=token, name=name, scope=scope)
    record("account.token_issued", user, actor=user, patient=user, token=str(kept.pk), scope=scope, until=token.expiry)
    return kept, words


def seen(token: ApiToken) -> None:
    """When it was last used, to the minute: not a write for each call."""
    now = timezone.now()
    ApiToken.objects.filter(Q(last_used_at__isnull=True) | Q(last_used_at__lt=now - MINUTE), pk=token.pk).update(last_used_at=now)


@transaction.atomic
def revoke(*, token: ApiToken, by: User) -> None:
    record("account.token_ended", by, actor=by, patient=by, token=str(token.pk))
    token.token.delete()


@transaction.atomic
def sign_out(*, token: AuthToken, by: User) -> None:
    """A program ends the token with which it asks."""
    record("account.signed_out", by, actor=by, patient=by, tokens="one")
    token.delete()


def sessions_of(user: Any) -> list[UserSession]:
    """Those that still live, newest first; what has ended by itself is forgotten on the way."""
    return sorted(UserSession.objects.purge_and_list(user), key=lambda session: session.last_seen_at, reverse=True)


@transaction.atomic
def end_session(*, session: UserSession, by: User) -> None:
    record("account.session_ended", by, actor=by, patient=by)
    session.end()


@transaction.atomic
def sign_out_everywhere(*, user: User, by: User | None = None, keep: str | None = None) -> None:
    """End every token and every session, but the session with the key `keep`.

    A session names its person only inside, so all that live are looked at: none that allauth does not know of stays behind.
    """
    AuthToken.objects.filter(user=user).delete()
    living = Session.objects.filter(expire_date__gt=timezone.now()).iterator()
    theirs = {session.pk for session in living if session.get_decoded().get("_auth_user_id") == str(user.pk)} - {keep}
    Session.objects.filter(pk__in=theirs).delete()
    UserSession.objects.filter(user=user).exclude(session_key=keep or "").delete()
    record("account.signed_out_everywhere", user, actor=by or user, patient=user)


def leave_if_ended(request: Any) -> None:
    """Whoever ended the very session that they ask with is nobody from here on."""
    plain = getattr(request, "_request", request)  # Django's own, below that of the REST framework
    key = plain.session.session_key
    if key and not plain.session.exists(key):
        logout(plain)
