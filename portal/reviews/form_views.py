"""What stands beside the form of the reading room: its draft, and templates of one's own."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from . import drafts, own_templates
from .errors import ReviewError
from .forms import ReadingForm, SignForm
from .models import Opinion, ReadingTemplate, Review

FORMS: dict[str, type[ReadingForm]] = {Opinion.Stage.INDEPENDENT: ReadingForm, Opinion.Stage.FINAL: SignForm}


def _of(request: HttpRequest, pk: uuid.UUID, stage: str) -> tuple[Review, dict[str, Any]]:
    """The review, and what was typed so far: the parts of the form that are right."""
    review = get_object_or_404(Review.objects.visible_to(request.user).select_related("analysis", "patient"), pk=pk)
    if stage not in FORMS:
        raise Http404
    form = FORMS[stage](review, request.POST)
    form.is_valid()
    return review, form.cleaned_data


def _back(request: HttpRequest, pk: uuid.UUID, do: Callable[[], object], said: str = "") -> HttpResponse:
    """Do it and go on in the room; what is not possible is told there."""
    try:
        do()
    except ReviewError as error:
        messages.error(request, error.message)
    else:
        if said:
            messages.success(request, said)
    return redirect("reviews:detail", pk=pk)


@login_required
@require_POST
def draft(request: HttpRequest, pk: uuid.UUID, stage: str) -> HttpResponse:
    """For the page's script, a moment after each change."""
    review, said = _of(request, pk, stage)
    try:
        saved = drafts.save(review=review, practitioner=request.user, stage=stage, said=said)
    except ReviewError as error:
        return JsonResponse({"code": error.code, "detail": error.message}, status=409)
    return JsonResponse({"saved_at": saved.saved_at})


@login_required
@require_POST
def discard_draft(request: HttpRequest, pk: uuid.UUID, stage: str) -> HttpResponse:
    review = _of(request, pk, stage)[0]
    return _back(request, pk, lambda: drafts.discard(review=review, practitioner=request.user, stage=stage), _("The draft is thrown away."))


@login_required
@require_POST
def save_template(request: HttpRequest, pk: uuid.UUID, stage: str) -> HttpResponse:
    """From what is typed, which stays as the draft."""
    review, said = _of(request, pk, stage)
    disease = "" if request.POST.get("template_for_all") else review.analysis.disease

    def do() -> None:
        drafts.save(review=review, practitioner=request.user, stage=stage, said=said)
        own_templates.save(practitioner=request.user, name=request.POST.get("template_name", ""), disease=disease, said=said)

    return _back(request, pk, do, _("The template is kept."))


@login_required
@require_POST
def apply_template(request: HttpRequest, pk: uuid.UUID, stage: str) -> HttpResponse:
    """Into what is typed, which becomes the draft."""
    review, said = _of(request, pk, stage)
    number = request.POST.get("template", "")
    own = ReadingTemplate.objects.visible_to(request.user)
    template = own.filter(pk=number).first() if number.isdecimal() and len(number) < 10 else None

    def do() -> None:
        drafts.save(review=review, practitioner=request.user, stage=stage, said=said)
        if template is None:
            raise ReviewError("not_chosen", _("Choose one of your templates."))
        own_templates.apply(template=template, review=review, stage=stage, said=said)

    return _back(request, pk, do)


@login_required
@require_GET
def templates(request: HttpRequest) -> HttpResponse:
    if not request.user.is_verified_practitioner:
        raise PermissionDenied
    return render(request, "reviews/templates.html", {"templates": ReadingTemplate.objects.visible_to(request.user)})


def _changed(request: HttpRequest, pk: int, do: Callable[[ReadingTemplate], object], said: str) -> HttpResponse:
    template = get_object_or_404(ReadingTemplate.objects.visible_to(request.user), pk=pk)
    try:
        do(template)
    except ReviewError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, said)
    return redirect("reviews:templates")


@login_required
@require_POST
def change_template(request: HttpRequest, pk: int) -> HttpResponse:
    """Its name, and its notes."""

    def do(template: ReadingTemplate) -> None:
        said = {**template.said, "notes": request.POST.get("notes", "")}
        own_templates.change(template=template, name=request.POST.get("name", ""), said=said)

    return _changed(request, pk, do, _("The template is changed."))


@login_required
@require_POST
def delete_template(request: HttpRequest, pk: int) -> HttpResponse:
    return _changed(request, pk, lambda template: own_templates.remove(template=template), _("The template is deleted."))
