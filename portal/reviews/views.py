"""The pages of a practitioner: the worklist and the reading room."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from portal.audit.services import record, record_many
from portal.scans.models import Scan

from . import services
from .filters import ReviewFilter
from .forms import AddendumForm, ReadingForm, SignForm
from .models import Review
from .urgency import TARGET

PAGE = 50
EARLIER = 12  # pictures to compare with; more would not fit beside the viewer


def _found(request: HttpRequest) -> QuerySet[Review]:
    return Review.objects.visible_to(request.user).with_all()


@login_required
@require_GET
def worklist(request: HttpRequest) -> HttpResponse:
    """What waits, most urgent first. A practitioner who is not verified yet is told what is missing."""
    if not request.user.is_practitioner:
        raise PermissionDenied
    if not request.user.is_verified_practitioner:
        return render(request, "reviews/unverified.html")
    queue = Review.objects.queue_of(request.user)
    asked = request.GET.copy()
    if not {"status", "mine", "overdue", "all"} & set(asked):
        queryset = queue.exclude(status__in=[Review.Status.SIGNED, Review.Status.DECLINED])
    else:
        queryset = queue
    filtered = ReviewFilter(asked, queryset=queryset.with_all(), request=request)
    page = Paginator(filtered.qs, PAGE).get_page(request.GET.get("page"))
    record_many("review.listed", list(page), actor=request.user, patients=[review.patient for review in page])
    context = {
        "page": page,
        "filter": filtered,
        "targets": {urgency.value: span for urgency, span in TARGET.items()},
        "counts": {
            "open": queue.filter(status__in=[Review.Status.WAITING, Review.Status.CLAIMED]).count(),
            "mine": queue.filter(practitioner=request.user, status=Review.Status.CLAIMED).count(),
            "overdue": queue.overdue().count(),
        },
        "now": timezone.now(),
        "query": request.GET.urlencode(),
    }
    return render(request, "reviews/_rows.html" if request.htmx else "reviews/list.html", context)  # type: ignore[attr-defined]


@login_required
@require_GET
def detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The reading room. A patient's own review is part of the analysis page."""
    review = get_object_or_404(_found(request), pk=pk)
    if review.patient_id == request.user.pk:
        return redirect("analyses:detail", pk=review.analysis_id)
    room = _room(request, review)
    record("review.opened_page", review, actor=request.user, patient=review.patient)
    record_many("scan.listed", room["earlier"], actor=request.user, patients=[review.patient] * len(room["earlier"]))
    return render(request, "reviews/detail.html", room)


def _room(request: HttpRequest, review: Review, form: Any = None) -> dict[str, Any]:
    mine = review.practitioner_id == request.user.pk and review.status == Review.Status.CLAIMED and not review.is_claimable
    independent = review.independent if review.practitioner_id == request.user.pk else None
    stage = "closed"
    if mine:
        stage = "reading" if review.revealed_at is None else "signing"
    elif review.status == Review.Status.SIGNED:
        stage = "signed"
    if form is None and stage == "reading":
        form = ReadingForm(review)
    elif form is None and stage == "signing" and independent is not None:
        names = ("finding", "confidence", "recommendation", "notes")
        form = SignForm(review, initial={name: getattr(independent, name) for name in names})
    scans, scan = Scan.objects.visible_to(request.user), review.analysis.scan
    image_is_visible = scans.filter(pk=scan.pk).exists()
    queue = Review.objects.queue_of(request.user).claimable().exclude(pk=review.pk)
    return {
        "review": review,
        "analysis": review.analysis,
        "disease": review.analysis.catalogue,
        "stage": stage,
        "form": form,
        "independent": independent,
        "revealed": (stage in ("signing", "signed") and (mine or review.practitioner_id == request.user.pk))
        or request.user.is_administrator,
        "image_is_visible": image_is_visible,
        "earlier": list(scans.before(scan, review.analysis.catalogue)[:EARLIER]) if image_is_visible else [],
        "addendum_form": AddendumForm(),
        "next_review": queue.first() if request.user.is_verified_practitioner else None,
        "now": timezone.now(),
    }


def _step(request: HttpRequest, pk: uuid.UUID, do: Callable[[Review], object], said: str) -> HttpResponse:
    """One step of a service; what is not possible is told on the page."""
    review = get_object_or_404(_found(request), pk=pk)
    try:
        do(review)
    except services.ReviewError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, said)
    return redirect("reviews:detail", pk=pk)


@login_required
@require_POST
def claim(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    return _step(request, pk, lambda review: services.claim(review=review, practitioner=request.user), "It is yours for 30 minutes.")


@login_required
@require_POST
def release(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    _step(request, pk, lambda review: services.release(review=review, practitioner=request.user), "Given back to the queue.")
    return redirect("reviews:list")


@login_required
@require_POST
def reading(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    return _keep(request, pk, ReadingForm, services.record_reading, "Your reading is kept. Here is the model's answer.")


@login_required
@require_POST
def sign(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    return _keep(request, pk, SignForm, services.sign, "Signed. The patient is told.")


def _keep(request: HttpRequest, pk: uuid.UUID, kind: type[ReadingForm], service: Callable[..., object], said: str) -> HttpResponse:
    """Keep what a form says; what was typed survives a refusal."""
    review = get_object_or_404(_found(request), pk=pk)
    form = kind(review, request.POST)
    if form.is_valid():
        try:
            service(review=review, practitioner=request.user, **form.cleaned_data)
        except services.ReviewError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, said)
            return redirect("reviews:detail", pk=pk)
    return render(request, "reviews/detail.html", _room(request, review, form), status=400)


@login_required
@require_POST
def addendum(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    text = request.POST.get("text", "")[:4000]
    return _step(
        request, pk, lambda review: services.add_addendum(review=review, practitioner=request.user, text=text), "Your addendum is kept."
    )


@login_required
@require_POST
def decline(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """By the patient."""
    review = get_object_or_404(_found(request), pk=pk)
    _step(request, pk, lambda found: services.decline(review=found, patient=request.user), "No practitioner will read this scan.")
    return redirect("analyses:detail", pk=review.analysis_id)
