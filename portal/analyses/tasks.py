"""Thin: each task names the service that does the work."""

from typing import Any

from celery import Task, current_app, shared_task
from celery.signals import worker_process_init


@shared_task(bind=True)
def run(self: Task, analysis_id: str) -> None:
    from .worker import execute

    execute(analysis_id, worker=self.request.hostname or "")


@shared_task(bind=True)
def drain(self: Task) -> None:
    from .worker import drain

    drain(worker=self.request.hostname or "")


@shared_task
def sweep() -> None:
    from .sweeper import sweep

    sweep()


@worker_process_init.connect
def load_models(**kwargs: Any) -> None:
    """Load the active models after the fork and before the first task, in the workers that answer."""
    if "inference" in current_app.amqp.queues.consume_from:
        from .versions import warm_up
        from .worker import limit_memory

        warm_up()
        limit_memory()
