"""The page of one's sign-ins: browsers and tokens, seen, made and ended."""

import uuid
from datetime import timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from . import access as services
from . import browsers, recheck
from .forms import TokenForm
from .models import ApiToken


@login_required
@require_GET
@never_cache
def access(request: HttpRequest) -> HttpResponse:
    return _page(request, TokenForm())


@login_required
@require_POST
@never_cache
def make_token(request: HttpRequest) -> HttpResponse:
    """Shows the new token, once. A sign-in of long ago is checked first: a token lives longer than an unlocked screen."""
    if recheck.is_needed(request):
        messages.info(request, _("Confirm that it is you, then make the token."))
        return redirect(recheck.page(request, reverse("accounts:access")))
    form = TokenForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=400)
    said = form.cleaned_data
    try:
        made, words = services.issue(user=request.user, name=said["name"], scope=said["scope"], lifetime=timedelta(days=said["days"]))
    except services.TooManyTokens as refused:
        form.add_error(None, refused.message)
        return _page(request, form, status=409)
    return _page(request, TokenForm(), made=made, words=words)


@login_required
@require_POST
def end_token(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    services.revoke(token=get_object_or_404(ApiToken.objects.visible_to(request.user), pk=pk), by=request.user)
    messages.success(request, _("The token has ended."))
    return redirect("accounts:access")


@login_required
@require_POST
def end_session(request: HttpRequest, pk: int) -> HttpResponse:
    session = get_object_or_404(UserSession.objects.filter(user=request.user), pk=pk)
    services.end_session(session=session, by=request.user)
    services.leave_if_ended(request)
    messages.success(request, _("That browser is signed out."))
    return redirect("accounts:access")


@login_required
@require_POST
def end_everything(request: HttpRequest) -> HttpResponse:
    services.sign_out_everywhere(user=request.user)
    services.leave_if_ended(request)
    messages.success(request, _("You are signed out everywhere: here, in every other browser, and in every program."))
    return redirect("account_login")


def _page(request: HttpRequest, form: TokenForm, status: int = 200, **more: Any) -> HttpResponse:
    rows = [(session, browsers.name(session.user_agent)) for session in services.sessions_of(request.user)]
    context = {"form": form, "sessions": rows, "tokens": ApiToken.objects.visible_to(request.user), "here": request.session.session_key}
    context |= {"idle": settings.SESSION_IDLE_MINUTES, "hours": settings.SESSION_HOURS}
    return render(request, "accounts/access.html", {**context, **more}, status=status)
