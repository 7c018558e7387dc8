"""The pages of a question: ask, the thread, and the list of both sides."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.audit.services import record_many
from portal.reviews.models import Review

from . import services
from .forms import MessageForm
from .models import Question

PAGE = 30


@login_required
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """A patient's own questions. For a practitioner what waits for them, the longest wait first; all they were asked; and their own."""
    asked = Question.objects.filter(patient=request.user)
    reads = request.user.is_verified_practitioner
    show = request.GET.get("show", "waiting" if reads else "own")
    if not reads or show not in ("waiting", "all"):
        show, found = "own", asked
    elif show == "waiting":
        found = Question.objects.to_answer(request.user).order_by("waiting_since", "id")
    else:
        found = Question.objects.of_reader(request.user)
    page = Paginator(found.with_all(request.user), PAGE).get_page(request.GET.get("page"))
    record_many("question.listed", list(page), actor=request.user, patients=[question.patient for question in page])
    context = {
        "page": page,
        "show": show,
        "reads": reads,
        "waiting": Question.objects.to_answer(request.user).count() if reads else 0,
        "has_own": reads and asked.exists(),
        "now": timezone.now(),
    }
    return render(request, "questions/list.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """By the patient, about one of their reviews. While a question is open, it goes on there."""
    review = get_object_or_404(Review.objects.filter(patient=request.user).select_related("analysis", "practitioner"), pk=pk)
    if not services.may_ask(review, request.user):
        raise Http404
    going_on = Question.objects.filter(review=review, closed_at__isnull=True).first()
    if request.method == "GET" and going_on is not None:
        return redirect("questions:thread", pk=going_on.pk)
    form = MessageForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            question = services.ask(review=review, patient=request.user, text=form.cleaned_data["text"])
        except services.QuestionError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("Sent. You are told when there is an answer."))
            return redirect("questions:thread", pk=question.pk)
    context = {"review": review, "analysis": review.analysis, "form": form, "answerer": services.answerer(review)}
    return render(request, "questions/ask.html", context, status=400 if form.is_bound else 200)


@login_required
@require_http_methods(["GET", "POST"])
def thread(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The whole thread; a post adds a message. What was typed survives a refusal."""
    question = get_object_or_404(_found(request), pk=pk)
    form = MessageForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            services.write(question=question, author=request.user, text=form.cleaned_data["text"])
        except services.QuestionError as error:
            form.add_error(None, error.message)
        else:
            messages.success(request, _("Sent. The other side is told."))
            return redirect("questions:thread", pk=pk)
    return render(request, "questions/thread.html", _shown(request, question, form), status=400 if form.is_bound else 200)


@login_required
@require_POST
def close(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    question = get_object_or_404(_found(request), pk=pk)
    try:
        services.close(question=question, by=request.user)
    except services.QuestionError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Closed. It stays with the scan."))
    return redirect("questions:thread", pk=pk)


def _found(request: HttpRequest) -> Any:
    return Question.objects.visible_to(request.user).with_people().prefetch_related("review__opinions")


def _shown(request: HttpRequest, question: Question, form: MessageForm) -> dict[str, Any]:
    is_owner = question.patient_id == request.user.pk
    answers = services.may_answer(question, request.user)
    return {
        "question": question,
        "thread": services.read(question=question, user=request.user),
        "review": question.review,
        "analysis": question.review.analysis,
        "answerer": services.answerer(question.review),
        "is_owner": is_owner,
        "writes": (is_owner or answers) and question.closed_at is None,
        "closes": question.closed_at is None and (is_owner or (answers and question.waiting_since is None)),
        "form": form,
        "now": timezone.now(),
    }
