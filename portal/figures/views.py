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
from .weeks import MEASURES, chart


@login_required
@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    if not request.user.is_verified_practitioner:
        raise PermissionDenied
    return render(request, "figures/mine.html", {"reader": figures_of(request.user), "fewest": FEWEST})


@login_required
@require_GET
def everybody(request: HttpRequest) -> HttpResponse:
    if not request.user.is_administrator:
        raise PermissionDenied
    return render(request, "figures/everybody.html", {"readers": figures_of_all(), "models": live(), "fewest": FEWEST})


@login_required
@require_GET
def model(request: HttpRequest, code: str, version: str) -> HttpResponse:
    if not request.user.is_administrator:
        raise PermissionDenied
    found = get_object_or_404(ModelVersion, disease=code, version=version)
    weeks = weeks_of(found)
    context = {
        "version": found,
        "live": live_of(found),
        "shipped": found.figures,
        "weeks": weeks,
        "charts": [(words, chart(weeks, measure=name, shipped=found.figures.get(name))) for name, words in MEASURES.items()],
        "fewest": FEWEST,
    }
    return render(request, "figures/model.html", context)
