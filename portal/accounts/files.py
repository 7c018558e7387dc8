"""Private files. Only a view that has checked and audited sends one, under a fixed type, as something that can not run."""

from typing import TypeVar
from urllib.parse import quote

from django.conf import settings
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, HttpResponse, HttpResponseBase

R = TypeVar("R", bound=HttpResponseBase)
TYPES = {"jpg": "image/jpeg", "png": "image/png", "pdf": "application/pdf"}


def send(file: FieldFile, content_type: str, *, save_as: str = "") -> HttpResponseBase:
    """The file, shown in the page or, with `save_as`, saved under that name. With X_ACCEL_PREFIX nginx sends the bytes, unless they are
    sealed on the disk: nginx has no key."""
    if not settings.X_ACCEL_PREFIX or settings.MEDIA_KEYS:
        return private(FileResponse(file.open("rb"), content_type=content_type), save_as=save_as)
    response = HttpResponse(content_type=content_type)
    response["X-Accel-Redirect"] = settings.X_ACCEL_PREFIX + quote(str(file.name))
    return private(response, save_as=save_as)


def private(response: R, *, save_as: str = "") -> R:
    """Not cached by anyone between, never sniffed, never run, never part of another site's page."""
    response["Cache-Control"] = "private, max-age=300"
    response["Content-Disposition"] = f'attachment; filename="{save_as}"' if save_as else "inline"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    return response
