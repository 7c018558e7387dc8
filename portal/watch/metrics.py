"""What processes count while they work. Labels name routes, diseases, model versions and codes: never a path, an id or a person."""

import prometheus_client.metrics as kinds
from prometheus_client import CollectorRegistry

from . import processes

processes.share()
COUNTED = CollectorRegistry()
QUICK = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 10)  # of a request; pages promise 0.3
STAGES = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60)
WAITS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800)


def _counter(name: str, about: str, *labels: str) -> kinds.Counter:
    return kinds.Counter(f"medinform_{name}", about, labels, registry=COUNTED)


def _histogram(name: str, about: str, *labels: str, buckets: tuple[float, ...]) -> kinds.Histogram:
    return kinds.Histogram(f"medinform_{name}", about, labels, registry=COUNTED, buckets=buckets)


HTTP_REQUESTS = _counter("http_requests", "Requests answered.", "route", "method", "status")
HTTP_SECONDS = _histogram("http_request_seconds", "From a request's arrival in Django to its answer.", "route", "method", buckets=QUICK)
SIGN_INS = _counter("sign_ins", "Tries to sign in.", "result")

UPLOADS = _counter("uploads", "Analyses that were asked for and are new.", "disease", "line")
UPLOADS_REFUSED = _counter("uploads_refused", "Uploads that were refused before anything was kept.", "disease", "code")
ANALYSES = _counter("analyses", "Analyses that came to an end.", "disease", "status")
REJECTIONS = _counter("rejections", "Analyses whose picture was at fault.", "disease", "code")
FAILURES = _counter("failures", "Analyses that failed for good: we are at fault.", "disease", "code")
RETRIES = _counter("retries", "Tries that were lost or broke off; the analysis waits again.", "disease", "code")
ANSWERS = _counter("answers", "Answers of a model.", "disease", "version", "outcome")
STAGE_SECONDS = _histogram("stage_seconds", "Time of one stage of an analysis.", "disease", "stage", buckets=STAGES)
WAIT_SECONDS = _histogram("wait_seconds", "From the upload until a worker took it.", "line", buckets=WAITS)
ANSWER_SECONDS = _histogram("answer_seconds", "From the upload to the stored answer.", "line", buckets=WAITS)

TASKS = _counter("tasks", "Celery tasks that ended.", "task", "result")
TASK_SECONDS = _histogram("task_seconds", "Time of a Celery task.", "task", buckets=STAGES)
