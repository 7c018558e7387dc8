"""Headers that Django and django-csp have no setting for, on every answer, static files too."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

# Pictures are taken by the phone's own camera app (a file field), which needs no leave; passkeys do.
ALLOWED = ("publickey-credentials-create", "publickey-credentials-get", "fullscreen", "clipboard-write")
FORBIDDEN = (
    *(
        "accelerometer",
        "autoplay",
        "bluetooth",
        "browsing-topics",
        "camera",
        "display-capture",
        "encrypted-media",
        "geolocation",
        "gyroscope",
    ),
    *("hid", "idle-detection", "magnetometer", "microphone", "midi", "payment", "screen-wake-lock", "serial", "usb"),
)
PERMISSIONS = ", ".join([f"{name}=(self)" for name in ALLOWED] + [f"{name}=()" for name in FORBIDDEN])


class HardeningHeaders:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response
