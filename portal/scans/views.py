"""The scan's files. Never public: checked, audited, and sent with a fixed type."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from portal.accounts.files import private, send
from portal.audit.services import record

from . import services
from .models import Scan


def send_image(request: HttpRequest, scan: Scan) -> HttpResponseBase:
    record("scan.image_read", scan, actor=request.user, patient=scan.patient)
    return send(scan.file, scan.content_type)


def send_thumbnail(request: HttpRequest, scan: Scan) -> HttpResponseBase:
    if scan.patient_id != request.user.pk:  # lists show many: a patient's own are not worth an event each
        record("scan.thumbnail_read", scan, actor=request.user, patient=scan.patient)
    return send(scan.thumbnail, "image/jpeg")


@login_required
@require_GET
def image(request: HttpRequest, pk) -> HttpResponseBase:  # type: ignore[no-untyped-def]
    return send_image(request, get_object_or_404(Scan.objects.visible_to(request.user), pk=pk))


@login_required
@require_GET
def preview(request: HttpRequest, pk) -> HttpResponseBase:  # type: ignore[no-untyped-def]
    """The picture as a page shows it: a photograph of 12 megapixels is not sent to a phone for a box of 3 inches."""
    scan = get_object_or_404(Scan.objects.visible_to(request.user), pk=pk)
    smaller = services.preview(scan)
    if smaller is None:
        return send_image(request, scan)
    record("scan.image_read", scan, actor=request.user, patient=scan.patient, preview=True)
    return private(HttpResponse(smaller, content_type="image/jpeg"))


@login_required
@require_GET
def thumbnail(request: HttpRequest, pk) -> HttpResponseBase:  # type: ignore[no-untyped-def]
    return send_thumbnail(request, get_object_or_404(Scan.objects.visible_to(request.user), pk=pk))
