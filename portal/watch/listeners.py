"""What is counted, from the news of the rooms below. What happens in a transaction counts when it is committed."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from celery.signals import task_postrun, task_prerun
from django.contrib.auth.signals import user_logged_in, user_login_failed
from django.db import transaction
from django.dispatch import receiver

from portal.analyses.models import Analysis
from portal.analyses.signals import analyses_finished, analyses_submitted, analysis_requeued, answers_stored, upload_refused

from . import metrics

STAGES = ("decode", "gate", "prepare", "model", "heatmap")


def line(analysis: Analysis) -> str:
    """In which an analysis waits: somebody's few, or the backlog."""
    return "bulk" if analysis.in_bulk else "few"


def on_commit(count: Callable[..., None]) -> Callable[..., None]:
    def later(sender: Any, **news: Any) -> None:  # not functools.wraps: Django would miss the **kwargs
        news.pop("signal")
        transaction.on_commit(lambda: count(**news))

    return later


@receiver(analyses_submitted)
@on_commit
def count_uploads(analyses: list[Analysis]) -> None:
    for analysis in analyses:
        metrics.UPLOADS.labels(analysis.disease, line(analysis)).inc()


@receiver(upload_refused)
def count_refusal(sender: Any, disease: str, code: str, **kwargs: Any) -> None:
    metrics.UPLOADS_REFUSED.labels(disease, code).inc()


@receiver(analyses_finished)
@on_commit
def count_ends(analyses: list[Analysis]) -> None:
    for analysis in analyses:
        metrics.ANALYSES.labels(analysis.disease, analysis.status).inc()
        if analysis.status == Analysis.Status.REJECTED:
            metrics.REJECTIONS.labels(analysis.disease, analysis.error_code).inc()
        elif analysis.status == Analysis.Status.FAILED:
            metrics.FAILURES.labels(analysis.disease, analysis.error_code).inc()
        elif analysis.status == Analysis.Status.DONE:
            _count_answer(analysis)


def _count_answer(analysis: Analysis) -> None:
    metrics.ANSWERS.labels(analysis.disease, analysis.model_version.version, analysis.outcome).inc()
    for stage in STAGES:
        if stage in analysis.seconds:
            metrics.STAGE_SECONDS.labels(analysis.disease, stage).observe(analysis.seconds[stage])
    if analysis.started_at:
        metrics.WAIT_SECONDS.labels(line(analysis)).observe(_span(analysis.queued_at, analysis.started_at))
    if analysis.finished_at:
        metrics.ANSWER_SECONDS.labels(line(analysis)).observe(_span(analysis.queued_at, analysis.finished_at))


def _span(start: datetime, end: datetime) -> float:
    return max(0.0, (end - start).total_seconds())


@receiver(analysis_requeued)
@on_commit
def count_retry(analysis: Analysis, code: str) -> None:
    metrics.RETRIES.labels(analysis.disease, code).inc()


@receiver(answers_stored)
def count_storing(sender: Any, disease: str, seconds: float, **kwargs: Any) -> None:
    metrics.STAGE_SECONDS.labels(disease, "store").observe(seconds)


@receiver(user_logged_in)
def count_sign_in(sender: Any, **kwargs: Any) -> None:
    metrics.SIGN_INS.labels("signed_in").inc()


@receiver(user_login_failed)
def count_failed_sign_in(sender: Any, **kwargs: Any) -> None:
    metrics.SIGN_INS.labels("refused").inc()


@task_prerun.connect(weak=False)
def start_task(task: Any = None, **kwargs: Any) -> None:
    if task is not None:
        task.request.began = time.perf_counter()


@task_postrun.connect(weak=False)
def count_task(task: Any = None, state: str | None = None, **kwargs: Any) -> None:
    if task is None:
        return
    metrics.TASKS.labels(task.name, (state or "unknown").lower()).inc()
    if (began := getattr(task.request, "began", None)) is not None:
        metrics.TASK_SECONDS.labels(task.name).observe(time.perf_counter() - began)
