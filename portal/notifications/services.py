"""Telling people, and keeping note of what they have read."""

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import models, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from portal.accounts.languages import spoken_to

from . import digest, unsubscribe
from .models import Notification
from .preferences import choices_for
from .tasks import send_emails

logger = logging.getLogger(__name__)
MAIL_FOR = timedelta(days=1)  # how old news may be that is still worth a mail


def notify(*, user: Any, kind: str, subject_id: object, url: str, email: bool = True) -> None:
    """Tell one person one thing, once, where they want to be told; the e-mail goes out when the transaction is through."""
    notify_each([Notification(user=user, kind=kind, subject_id=str(subject_id), url=url)], email=email)


def notify_each(news: Sequence[Notification], *, email: bool = True) -> None:
    """The same for several. `news` are not saved yet, and no two of them are the same. With `email` False none is worth a mail."""
    about = Notification.objects.filter(kind__in={one.kind for one in news}, subject_id__in=[one.subject_id for one in news])
    told = set(about.values_list("user", "kind", "subject_id"))
    fresh = [one for one in news if (one.user_id, one.kind, one.subject_id) not in told]
    chosen = choices_for((one.user_id, one.kind) for one in fresh) if fresh else {}
    by_mail = {id(one) for one in fresh if email and chosen[one.user_id, one.kind].email}
    for one in fresh:
        one.in_portal, one.by_mail = chosen[one.user_id, one.kind].portal, id(one) in by_mail
    new = Notification.objects.bulk_create([one for one in fresh if one.in_portal or id(one) in by_mail])
    keys = [one.pk for one in new if id(one) in by_mail]
    if keys:
        transaction.on_commit(lambda: _queue_emails(keys))


def _queue_emails(keys: list[int]) -> None:
    try:
        send_emails.apply_async([keys])
    except send_emails.OperationalError:
        logger.warning("the broker can not be reached; the e-mails of notifications %s are sent later", keys)


def send_lost(now: datetime | None = None) -> int:
    """Rows are trusted, not messages: what should have gone out by now and did not is sent again, for a day. Returns how many."""
    now = now or timezone.now()
    since, until = now - MAIL_FOR, now - timedelta(seconds=settings.MAIL_AGAIN_SECONDS)
    lost = Notification.objects.filter(by_mail=True, emailed_at__isnull=True, user__is_active=True, created_at__range=(since, until))
    keys = list(lost.order_by("created_at").values_list("pk", flat=True)[:1000])
    if keys:
        _queue_emails(keys)
    return len(keys)


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


def send_digests(now: datetime | None = None) -> int:
    """Tell every practitioner whose day has begun, and for whom something waits, what waits. At most one a day: the day is its subject."""
    count = 0
    for practitioner, day in digest.due(now or timezone.now()):
        if any(digest.what_waits(practitioner).values()):
            notify(user=practitioner, kind=Notification.Kind.DIGEST, subject_id=day.isoformat(), url=reverse("reviews:list"))
            count += 1
    return count


def deliver(pk: int) -> None:
    """Send the e-mail of a notification, once. It says that there is news, never what, nor of whom: mail is not private."""
    notification = Notification.objects.select_related("user").get(pk=pk)
    if notification.emailed_at is not None or not notification.user.is_active:
        return
    with spoken_to(notification.user):
        _message(notification).send()
    Notification.objects.filter(pk=pk).update(emailed_at=timezone.now())


def _message(notification: Notification) -> EmailMultiAlternatives:
    """In the language that is spoken now."""
    context: dict[str, Any] = {
        "notification": notification,
        "link": settings.SITE_URL + notification.url,
        "settings_link": settings.SITE_URL + reverse("notifications:settings"),
        "unsubscribe_link": unsubscribe.address(notification.user, notification.kind),
    }
    name = "notification"
    if notification.kind == Notification.Kind.DIGEST:
        name, context["waits"] = "digest", digest.what_waits(notification.user)
    message = EmailMultiAlternatives(
        subject=f"MEDINFORM: {notification.get_kind_display()}",
        body=render_to_string(f"notifications/email/{name}.txt", context),
        to=[notification.user.email],
        headers=unsubscribe.headers(notification.user, notification.kind),
    )
    message.attach_alternative(render_to_string(f"notifications/email/{name}.html", context), "text/html")
    return message


def mark_read(notifications: models.QuerySet) -> int:
    """Returns how many were unread until now."""
    return notifications.filter(read_at__isnull=True).update(read_at=timezone.now())
