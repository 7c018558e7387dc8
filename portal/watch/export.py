"""The metrics in Prometheus's words: what processes counted, and how things stand."""

import os
import time
from collections.abc import Iterator
from typing import Any

from django.core.cache import cache
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from . import drift, readiness, state
from .metrics import COUNTED

LINES, QUEUES = ("few", "bulk"), ("inference", "default")


class Standing(Collector):
    """From the cache; what nobody has looked at is left out, so that a rule on its absence fires."""

    def collect(self) -> Iterator[Metric]:
        ready = GaugeMetricFamily("medinform_ready", "1 where this part is well.", labels=["part"])
        found = readiness.parts()
        for part, well in found.items():
            ready.add_metric([part], float(well))
        yield ready
        if found["broker"]:
            seen = [f"{state.ANSWERED}:{name}" for name in QUEUES]
            yield from _standing(cache.get_many([state.STATE, drift.DRIFT, *seen]))


def _standing(known: dict[str, Any]) -> Iterator[Metric]:
    answered = GaugeMetricFamily("medinform_worker_silent_seconds", "Since a worker of this queue has ended a task.", labels=["queue"])
    for name in QUEUES:
        if at := known.get(f"{state.ANSWERED}:{name}"):
            answered.add_metric([name], time.time() - at)
    yield answered
    if looked := known.get(state.STATE):
        yield from _queue(looked)
    yield from _drift(known.get(drift.DRIFT, []))


def _queue(looked: dict[str, Any]) -> Iterator[Metric]:
    queue, reviews = looked["queue"], looked["reviews"]
    waiting = GaugeMetricFamily("medinform_queue_length", "Analyses that wait: somebody's few, or the backlog.", labels=["line"])
    oldest = GaugeMetricFamily("medinform_queue_oldest_seconds", "How long the oldest of them has waited.", labels=["line"])
    wait = GaugeMetricFamily("medinform_queue_wait_seconds", "How long the next one will wait.", labels=["line"])
    for line in LINES:
        waiting.add_metric([line], queue[line])
        oldest.add_metric([line], queue[f"{line}_age"])
        wait.add_metric([line], queue[f"{line}_wait"])
    yield from (waiting, oldest, wait)
    yield GaugeMetricFamily("medinform_analyses_running", "Analyses that a worker has.", value=looked["running"])
    yield GaugeMetricFamily("medinform_reviews_open", "Scans that wait for a practitioner, or are being read.", value=reviews["open"])
    yield GaugeMetricFamily("medinform_reviews_overdue", "Of these, those past their target.", value=reviews["overdue"])
    yield GaugeMetricFamily("medinform_reviews_oldest_seconds", "How long the oldest of them has waited.", value=reviews["age"])
    yield GaugeMetricFamily("medinform_storage_free_bytes", "Free where scans are kept.", value=looked["free_bytes"])
    yield GaugeMetricFamily("medinform_looked_seconds", "Since all this was looked at.", value=time.time() - looked["at"])


def _drift(answers: list[dict[str, Any]]) -> Iterator[Metric]:
    labels = ["disease", "version", "period"]
    n = GaugeMetricFamily("medinform_model_answers", "Answers of the last week, and of the four before.", labels=labels)
    share = GaugeMetricFamily("medinform_model_positive_share", "Share of them that are positive.", labels=labels)
    mean = GaugeMetricFamily("medinform_model_mean_probability", "Their mean probability.", labels=labels)
    for row in answers:
        which = [row["disease"], row["version"], row["period"]]
        n.add_metric(which, row["n"])
        share.add_metric(which, row["positive"] / row["n"])
        mean.add_metric(which, row["probability"])
    yield from (n, share, mean)


def counted() -> str:
    registry = COUNTED
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        registry = CollectorRegistry()
        MultiProcessCollector(registry)
    return generate_latest(registry).decode()


def text() -> str:
    standing = CollectorRegistry()
    standing.register(Standing())
    return counted() + generate_latest(standing).decode()
