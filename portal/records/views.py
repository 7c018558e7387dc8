"""My data: a copy, who looked, consent, and closing the account."""

from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.accounts.services import has_consented, withdraw_consent
from portal.accounts.tokens import SignInRefused, require_password
from portal.analyses.models import Analysis
from portal.scans.models import Scan

from . import archive, services
from .erasure import keeps_name
from .forms import CloseForm
from .looks import by_day, in_words, looks_of
from .models import Erasure, RetentionPolicy

PAGE = 100


def _about(request: HttpRequest) -> dict[str, Any]:
    """What every page here tells: the policy, and what is going to happen to this person's data."""
    return {
        "policy": RetentionPolicy.current(),
        "consented": has_consented(request.user),
        "given": request.user.consents.filter(withdrawn_at__isnull=True).exists(),
        "going": Erasure.objects.open().filter(user=request.user, kind=Erasure.Kind.RECORD).first(),
    }


@login_required
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    scans = Scan.objects.filter(patient=request.user).count()
    return render(request, "records/index.html", {**_about(request), "scans": scans})


@login_required
@require_POST
def copy(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    try:
        return send(archive.copy_everything(request.user))
    except archive.CopyRefused as refused:
        messages.error(request, refused.message)
        return redirect("records:index")


def send(copied: archive.Copy) -> StreamingHttpResponse:
    """Chunk by chunk; the response closes it when it is through, or when the client has gone."""
    response = StreamingHttpResponse(copied, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{copied.name}"'
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"  # nor does a proxy keep it
    return response


@login_required
@require_GET
def looks(request: HttpRequest) -> HttpResponse:
    """Who did what with one's data. `before` is the event at which the page before ended: stable while events are added."""
    own = request.GET.get("own") == "yes"
    events = looks_of(request.user, own=own)
    before = request.GET.get("before", "")
    if before.isdecimal() and len(before) < 19:
        events = events.filter(pk__lt=int(before))
    page = list(events[: PAGE + 1])
    context = {
        "days": by_day(in_words(page[:PAGE], request.user)),
        "own": own,
        "is_first": not before,
        "earlier": page[PAGE - 1].pk if len(page) > PAGE else None,
    }
    return render(request, "records/looks.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        withdraw_consent(user=request.user)
        messages.success(request, _("Your consent is withdrawn. Nothing more is uploaded or read."))
        return redirect("records:index")
    waiting = Analysis.objects.filter(patient=request.user, review__role="first", review__status__in=["waiting", "claimed"]).count()
    pending = Analysis.objects.filter(patient=request.user, status__in=Analysis.PENDING).count()
    return render(request, "records/withdraw.html", {**_about(request), "waiting": waiting, "pending": pending})


@sensitive_post_parameters("password")
@login_required
@require_http_methods(["GET", "POST"])
def close(request: HttpRequest) -> HttpResponse:
    """What happens, then the password again."""
    form = CloseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            require_password(request.user, form.cleaned_data["password"])
            erasure = services.ask_to_close(user=request.user)
        except SignInRefused as refused:
            form.add_error("password", refused.message)
        except services.ClosingRefused as refused:
            form.add_error(None, refused.message)
        else:
            logout(request)
            words = _("You are signed out. Your account is closed on {day}; until then, sign in to keep it.")
            messages.success(request, words.format(day=date_format(timezone.localtime(erasure.due_at), "j M Y")))
            return redirect("home")
    context = {**_about(request), "form": form, "keeps_name": keeps_name(request.user)}
    return render(request, "records/close.html", context, status=400 if form.is_bound else 200)
