"""The pages of a patient: which picture, upload, wait, answer, history."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseStopPolling, reswap, retarget

from inference import diseases
from inference.imaging import MAX_BYTES, ImageRejected
from portal.accounts.dependants import DependantRefused, GuardianRequired, is_minor
from portal.accounts.files import send
from portal.accounts.models import Dependant, PractitionerProfile, Verification
from portal.accounts.services import ConsentRequired, has_consented, patient_profile
from portal.audit.services import record, record_many
from portal.scans import uploads

from . import limits, resent, services, versions
from .filters import AnalysisFilter
from .forms import POINT, OperatingPointForm, UploadForm
from .models import DISEASE_CHOICES, Analysis, ModelVersion
from .points import implied as implied_by
from .queue import place
from .timeline import OVER_TIME, of_the_kind, stretch
from .words import refusal

REFUSALS = (
    ImageRejected,
    ConsentRequired,
    GuardianRequired,
    DependantRefused,
    services.DiseaseUnavailable,
    resent.OtherPerson,
    resent.OtherSide,
    limits.TooManyWaiting,
    limits.Busy,
    uploads.UploadError,
)
COME_BACK = {limits.TooManyWaiting.code: 429, limits.Busy.code: 503}  # with Retry-After; whatever else is refused is 400
LATEST = 5
Opened = Callable[[], AbstractContextManager[bytes]]


def _found(request: HttpRequest) -> QuerySet[Analysis]:
    """Of the model only its name and version: what it was measured with is large, and read for one answer at a time (`defer(None)`)."""
    related = Analysis.objects.visible_to(request.user).select_related(
        "scan__dependant", "model_version", "patient", "review__practitioner__practitioner_profile"
    )
    return related.prefetch_related("review__opinions", "review__addenda__author").defer(
        "model_version__manifest", "model_version__metrics"
    )


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Which picture do you have?"""
    active = set(ModelVersion.objects.filter(state=ModelVersion.State.ACTIVE).values_list("disease", flat=True))
    groups = [
        {
            "code": modality,
            "name": name,
            "diseases": [(d, d.code in active) for d in diseases.DISEASES.values() if d.modality == modality],
        }
        for modality, name in diseases.MODALITIES.items()
    ]
    latest = list(_found(request).filter(patient=request.user)[:LATEST]) if request.user.is_authenticated else []
    record_many("analysis.listed", latest, actor=request.user, patients=[request.user] * len(latest))
    to_verify = 0
    if request.user.is_authenticated and request.user.is_administrator:
        to_verify = PractitionerProfile.objects.filter(verification=Verification.PENDING).count()
    return render(request, "analyses/home.html", {"groups": groups, "latest": latest, "to_verify": to_verify})


@login_required
@require_http_methods(["GET", "POST"])
def disease(request: HttpRequest, code: str) -> HttpResponse:
    """The page of a disease. A script posts the files one by one and wants JSON; without scripts all come in one form."""
    if code not in diseases.DISEASES:
        raise Http404
    found = diseases.get(code)
    wants_json = request.method == "POST" and request.accepts("application/json") and not request.accepts("text/html")
    others = [] if wants_json and "also" not in request.POST else _others(found)
    children = [] if wants_json and not request.POST.get("person") else Dependant.objects.of(request.user)
    form = UploadForm(found, others, children, request.POST if request.method == "POST" else None)
    refusals: list[dict[str, Any]] = []
    if request.method == "POST":
        files: list[tuple[str, Opened]] = [(str(file.name), partial(_in_the_form, file)) for file in request.FILES.getlist("files")]
        files += [("", partial(_in_pieces, request.user, pk)) for pk in request.POST.getlist("upload")]
        submitted, refusals = _submit_all(request, found, form, files)
        if wants_json:
            if refusals:
                return _come_back(JsonResponse(refusals[0], status=400), refusals)
            if not submitted:
                return JsonResponse({"code": "no_file", "message": _("Choose a picture first.")}, status=400)
            done = submitted[0]
            url = reverse("analyses:detail", args=[done.analysis.pk])
            return JsonResponse({"url": url, "created": done.created}, status=201 if done.created else 200)
        if not files:
            refusals = [{"name": "", "code": "no_file", "message": _("Choose a picture first.")}]
        if submitted and not refusals:
            return _go_on(request, submitted)
        for done in submitted:
            messages.success(request, _("Uploaded: {scan}. You find it in your scans.").format(scan=done.analysis.scan))
    context = {
        "disease": found,
        "version": ModelVersion.objects.active(code),
        "form": form,
        "refusals": refusals,
        "consented": has_consented(request.user),
        "is_minor": is_minor(patient_profile(request.user).birth_date),
        "max_bytes": MAX_BYTES,
        "examples": _examples(found.modality),
    }
    return _come_back(render(request, "analyses/disease.html", context, status=400 if refusals else 200), refusals)


