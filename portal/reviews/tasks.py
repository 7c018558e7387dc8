"""Thin: each task names the service that does the work."""

from celery import shared_task


@shared_task
def release_expired() -> None:
    from .services import release_expired

    release_expired()
