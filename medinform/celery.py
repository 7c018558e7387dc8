"""The Celery app: two queues, `inference` for models and `default` for all else. The row is the job; a message only carries its id."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "medinform.settings")

app = Celery("medinform")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
