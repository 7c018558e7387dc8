"""The pages of a practitioner: the worklist and the reading room."""

import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.accounts import recheck
from portal.audit.services import record, record_many
from portal.scans.models import Scan

from . import drafts, flags, rows, saved, services, urgency
from . import room as case_room
from . import worklist as worklist_of
from .filters import WorklistFilter, cleaned
from .forms import AddendumForm, FlagForm, ReadingForm, SignForm
from .models import Draft, Opinion, ReadingTemplate, Review, SavedFilter

EARLIER = 12  # pictures to compare with; more would not fit beside the viewer


def found(request: HttpRequest) -> QuerySet[Review]:
    return Review.objects.visible_to(request.user).with_all()


@login_required
@require_GET
def worklist(request: HttpRequest) -> HttpResponse:
    """What waits, most urgent first. A practitioner who is not verified yet is told what is missing."""
    if not request.user.is_practitioner:
        raise PermissionDenied
    if not request.user.is_verified_practitioner:
        return render(request, "reviews/unverified.html")
    tab = worklist_of.TABS.get(request.GET.get("view", ""), worklist_of.TABS["open"])
    parts = worklist_of.parts(request.user)
    filtered = WorklistFilter(request.GET, queryset=parts[tab.code], request=request)
    page = worklist_of.page(request.user, tab, filtered.qs, request.GET)
    counts = worklist_of.counts(request.user, parts)
    state = worklist_of.fingerprint(request.user, page, counts)
    if request.htmx and request.GET.get("state") == state:  # type: ignore[attr-defined]
        return HttpResponse(status=204)  # nothing has changed: nothing is shown anew, or swapped
    record_many("review.listed", page.rows, actor=request.user, patients=[review.patient for review in page.rows])
    query = cleaned(request.GET)
    saved_tabs = worklist_of.saved_tabs(request.user, query if tab.code == "open" else "")
    context = {
        "page": page,
        "rows": rows.drawn(page.rows, request.user, tab, timezone.now()),
        "tab": tab,
        "tabs": [(each, counts[each.code]) for each in worklist_of.TABS.values()],
        "saved": saved_tabs,
        "filter": filtered,
        "query": query,
        "is_saved": any(each["current"] for each in saved_tabs),
        "here": worklist_of.address(tab.code, query),
        "state": state,
        "to_tell": counts["to_tell"],
        "rule": urgency.rule_in_words(),
    }
    return render(request, "reviews/_rows.html" if request.htmx else "reviews/list.html", context)  # type: ignore[attr-defined]


@login_required
@require_POST
def save_filter(request: HttpRequest) -> HttpResponse:
    query = request.POST.get("query", "")
    try:
        made = saved.save_filter(user=request.user, name=request.POST.get("name", ""), query=query)
    except services.ReviewError as error:
        messages.error(request, error.message)
        return redirect("reviews:list")
    return redirect(f"{reverse('reviews:list')}?{made.query}")


@login_required
@require_POST
def remove_filter(request: HttpRequest, pk: int) -> HttpResponse:
    saved.remove_filter(saved=get_object_or_404(SavedFilter.objects.visible_to(request.user), pk=pk))
    return redirect("reviews:list")


