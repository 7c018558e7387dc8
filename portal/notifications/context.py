from typing import Any

from django.http import HttpRequest

from .models import Notification


def unread(request: HttpRequest) -> dict[str, Any]:
    """The number on the bell; asked for only by the templates that show it."""
    return {"unread_notifications": lambda: Notification.objects.visible_to(request.user).unread().count()}
