"""Thin: each task names the service that does the work."""

from celery import shared_task


@shared_task
def erase() -> None:
    from .erasure import run_due

    run_due()
