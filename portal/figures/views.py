"""My figures, and for administrators those of everybody and of every model version."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from portal.analyses.models import ModelVersion

from .live import live, live_of, weeks_of
from .measures import FEWEST
from .readers import figures_of, figures_of_all
from .services import counted
from .weeks import MEASURES, chart


@login_required
@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    if not request.user.is_verified_practitioner:
        raise PermissionDenied
    counts = counted()
    return render(request, "figures/mine.html", {"reader": figures_of(request.user, counts), "counts": counts, "fewest": FEWEST})


@login_required
@require_GET
def everybody(request: HttpRequest) -> HttpResponse:
    if not request.user.is_administrator:
        raise PermissionDenied
    counts = counted()
    context = {"readers": figures_of_all(counts), "models": live(counts), "counts": counts, "fewest": FEWEST}
    return render(request, "figures/everybody.html", context)


@login_required
@require_GET
def model(request: HttpRequest, code: str, version: str) -> HttpResponse:
    if not request.user.is_administrator:
        raise PermissionDenied
    found = get_object_or_404(ModelVersion, disease=code, version=version)
    counts = counted()
    weeks = weeks_of(found, counts)
    context = {
        "version": found,
        "live": live_of(found, counts),
        "counts": counts,
        "shipped": found.figures,
        "weeks": weeks,
        "charts": [(words, chart(weeks, measure=name, shipped=found.figures.get(name))) for name, words in MEASURES.items()],
        "fewest": FEWEST,
    }
    return render(request, "figures/model.html", context)