def _come_back(response: HttpResponse, refusals: list[dict[str, Any]]) -> HttpResponse:
    """Say by status and Retry-After that the same is worth another try; where several were refused, the first that is."""
    for refused in refusals:
        if refused["code"] in COME_BACK:
            response.status_code = COME_BACK[refused["code"]]
            response["Retry-After"] = str(refused["retry_after"])
            response._has_been_logged = True  # type: ignore[attr-defined]  # Django logs a 503 as an error; this is none
            break
    return response


def _examples(modality: str) -> dict[str, Any]:
    """Drawn pictures, a good one and some that would be refused (samples/examples.py)."""
    bad = {"too_dark": _("too dark"), "too_blurred": _("out of focus"), "too_bright": _("too bright")}
    folder = f"img/examples/{modality}"
    return {"good": f"{folder}/good.jpg", "bad": [(words, f"{folder}/{code}.jpg") for code, words in bad.items()]}


def _others(found: diseases.Disease) -> list[diseases.Disease]:
    """What else can be asked about this disease's kind of picture."""
    active = ModelVersion.objects.filter(state=ModelVersion.State.ACTIVE).exclude(disease=found.code)
    codes = active.order_by("disease").values_list("disease", flat=True)
    return [other for code in codes if (other := diseases.get(code)).modality == found.modality]


@contextmanager
def _in_the_form(file: UploadedFile) -> Iterator[bytes]:
    """The bytes of a file that came with the form."""
    if (file.size or 0) > MAX_BYTES:  # before a byte of it is read into memory
        raise ImageRejected("too_large")
    yield file.read()


@contextmanager
def _in_pieces(owner: Any, pk: str) -> Iterator[bytes]:
    """The bytes of a file that came in pieces before the form; it goes away when it is of no more use."""
    upload = uploads.find(owner=owner, pk=pk)
    try:
        yield upload.file.read()
    except ImageRejected:
        uploads.discard(upload)
        raise
    uploads.discard(upload)


def _submit_all(
    request: HttpRequest, found: diseases.Disease, form: UploadForm, files: list[tuple[str, Opened]]
) -> tuple[list[services.Submitted], list[dict[str, Any]]]:
    submitted: list[services.Submitted] = []
    refusals: list[dict[str, Any]] = []
    if not form.is_valid():
        return [], [{"name": "", "code": "invalid", "message": _("One of the ticked boxes is not known here. Please reload the page.")}]
    for name, opened in files:
        try:
            with opened() as data:
                submitted.append(
                    services.submit(
                        patient=request.user,
                        data=data,
                        disease=found.code,
                        also=form.cleaned_data["also"],
                        symptoms=form.cleaned_data["symptoms"],
                        wants_review=form.cleaned_data["wants_review"],
                        dependant=form.cleaned_data["person"],
                        laterality=form.cleaned_data["laterality"],
                    )
                )
        except REFUSALS as refused:
            refusals.append({"name": name, "code": refused.code, "message": refusal(refused)})
            if refused.code in COME_BACK:
                refusals[-1]["retry_after"] = refused.retry_after  # type: ignore[union-attr]
    return submitted, refusals


