"""The scan's files. Never public: checked, audited, and sent with a fixed type."""

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from portal.audit.services import record

from .models import Scan


def send(file, content_type: str) -> FileResponse:  # type: ignore[no-untyped-def]
    """A private file: not cached by anyone between, never sniffed, never run."""
    response = FileResponse(file.open("rb"), content_type=content_type)
    response["Cache-Control"] = "private, max-age=300"
    response["Content-Disposition"] = "inline"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def send_image(request: HttpRequest, scan: Scan) -> FileResponse:
    record("scan.image_read", scan, actor=request.user, patient=scan.patient)
    return send(scan.file, scan.content_type)


def send_thumbnail(request: HttpRequest, scan: Scan) -> FileResponse:
    if scan.patient_id != request.user.pk:  # lists show many: a patient's own are not worth an event each
        record("scan.thumbnail_read", scan, actor=request.user, patient=scan.patient)
    return send(scan.thumbnail, "image/jpeg")


@login_required
@require_GET
def image(request: HttpRequest, pk) -> FileResponse:  # type: ignore[no-untyped-def]
    return send_image(request, get_object_or_404(Scan.objects.visible_to(request.user), pk=pk))


@login_required
@require_GET
def thumbnail(request: HttpRequest, pk) -> FileResponse:  # type: ignore[no-untyped-def]
    return send_thumbnail(request, get_object_or_404(Scan.objects.visible_to(request.user), pk=pk))
