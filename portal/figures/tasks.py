"""Thin: each task names the service that does the work."""

from celery import shared_task

LONGEST = 1800


@shared_task(soft_time_limit=LONGEST, time_limit=LONGEST + 15)
def keep_counts() -> None:
    from .services import keep

    keep()