def _go_on(request: HttpRequest, submitted: list[services.Submitted]) -> HttpResponse:
    if len(submitted) > 1:
        count = len(submitted)
        told = ngettext("{count} picture is uploaded.", "{count} pictures are uploaded. Each gets its own answer.", count)
        messages.success(request, told.format(count=count))
        return redirect("analyses:list")
    if not submitted[0].created:
        messages.info(request, _("You sent this very picture before: here is its answer."))
    return redirect("analyses:detail", pk=submitted[0].analysis.pk)


@login_required
@require_GET
def history(request: HttpRequest) -> HttpResponse:
    """All of one's own scans over time; for administrators too, their own."""
    own = _found(request).filter(patient=request.user)
    filtered = AnalysisFilter(request.GET, queryset=own)
    sent = {*own.order_by().values_list("disease", flat=True).distinct(), request.GET.get("disease")}
    filtered.form.fields["disease"].choices = [(code, name) for code, name in DISEASE_CHOICES if code in sent]
    found = stretch(filtered.qs, request.GET.get("before", ""))
    if not request.htmx:  # a refresh of the page that is open is no new reading  # type: ignore[attr-defined]
        record_many("analysis.listed", found.analyses, actor=request.user, patients=[request.user] * len(found.analyses))
    has_pending = any(analysis.is_pending for analysis in found.analyses)
    return render(request, "analyses/list.html", {"stretch": found, "filter": filtered, "has_pending": has_pending})


