"""Thin: each task names the service that does the work."""

from celery import shared_task


@shared_task
def seal() -> None:
    from .chain import seal

    seal()
