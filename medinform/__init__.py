"""The Django project: settings, urls, the Celery app and the ways to start it. No domain code."""

from medinform.celery import app as celery_app

__all__ = ["celery_app"]
