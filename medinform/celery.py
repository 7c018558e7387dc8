"""The Celery app: two queues, `inference` for models and `default` for all else. The row is the job; a message only carries its id.

A message also carries the id of the request that it came of, so that log lines and audit events of the task name it.
"""

import os
from contextlib import ExitStack
from contextvars import Token
from logging.config import dictConfig
from typing import Any

from celery import Celery, Task
from celery.signals import before_task_publish, setup_logging, task_postrun, task_prerun, worker_process_init

from medinform import deaf, niceness, tracing  # noqa: F401  (the first two connect their signals)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "medinform.settings")

app = Celery("medinform")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
_running: dict[str, tuple[Token, ExitStack]] = {}


@setup_logging.connect
def log_as_everything_else(**kwargs: Any) -> None:
    from django.conf import settings

    dictConfig(settings.LOGGING)


@before_task_publish.connect
def carry_request(headers: dict[str, Any], **kwargs: Any) -> None:
    from portal.audit.context import current

    if current().request_id:
        headers.setdefault("request_id", current().request_id)
    carried: dict[str, str] = {}
    tracing.carry(carried)
    if carried:
        headers.setdefault("trace", carried)


@task_prerun.connect
def enter_request(task_id: str, task: Task, **kwargs: Any) -> None:
    from portal.audit.context import RequestContext, set_context

    spans = ExitStack()
    spans.enter_context(tracing.span(task.name, carrier=task.request.get("trace"), task=task.name))
    _running[task_id] = (set_context(RequestContext(request_id=task.request.get("request_id") or "")), spans)


@task_postrun.connect
def leave_request(task_id: str, **kwargs: Any) -> None:
    from portal.audit.context import reset_context

    token, spans = _running.pop(task_id, (None, None))
    if token is not None and spans is not None:
        spans.close()
        reset_context(token)


@worker_process_init.connect
def start_tracing(**kwargs: Any) -> None:
    tracing.start("worker")


@task_prerun.connect
@task_postrun.connect
def keep_good_connections(**kwargs: Any) -> None:
    """As between two requests: a connection lives for CONN_MAX_AGE, and a broken one is replaced before the next task."""
    from django.db import close_old_connections

    close_old_connections()
