"""Rows are trusted, not messages: whatever the broker or a worker lost is found here and moved on.

Who is late is told by one clock, the database's: it writes when a worker was heard and a message sent, and says how long ago that is. A
machine whose own clock is wrong takes nothing away from others, and what it leaves behind is not waited for until that time has come.
"""

from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from . import backlog, services, suspects
from .models import Analysis


def sweep() -> dict[str, int]:
    """Send again what no worker claimed; requeue, or after the last attempt fail, what lost its heartbeat. What was only claimed together
    with that goes back as it was, and is sent again at once."""
    silent = Q(status=Analysis.Status.RUNNING, heartbeat_at__lt=Now() - timedelta(seconds=settings.ANALYSIS_LOST_AFTER_SECONDS))
    lost = Analysis.objects.select_related("patient").filter(silent).order_by("queued_at")  # as claimed: of two suspects the former first
    beside = suspects.bystanders(lost)
    backlog.give_back(beside, sent_at=None)
    requeued = sum(services.try_again(analysis, code="worker_lost") for analysis in lost if analysis not in beside)

    waiting_since = Now() - timedelta(seconds=settings.ANALYSIS_RESEND_AFTER_SECONDS)
    just_stored = Q(queued_at__gte=Now() - timedelta(seconds=5), queued_at__lte=Now())  # by the clock of whoever took the upload
    never_sent = Q(sent_at__isnull=True) & ~just_stored
    unclaimed = Analysis.objects.filter(never_sent | Q(sent_at__lt=waiting_since), status=Analysis.Status.QUEUED)
    many = unclaimed & Analysis.objects.in_backlog()
    sent, now = 0, timezone.now()
    for analysis in unclaimed.exclude(in_bulk=True, attempt=0).order_by("queued_at")[:1000]:
        services.send(analysis, last=suspects.may_hang_again(analysis, now))
        sent += 1
    if many.exists() and backlog.wake():  # one message stands for all of them
        sent += many.update(sent_at=Now())
    return {"requeued": requeued, "sent": sent}
