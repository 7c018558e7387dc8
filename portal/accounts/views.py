"""Pages about oneself: profile, consent, documents. Sign-in and its kin are allauth's."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django.views.i18n import set_language

from portal.audit.services import record

from . import dependants as children
from . import files, services
from .forms import DependantForm, DocumentForm, ProfileForm
from .languages import known
from .models import ConsentText, Dependant, PractitionerDocument


@login_required
@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    form = ProfileForm(request.POST or None, instance=services.patient_profile(request.user))
    if request.method == "POST" and form.is_valid():
        services.update_profile(user=request.user, **form.cleaned_data)
        messages.success(request, _("Your profile is saved."))
        return redirect("accounts:profile")
    practitioner = getattr(request.user, "practitioner_profile", None)
    context = {
        "form": form,
        "practitioner": practitioner,
        "documents": PractitionerDocument.objects.visible_to(request.user).filter(profile=practitioner) if practitioner else [],
        "document_form": DocumentForm(),
        "consents": request.user.consents.select_related("text"),
    }
    return render(request, "accounts/profile.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def consent(request: HttpRequest) -> HttpResponse:
    """Shows the text in force; POST agrees to it and goes on to where the person came from."""
    text = ConsentText.current()
    target = request.POST.get("next") or request.GET.get("next") or "/"
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}):
        target = "/"
    if request.method == "POST" and text is not None:
        if request.POST.get("version") == str(text.version) and request.POST.get("agree"):
            services.give_consent(user=request.user, text=text)
            return redirect(target)
        messages.error(request, _("The text has changed, or the box was not ticked. Please read it and tick the box."))
    shown = text and text.translated(get_language())
    context = {"text": text, "shown": shown, "given": services.has_consented(request.user), "next": target}
    return render(request, "accounts/consent.html", context)


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Chooses the language of pages, in this browser and, signed in, wherever this person is."""
    chosen = request.POST.get("language", "")
    if request.user.is_authenticated and known(chosen):
        services.update_profile(user=request.user, language=chosen)
    return set_language(request)


@login_required
@require_http_methods(["GET", "POST"])
def dependants(request: HttpRequest) -> HttpResponse:
    """The children whom one looks after; POST adds one."""
    form = DependantForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            added = children.add(guardian=request.user, **form.cleaned_data)
        except (children.DependantRefused, children.GuardianRequired) as refused:
            form.add_error(None, refused.message)
        else:
            messages.success(request, _("{name} is on your list: choose them when you upload a picture.").format(name=added.name))
            return redirect("accounts:dependants")
    profile = services.patient_profile(request.user)
    context = {"form": form, "dependants": Dependant.objects.of(request.user), "is_minor": children.is_minor(profile.birth_date)}
    return render(request, "accounts/dependants.html", context, status=400 if form.errors else 200)


@login_required
@require_POST
def remove_dependant(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    dependant = get_object_or_404(Dependant.objects.of(request.user), pk=pk)
    children.remove(dependant=dependant, by=request.user)
    messages.success(request, _("{name} is off your list. Their scans and answers stay.").format(name=dependant.name))
    return redirect("accounts:dependants")


@login_required
@require_POST
def add_document(request: HttpRequest) -> HttpResponse:
    profile = getattr(request.user, "practitioner_profile", None)
    form = DocumentForm(request.POST, request.FILES)
    if profile is None or not form.is_valid():
        messages.error(request, _("Choose a file and say what it is."))
        return redirect("accounts:profile")
    try:
        upload = form.cleaned_data["file"]
        data = upload.read(services.MAX_DOCUMENT_BYTES + 1)
        services.add_document(profile=profile, title=form.cleaned_data["title"], data=data)
    except services.DocumentRefused as refused:
        messages.error(request, refused.message)
    else:
        messages.success(request, _("The document is added. An administrator will look at it."))
    return redirect("accounts:profile")


@login_required
@require_GET
def document(request: HttpRequest, pk: int) -> HttpResponseBase:
    documents = PractitionerDocument.objects.visible_to(request.user).select_related("profile__user")
    found = get_object_or_404(documents, pk=pk)
    record("practitioner.document_read", found, actor=request.user, patient=found.profile.user)
    return files.send(found.file, files.TYPES[found.extension], save_as=f"document-{found.pk}.{found.extension}")
