"""Thin: each task names the service that does the work."""

from celery import Task, shared_task


@shared_task(bind=True, autoretry_for=(OSError,), max_retries=3, retry_backoff=10)
def send_email(self: Task, pk: int) -> None:
    from .services import deliver

    deliver(pk)