@login_required
@require_GET
def detail(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    analysis = get_object_or_404(_found(request).defer(None), pk=pk)
    services.note_read(analysis=analysis, by=request.user)
    shown = _shown(request, analysis)
    beside = [
        other for other in {*shown["alongside"], *shown["over_time"]} if other.pk != analysis.pk
    ]  # answers to other pictures, and words
    record_many("analysis.listed", beside, actor=request.user, patients=[analysis.patient] * len(beside))
    return render(request, "analyses/detail.html", shown)


@login_required
@require_GET
def status(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """What the page asks for while it waits; 286 tells htmx to stop asking."""
    analysis = get_object_or_404(Analysis.objects.visible_to(request.user), pk=pk)
    if analysis.is_pending:  # asked for every second: no more than what it shows
        return render(request, "analyses/_progress.html", {"analysis": analysis, "place": place(analysis), "now": timezone.now()})
    analysis = get_object_or_404(_found(request), pk=pk)
    context = _shown(request, analysis)
    services.note_read(analysis=analysis, by=request.user)
    response = HttpResponseStopPolling()
    response.content = render(request, "analyses/_settled.html", context).content
    return reswap(retarget(response, "#analysis"), "outerHTML")


def _shown(request: HttpRequest, analysis: Analysis) -> dict[str, Any]:
    review = getattr(analysis, "review", None)
    return {
        "analysis": analysis,
        "disease": analysis.catalogue,
        "kind_over_time": OVER_TIME[analysis.catalogue.modality],
        "place": place(analysis) if analysis.is_pending else None,
        "now": timezone.now(),
        "review": review,
        "differs": _differs(analysis, review),
        "is_owner": analysis.patient_id == request.user.pk,
        "alongside": Analysis.objects.alongside(analysis).visible_to(request.user),
        "over_time": [] if analysis.is_pending else of_the_kind(analysis, _found(request)),
    }


def _differs(analysis: Analysis, review: Any) -> bool:
    """Whether the signed opinion and the model say different things. Either of them may also not be able to tell."""
    final = review.final if review is not None and review.signed_at else None
    if final is None or final.finding not in analysis.catalogue.classes or analysis.outcome == Analysis.Outcome.UNCERTAIN:
        return False
    return bool(final.finding != analysis.finding)


@login_required
@require_GET
def heatmap(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    analysis = get_object_or_404(Analysis.objects.visible_to(request.user).select_related("patient"), pk=pk)
    if not analysis.heatmap:
        raise Http404
    record("analysis.heatmap_read", analysis, actor=request.user, patient=analysis.patient)
    return send(analysis.heatmap, "image/png")


@login_required
@require_POST
def cancel(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    analysis = get_object_or_404(Analysis.objects.visible_to(request.user).select_related("patient"), pk=pk)
    if analysis.patient_id != request.user.pk and not request.user.is_administrator:
        raise Http404
    try:
        services.cancel(analysis=analysis, by=request.user)
    except services.NotPossible as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Stopped. The picture stays in your scans; send it again whenever you like."))
    return redirect("analyses:detail", pk=analysis.pk)


@login_required
@require_POST
def correct_side(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    analysis = get_object_or_404(Analysis.objects.visible_to(request.user).select_related("scan__patient"), pk=pk, patient=request.user)
    try:
        services.correct_side(analysis=analysis, laterality=request.POST.get("laterality", ""), by=request.user)
    except services.NotPossible as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("Corrected. A practitioner will read it as the {side}.").format(side=analysis.side.lower()))
    return redirect("analyses:detail", pk=analysis.pk)


@login_required
@require_GET
def models(request: HttpRequest) -> HttpResponse:
    """Every model version, by disease: what is in use, and what was."""
    known = list(ModelVersion.objects.all())
    groups = [(d, [version for version in known if version.disease == d.code]) for d in diseases.DISEASES.values()]
    return render(request, "analyses/models.html", {"groups": groups})


@login_required
@require_GET
def model(request: HttpRequest, code: str, version: str) -> HttpResponse:
    """The model card (Mitchell 2019)."""
    found = get_object_or_404(ModelVersion, disease=code, version=version)
    context = {
        "version": found,
        "disease": found.catalogue,
        "others": ModelVersion.objects.filter(disease=code).exclude(pk=found.pk),
        "implied": implied_by(found.metrics, found.operating_point),
    }
    return render(request, "analyses/model.html", context)


def _managed(request: HttpRequest, code: str, version: str) -> ModelVersion:
    """A version, for administrators only."""
    if not request.user.is_administrator:
        raise PermissionDenied
    return get_object_or_404(ModelVersion, disease=code, version=version)


@login_required
@require_http_methods(["GET", "POST"])
def operating_point(request: HttpRequest, code: str, version: str) -> HttpResponse:
    """Where this version's answers turn: an administrator moves it, and sees what it implies."""
    found = _managed(request, code, version)
    if request.method == "POST":
        form = OperatingPointForm(request.POST)
        if form.is_valid():
            versions.set_operating_point(version=found, by=request.user, point=form.point, reason=form.cleaned_data["reason"])
            messages.success(request, _("Set. New pictures are answered by it; answers that were given keep theirs."))
            return redirect("analyses:model", code=code, version=version)
    else:
        form = OperatingPointForm(initial={name: getattr(found.operating_point, name) for name in POINT})
    context = {
        "version": found,
        "disease": found.catalogue,
        "form": form,
        "sliders": [form[name] for name in POINT],
        "implied": implied_by(found.metrics, found.operating_point),
    }
    return render(request, "analyses/operating_point.html", context, status=400 if form.is_bound else 200)


@login_required
@require_GET
def implied(request: HttpRequest, code: str, version: str) -> HttpResponse:
    """What the values of the form would mean: asked for while a slider moves. Nothing is kept."""
    found = _managed(request, code, version)
    form = OperatingPointForm({**request.GET.dict(), "reason": "not asked for yet"})
    point = form.point if form.is_valid() else None
    context = {"version": found, "point": point, "implied": implied_by(found.metrics, point) if point else None}
    return render(request, "analyses/_implied.html", context)


@login_required
@require_POST
def reset_operating_point(request: HttpRequest, code: str, version: str) -> HttpResponse:
    versions.reset_operating_point(version=_managed(request, code, version), by=request.user)
    messages.success(request, _("Back to the values that were shipped."))
    return redirect("analyses:model", code=code, version=version)
