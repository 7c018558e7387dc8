"""Thin: each task names the service that does the work."""

from celery import shared_task


@shared_task
def look() -> None:
    from .state import look

    look()


@shared_task
def look_at_models() -> None:
    from .drift import look

    look()


@shared_task
def answer() -> None:
    """Runs where analyses run: that it ran at all says that a worker answers."""
    from .state import look_at_models

    look_at_models()
