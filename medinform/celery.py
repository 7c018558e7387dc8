"""The Celery app: two queues, `inference` for models and `default` for all else. The row is the job; a message only carries its id."""

import os
from typing import Any

from celery import Celery
from celery.signals import task_postrun, task_prerun

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "medinform.settings")

app = Celery("medinform")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@task_prerun.connect
@task_postrun.connect
def keep_good_connections(**kwargs: Any) -> None:
    """As between two requests: a connection lives for CONN_MAX_AGE, and a broken one is replaced before the next task."""
    from django.db import close_old_connections

    close_old_connections()