@login_required
@require_http_methods(["GET", "POST"])
def flag(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The practitioner's own urgency: a page of its own, and the worklist's dialog."""
    review = get_object_or_404(Review.objects.queue_of(request.user).with_row(), pk=pk)
    if request.method == "GET":
        record("review.listed", review, actor=request.user, patient=review.patient)
    form = FlagForm(request.POST if request.method == "POST" else None, initial={"urgency": review.urgency})
    if request.method == "POST" and form.is_valid():
        try:
            flags.flag(review=review, practitioner=request.user, **form.cleaned_data)
        except services.ReviewError as error:
            form.add_error(None, error.message)
        else:
            level = Review.Urgency(form.cleaned_data["urgency"])
            messages.success(request, _("{reference} is {urgency} now.").format(reference=review.reference, urgency=level.label.lower()))
            return redirect("reviews:list")
    template = "reviews/_flag.html" if request.htmx else "reviews/flag.html"  # type: ignore[attr-defined]
    return render(request, template, {"review": review, "form": form}, status=400 if form.is_bound else 200)


@login_required
@require_GET
def detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The reading room. A patient's own review is part of the analysis page."""
    review = get_object_or_404(found(request), pk=pk)
    if review.patient_id == request.user.pk:
        return redirect("analyses:detail", pk=review.analysis_id)
    shown = room(request, review)
    record("review.opened_page", review, actor=request.user, patient=review.patient)
    record_many("scan.listed", shown["earlier"], actor=request.user, patients=[review.patient] * len(shown["earlier"]))
    return render(request, "reviews/detail.html", shown)


def room(request: HttpRequest, review: Review, form: Any = None, **bound: Any) -> dict[str, Any]:
    """The reading room as this person sees it; `form` and `bound` were refused and are shown again."""
    mine = review.practitioner_id == request.user.pk and review.status == Review.Status.CLAIMED and not review.is_claimable
    independent = review.opinion_of(request.user.pk, Opinion.Stage.INDEPENDENT)
    stage = "closed"
    if mine:
        stage = "reading" if review.revealed_at is None else "signing"
    elif review.status == Review.Status.SIGNED:
        stage = "signed"
    draft_stage = Opinion.Stage.FINAL if stage == "signing" else Opinion.Stage.INDEPENDENT
    draft = Draft.objects.visible_to(request.user).filter(review=review, stage=draft_stage).first()
    if form is None and stage == "reading":
        form = ReadingForm(review, said=draft.said if draft else None)
    elif form is None and stage == "signing" and independent is not None:
        form = SignForm(review, said=draft.said if draft else independent.said)
    scans, scan = Scan.objects.visible_to(request.user), review.analysis.scan
    image_is_visible = scans.filter(pk=scan.pk).exists()
    has_earlier = image_is_visible and Scan.objects.before(scan, review.analysis.catalogue).exists()  # most have none, and the rule is long
    queue = Review.objects.queue_of(request.user).claimable().exclude(pk=review.pk)
    signed = review.final if stage == "signed" else review.opinion_of(request.user.pk, Opinion.Stage.FINAL)
    return {
        "measured": None if form else signed or independent,
        "review": review,
        "analysis": review.analysis,
        "disease": review.analysis.catalogue,
        "stage": stage,
        "claim_minutes": settings.REVIEW_CLAIM_MINUTES,
        "form": form,
        "independent": independent,
        "revealed": review.is_revealed_to(request.user),
        "image_is_visible": image_is_visible,
        "earlier": list(scans.before(scan, review.analysis.catalogue)[:EARLIER]) if has_earlier else [],
        "addendum_form": AddendumForm(),
        "draft": draft,
        "draft_stage": draft_stage.value,
        "templates": ReadingTemplate.objects.visible_to(request.user).filter(disease__in=["", review.analysis.disease]),
        "recheck_needed": stage == "signing" and recheck.is_needed(request),
        "confirmed": "confirmed" in request.GET,
        "usual_urgency": " ".join(f"{code}:{Opinion.usual_urgency(code)}" for code in Opinion.Recommendation.values),
        "next_review": queue.first() if request.user.is_verified_practitioner else None,
        **case_room.case(review, request.user, **bound),
    }


def _step(request: HttpRequest, pk: uuid.UUID, do: Callable[[Review], object], said: str) -> HttpResponse:
    """One step of a service; what is not possible is told on the page."""
    review = get_object_or_404(found(request), pk=pk)
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
    said = _("It is yours for {minutes} minutes.").format(minutes=settings.REVIEW_CLAIM_MINUTES)
    return _step(request, pk, lambda review: services.claim(review=review, practitioner=request.user), said)


@login_required
@require_POST
def release(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    _step(request, pk, lambda review: services.release(review=review, practitioner=request.user), _("Given back to the queue."))
    return redirect("reviews:list")


@login_required
@require_POST
def reading(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    return _keep(request, pk, ReadingForm, services.record_reading, _("Your reading is kept. Here is the model's answer."))


@login_required
@require_POST
def sign(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    return _keep(request, pk, SignForm, services.sign, _said_of)


def _said_of(pk: uuid.UUID) -> str:
    """What became of a case that was just signed."""
    settled = Review.objects.filter(pk=pk, status=Review.Status.SIGNED).exists()
    return _("Signed. The patient is told.") if settled else _("Signed. Another practitioner reads it too, before the patient is told.")


def _keep(
    request: HttpRequest, pk: uuid.UUID, kind: type[ReadingForm], service: Callable[..., object], said: str | Callable[[uuid.UUID], str]
) -> HttpResponse:
    """Keep what a form says; what was typed survives a refusal."""
    review = get_object_or_404(found(request), pk=pk)
    form = kind(review, request.POST)
    if form.is_valid():
        try:
            if kind is SignForm and recheck.is_needed(request):
                return _confirm(request, review, form.cleaned_data)
            service(review=review, practitioner=request.user, **form.cleaned_data)
        except services.ReviewError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, said(pk) if callable(said) else said)
            return redirect("reviews:detail", pk=pk)
    return render(request, "reviews/detail.html", room(request, review, form), status=400)


def _confirm(request: HttpRequest, review: Review, said: dict[str, Any]) -> HttpResponse:
    """Ask first whether it is still the one who signed in; what was typed waits as the draft."""
    drafts.save(review=review, practitioner=request.user, stage=Opinion.Stage.FINAL, said=said)
    return redirect(recheck.page(request, reverse("reviews:detail", args=[review.pk]) + "?confirmed=1"))


@login_required
@require_POST
def addendum(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    text = request.POST.get("text", "")[:4000]
    return _step(
        request, pk, lambda review: services.add_addendum(review=review, practitioner=request.user, text=text), _("Your addendum is kept.")
    )


@login_required
@require_POST
def decline(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """By the patient."""
    review = get_object_or_404(found(request), pk=pk)
    _step(request, pk, lambda found: services.decline(review=found, patient=request.user), _("No practitioner will read this scan."))
    return redirect("analyses:detail", pk=review.analysis_id)
