"""Thin: each task names the service that does the work."""

from celery import shared_task


@shared_task
def release_expired() -> None:
    from .services import release_expired

    release_expired()


@shared_task
def remind_of_critical() -> None:
    from .critical import remind

    remind()


@shared_task
def forget_old_drafts() -> None:
    from .drafts import forget_old

    forget_old()


@shared_task
def tell_overdue() -> None:
    from .overdue import tell_overdue

    tell_overdue()
