"""Pages of what a case's readers do beside reading: refer, amend; and the patients who have to be told."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from portal.accounts import recheck
from portal.audit.services import record_many

from . import amendments, critical, referrals, views
from .case_forms import AmendForm, ReferForm, TellForm
from .errors import ReviewError
from .models import CriticalNotice

PAGE = 25


@login_required
@require_POST
def refer(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    review = get_object_or_404(views.found(request), pk=pk)
    form = ReferForm(review, request.user, request.POST)
    if form.is_valid():
        try:
            referral = referrals.refer(review=review, practitioner=request.user, **form.asked)
        except ReviewError as error:
            form.add_error(None, error.message)
        else:
            messages.success(
                request,
                _("Referred to {whom}. You can follow what becomes of it.").format(whom=referral.referred_to or referral.speciality),
            )
            return redirect("reviews:detail", pk=pk)
    return render(request, "reviews/detail.html", views.room(request, review, refer_form=form), status=400)


@login_required
@require_POST
def amend(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    review = get_object_or_404(views.found(request), pk=pk)
    form = AmendForm(review, request.POST)
    bound: dict[str, Any] = {"amend_form": form}
    if form.is_valid() and recheck.is_needed(request):
        form.add_error(None, _("You signed in a while ago. Confirm that it is you, then amend: what you wrote stays here."))
        bound["confirm_at"] = recheck.page(request, reverse("reviews:detail", args=[pk]))
    elif form.is_valid():
        try:
            amendments.amend(review=review, practitioner=request.user, **form.cleaned_data)
        except ReviewError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("Amended. The patient is told, and sees both versions."))
            return redirect("reviews:detail", pk=pk)
    return render(request, "reviews/detail.html", views.room(request, review, **bound), status=400)


@login_required
@require_GET
def notices(request: HttpRequest) -> HttpResponse:
    """Patients to tell: those that are open, what is due first on top; and what was told lately."""
    if not (request.user.is_verified_practitioner or request.user.is_administrator):
        raise PermissionDenied
    seen = CriticalNotice.objects.visible_to(request.user).with_all()
    page = Paginator(seen.open(), PAGE).get_page(request.GET.get("page"))
    told = list(seen.filter(closed_at__isnull=False).order_by("-closed_at")[:PAGE])
    shown = [*page, *told]
    record_many("critical.listed", shown, actor=request.user, patients=[notice.review.patient for notice in shown])
    cards = [{"notice": notice, "form": TellForm.blank(notice, request.user)} for notice in page]
    return render(request, "reviews/notices.html", {"page": page, "cards": cards, "told": told})


@login_required
@require_POST
def told(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Record who told the patient, how and when."""
    notice = get_object_or_404(CriticalNotice.objects.visible_to(request.user).with_all(), pk=pk)
    form = TellForm(request.POST, prefix=notice.pk.hex[:8])
    if form.is_valid():
        try:
            critical.tell(notice=notice, by=request.user, **form.cleaned_data)
        except ReviewError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("Kept: the patient has been told."))
            return redirect("reviews:notices")
    return render(request, "reviews/notices.html", {"page": None, "cards": [{"notice": notice, "form": form}], "told": []}, status=400)
