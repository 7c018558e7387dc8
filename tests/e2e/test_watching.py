"""The deployed portal watched from outside: ready, counted across its processes, and one id through all log lines of an upload."""

import json
import secrets
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

import samples
from medinform import embedded
from tests.e2e.stack import Stack, started, until

TOKEN = secrets.token_urlsafe(24)
CANARY = "canary.picture.of.somebody.png"


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A portal of its own: its log is JSON, and it counts."""
    folder = tmp_path_factory.mktemp("watched")
    shape = {"LOG_FORMAT": "json", "METRICS_TOKEN": TOKEN, "LOOK_SECONDS": "1"}
    with embedded.redis_server() as redis, started(folder, f"sqlite:///{folder}/watched.sqlite3", redis, **shape) as stack:
        yield stack


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines() if line.startswith("{")]


def test_it_becomes_ready_once_a_worker_has_answered(watched: Stack) -> None:
    answer = until(lambda: (found := httpx.get(f"{watched.address}/readyz")).status_code == 200 and found, 60, "that it is ready")
    assert set(answer.json().values()) == {True}


def test_an_upload_is_followed_by_one_id_through_web_and_worker_and_counted_in_both(watched: Stack) -> None:
    client = watched.client()
    answer = client.post("/analyses/", files={"file": (CANARY, samples.draw("malaria", "parasitized"))}, data={"disease": "malaria"})
    answer.raise_for_status()
    until(lambda: client.get(answer.json()["url"]).json()["status"] == "done", 60, "the answer")
    request_id = answer.headers["X-Request-ID"]

    def told() -> list[dict]:
        return [line for line in lines(watched.log) if line.get("request_id") == request_id]

    run = "portal.analyses.tasks.run"  # the mail's task has the same id, and may end first
    until(lambda: any("succeeded" in line["message"] and line.get("task") == run for line in told()), 20, "the worker's line")
    assert any(line["logger"] == "medinform.access" and line["route"] == "v1:analysis-list" for line in told())

    metrics = httpx.get(f"{watched.address}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    samples_of = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(metrics.text)
        for sample in family.samples
    }
    assert samples_of["medinform_uploads_total", "few", "malaria"] == 1, "counted by a web process"
    assert samples_of["medinform_analyses_total", "done", "malaria"] == 1, "counted by the worker"
    assert samples_of["medinform_stage_seconds_count", "malaria", "store"] == 1
    assert samples_of["medinform_stage_seconds_count", "heatmap", "malaria"] == 1
    for name in (CANARY, answer.json()["id"]):
        assert name not in metrics.text


def test_every_process_writes_lines_that_machines_read_and_none_names_a_person(watched: Stack) -> None:
    for email in ("patient@example.org", "nobody@example.org"):
        httpx.post(f"{watched.address}/api/v1/token/?email={email}", json={"email": email, "password": CANARY})
    loggers = {line["logger"] for line in until(lambda: lines(watched.log), 10, "a line")}
    assert {"gunicorn.error", "medinform.access", "celery.worker.strategy", "celery.app.trace", "celery.beat"} <= loggers
    text = watched.log.read_text()
    assert CANARY not in text
    assert not [line for line in lines(watched.log) if "@example.org" in json.dumps(line)]


def test_metrics_are_closed_without_the_token(watched: Stack) -> None:
    assert httpx.get(f"{watched.address}/metrics").status_code == 404
