"""Rows are trusted, not messages: whatever the broker or a worker lost is found here and moved on."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from . import backlog, services, suspects
from .models import Analysis


def sweep() -> dict[str, int]:
    """Send again what no worker claimed; requeue, or after the last attempt fail, what lost its heartbeat. What was only claimed together
    with that goes back as it was, and is sent again at once."""
    now = timezone.now()
    lost = Analysis.objects.select_related("patient").filter(
        status=Analysis.Status.RUNNING, heartbeat_at__lt=now - timedelta(seconds=settings.ANALYSIS_LOST_AFTER_SECONDS)
    )
    beside = suspects.bystanders(lost)
    backlog.give_back(beside, sent_at=None)
    requeued = sum(services.try_again(analysis, code="worker_lost") for analysis in lost if analysis not in beside)

    waiting_since = now - timedelta(seconds=settings.ANALYSIS_RESEND_AFTER_SECONDS)
    never_sent = Q(sent_at__isnull=True, queued_at__lt=now - timedelta(seconds=5))
    unclaimed = Analysis.objects.filter(never_sent | Q(sent_at__lt=waiting_since), status=Analysis.Status.QUEUED)
    many = unclaimed & Analysis.objects.in_backlog()
    sent = 0
    for analysis in unclaimed.exclude(in_bulk=True, attempt=0).order_by("queued_at")[:1000]:
        services.send(analysis, last=suspects.may_hang_again(analysis, now))
        sent += 1
    if many.exists() and backlog.wake():  # one message stands for all of them
        sent += many.update(sent_at=now)
    return {"requeued": requeued, "sent": sent}
