"""Thin: each task names the service that does the work."""

from celery import shared_task


@shared_task
def discard_expired_uploads() -> None:
    from .uploads import discard_expired

    discard_expired()
