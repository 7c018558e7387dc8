"""Thin: each task names the service that does the work."""

from celery import Task, shared_task


@shared_task(bind=True, max_retries=3)
def send_emails(self: Task, keys: list[int]) -> None:
    from .services import deliver_each

    failed = deliver_each(keys)
    if failed:
        raise self.retry(args=[failed], countdown=10 * 2**self.request.retries)


@shared_task
def send_lost() -> None:
    from .services import send_lost

    send_lost()


@shared_task
def send_digests() -> None:
    from .services import send_digests

    send_digests()
