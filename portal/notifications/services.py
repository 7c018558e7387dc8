"""Telling people, and keeping note of what they have read."""

import logging
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import models, transaction
from django.template.loader import render_to_string
from django.utils import timezone

from .models import Notification
from .tasks import send_email

logger = logging.getLogger(__name__)


def notify(*, user: Any, kind: str, subject_id: object, url: str, email: bool = True) -> None:
    """Tell one person one thing, once; the e-mail goes out when the transaction is through."""
    notification, created = Notification.objects.get_or_create(user=user, kind=kind, subject_id=str(subject_id), defaults={"url": url})
    if created and email:
        transaction.on_commit(lambda: _queue_email(notification.pk))


def _queue_email(pk: int) -> None:
    try:
        send_email.apply_async([pk])
    except send_email.OperationalError:
        logger.warning("the broker can not be reached; notification %s is shown in the portal only", pk)


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
