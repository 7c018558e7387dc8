"""What analyses do when a person withdraws their consent."""

from typing import Any

from django.dispatch import receiver

from portal.accounts.models import User
from portal.accounts.signals import consent_withdrawn

from .models import Analysis
from .services import cancel


@receiver(consent_withdrawn)
def stop_what_waits(sender: type, user: User, **kwargs: Any) -> None:
    """Locked first, so that no worker claims or answers one of them in between."""
    waiting = Analysis.objects.select_for_update(of=["self"]).filter(patient=user, status__in=Analysis.PENDING)
    for analysis in waiting.select_related("patient"):
        cancel(analysis=analysis, by=user)
