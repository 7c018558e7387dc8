"""Who calls the API, and with what right: a token has a scope, and who needs a second factor has one."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from knox.auth import TokenAuthentication
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request

from . import access, factors
from .models import ApiToken


class SecondFactorMissing(PermissionDenied):
    default_code = "mfa_required"
    default_detail = _("Your account needs a second factor first. Set it up on the portal's pages, under Me, then come back.")


class ScopeTooSmall(PermissionDenied):
    default_code = "token_read_only"
    default_detail = _("This token may read and nothing else.")


class ScopedTokenAuthentication(TokenAuthentication):
    """Knox's, which keeps a token only as its hash; what it may do is in ApiToken. A token without that opens nothing.

    `to_end_it`: for the one call by which any token may end itself.
    """

    def __init__(self, *, to_end_it: bool = False) -> None:
        self.to_end_it = to_end_it

    def authenticate(self, request: Request) -> Any:
        found = super().authenticate(request)
        if found is None:
            return None
        user, token = found
        allowed = ApiToken.objects.filter(token=token).first()
        if allowed is None:
            raise AuthenticationFailed(_("Invalid token."))
        if self.to_end_it:
            return found
        if factors.are_missing(user):
            raise SecondFactorMissing
        if allowed.scope == ApiToken.Scope.READ and request.method not in SAFE_METHODS:
            raise ScopeTooSmall
        access.seen(allowed)
        return found


class BrowserAuthentication(SessionAuthentication):
    """For pages that call the API."""

    def authenticate(self, request: Request) -> Any:
        found = super().authenticate(request)
        if found is not None and factors.are_missing(found[0]):
            raise SecondFactorMissing
        return found
