"""Thin: each task names the service that does the work."""

from celery import shared_task


@shared_task
def discard_orphans() -> None:
    from django.conf import settings

    from .integrity import discard_orphans

    discard_orphans(older_than=settings.ORPHAN_HOURS * 3600)
