from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from . import unsubscribe as links
from .forms import DigestTimeForm, SettingsForm
from .models import Notification
from .preferences import choose, choose_digest_time
from .services import mark_read


@login_required
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    page = Paginator(Notification.objects.visible_to(request.user), 30).get_page(request.GET.get("page"))
    return render(request, "notifications/list.html", {"page": page})


@login_required
@require_POST
def open_one(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark as read and go where it leads."""
    notification = get_object_or_404(Notification.objects.visible_to(request.user), pk=pk)
    mark_read(Notification.objects.filter(pk=notification.pk))
    return redirect(notification.url)


@login_required
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    mark_read(Notification.objects.visible_to(request.user))
    return redirect("notifications:list")


@login_required
@require_http_methods(["GET", "POST"])
def settings(request: HttpRequest) -> HttpResponse:
    """Where to be told of what."""
    data = request.POST if request.method == "POST" else None
    form = SettingsForm(request.user, data)
    time = DigestTimeForm(request.user, data) if request.user.is_practitioner else None
    if data is not None and form.is_valid() and (time is None or time.is_valid()):
        choose(user=request.user, choices=form.choices)
        if time is not None and time.has_changed():
            choose_digest_time(user=request.user, **time.cleaned_data)
        messages.success(request, _("Kept."))
        return redirect("notifications:settings")
    return render(request, "notifications/settings.html", {"form": form, "time": time}, status=400 if form.is_bound else 200)


@csrf_exempt  # the signature of the link is the proof; mail programs post from anywhere, without a cookie
@require_http_methods(["GET", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Without sign-in. Looking changes nothing (mail scanners look); the button, or a mail program's one click, does."""
    try:
        kind = links.end(token) if request.method == "POST" else links.opened(token)[1]
    except links.BadLink:
        return render(request, "notifications/unsubscribe.html", {"kind": None}, status=404)
    context = {"kind": Notification.Kind(kind).label, "ended": request.method == "POST"}
    return render(request, "notifications/unsubscribe.html", context)
