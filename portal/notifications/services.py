"""Telling people, and keeping note of what they have read."""

import logging
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import models, transaction
from django.template.loader import render_to_string
from django.utils import timezone

from .models import Notification
from .tasks import send_emails

logger = logging.getLogger(__name__)


def notify(*, user: Any, kind: str, subject_id: object, url: str, email: bool = True) -> None:
    """Tell one person one thing, once; the e-mail goes out when the transaction is through."""
    notify_each([Notification(user=user, kind=kind, subject_id=str(subject_id), url=url)], email=email)


def notify_each(news: Sequence[Notification], *, email: bool = True) -> None:
    """The same for several. `news` are not saved yet, and no two of them are the same."""
    about = Notification.objects.filter(kind__in={one.kind for one in news}, subject_id__in=[one.subject_id for one in news])
    told = set(about.values_list("user", "kind", "subject_id"))
    new = Notification.objects.bulk_create([one for one in news if (one.user_id, one.kind, one.subject_id) not in told])
    if new and email:
        transaction.on_commit(lambda: _queue_emails([one.pk for one in new]))


def _queue_emails(keys: list[int]) -> None:
    try:
        send_emails.apply_async([keys])
    except send_emails.OperationalError:
        logger.warning("the broker can not be reached; notifications %s are shown in the portal only", keys)


def deliver_each(keys: Iterable[int]) -> list[int]:
    """Send the e-mails of notifications. Returns those that could not be sent, so that one bad address holds up nobody else's."""
    failed = []
    for pk in keys:
        try:
            deliver(pk)
        except OSError:
            logger.exception("the e-mail of notification %s could not be sent", pk)
            failed.append(pk)
    return failed


def deliver(pk: int) -> None:
    """Send the e-mail of a notification, once. It says that there is news, never what: mail is not private."""
    notification = Notification.objects.select_related("user").get(pk=pk)
    if notification.emailed_at is not None:
        return
    context = {"notification": notification, "link": settings.SITE_URL + notification.url}
    message = EmailMultiAlternatives(
        subject=f"MEDINFORM: {notification.get_kind_display()}",
        body=render_to_string("notifications/email/notification.txt", context),
        to=[notification.user.email],
    )
    message.attach_alternative(render_to_string("notifications/email/notification.html", context), "text/html")
    message.send()
    Notification.objects.filter(pk=pk).update(emailed_at=timezone.now())


def mark_read(notifications: models.QuerySet) -> int:
    """Returns how many were unread until now."""
    return notifications.filter(read_at__isnull=True).update(read_at=timezone.now())
