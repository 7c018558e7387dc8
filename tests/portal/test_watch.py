"""Whether it is ready, what is counted, and that neither says anything about a person."""

import json
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from inference.imaging import ImageRejected
from portal.accounts.models import User
from portal.analyses import services
from portal.analyses.models import Analysis, ModelVersion
from portal.watch import drift, export, readiness, state
from tests.conftest import PASSWORD, drawn_cell

TOKEN = "a token for the tests only"
BEARER = {"authorization": f"Bearer {TOKEN}"}


def of(*names: str) -> frozenset[str]:
    return frozenset(names)


def values(client: Client) -> dict[frozenset[str], float]:
    """Every sample by its name and the values of its labels, whatever their order."""
    answer = client.get("/metrics", headers=BEARER)
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.content.decode())
    return {of(sample.name, *sample.labels.values()): sample.value for family in families for sample in family.samples}


@pytest.fixture
def told(settings: Any) -> Callable[[], dict[frozenset[str], float]]:
    settings.METRICS_TOKEN = TOKEN
    return lambda: values(Client())


# --- ready?


@pytest.fixture
def well(malaria: ModelVersion) -> None:
    state.look()
    state.look_at_models()
    cache.set(f"{state.ANSWERED}:inference", time.time())


@pytest.mark.usefixtures("well")
def test_it_is_ready_when_all_parts_are(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == dict.fromkeys(readiness.PARTS, True)


def not_ready(client: Client) -> set[str]:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer._has_been_logged  # as no error: a portal that starts is asked every few seconds
    return {part for part, is_well in answer.json().items() if not is_well}


@pytest.mark.usefixtures("well")
def test_a_worker_that_has_been_silent_for_long_is_not_there(client: Client, settings: Any) -> None:
    cache.set(f"{state.ANSWERED}:inference", time.time() - settings.READY_SECONDS - 1)
    assert not_ready(client) == {"worker"}


@pytest.mark.usefixtures("well")
def test_a_storage_that_can_not_be_written_is_seen(client: Client, settings: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("where a folder should be")
    settings.MEDIA_ROOT = tmp_path / "file" / "media"
    state.look()
    assert not_ready(client) == {"storage"}


def test_the_look_at_the_storage_leaves_nothing_behind(settings: Any) -> None:
    assert state.storage_is_writable()
    assert [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()] == []


@pytest.mark.usefixtures("well")
def test_a_model_that_is_not_the_registered_one_is_seen(client: Client, malaria: ModelVersion) -> None:
    ModelVersion.objects.filter(pk=malaria.pk).update(checksum="0" * 64)
    assert not state.look_at_models()
    assert not_ready(client) == {"models"}


@pytest.mark.usefixtures("well")
def test_a_redis_that_is_gone_is_seen_and_what_only_it_knows_is_not_believed(client: Client, settings: Any) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    assert not_ready(client) == set(readiness.PARTS) - {"database"}


def test_a_model_file_that_was_damaged_after_it_was_checked_is_read_again(
    malaria: ModelVersion, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from inference import registry

    real = registry.load(malaria.disease, malaria.version)
    copy = tmp_path / malaria.disease / malaria.version
    copy.mkdir(parents=True)
    for path in real.model_path.parent.iterdir():
        if path.is_file():
            (copy / path.name).write_bytes(path.read_bytes())
    moved = registry.open_folder(copy)
    monkeypatch.setattr(registry, "load", lambda disease, version: moved)
    assert state.look_at_models()
    damaged = bytearray(moved.model_path.read_bytes())
    damaged[len(damaged) // 2] ^= 0xFF
    moved.model_path.write_bytes(damaged)
    assert not state.look_at_models()


# --- metrics


@pytest.mark.parametrize("sent", ["", "Bearer ", "Bearer wrong", f"Token {TOKEN}"])
def test_metrics_are_not_there_without_the_token(client: Client, settings: Any, sent: str) -> None:
    settings.METRICS_TOKEN = TOKEN
    assert client.get("/metrics", headers={"authorization": sent}).status_code == 404


@pytest.mark.django_db
def test_metrics_are_not_there_where_no_token_is_set(client: Client, settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    for sent in ("", "Bearer "):
        assert client.get("/metrics", headers={"authorization": sent}).status_code == 404


@pytest.mark.django_db
def test_a_short_token_is_refused_at_the_start() -> None:
    short = {"METRICS_TOKEN": "short", "DEBUG": "true", "SECRET_KEY": secrets.token_urlsafe(60), "PATH": "/usr/bin"}
    started = subprocess.run([sys.executable, "-c", "import medinform.settings"], env=short, capture_output=True, text=True, check=False)
    assert started.returncode
    assert "METRICS_TOKEN is too short" in started.stderr


def test_what_happens_to_analyses_is_counted_once_it_is_committed(
    malaria: ModelVersion,
    patient: User,
    answered: Callable[..., Analysis],
    told: Callable[[], dict],
    django_capture_on_commit_callbacks: Any,
) -> None:
    before = told()
    with django_capture_on_commit_callbacks(execute=False) as later:
        done = answered(patient, 1)
        Analysis.objects.filter(pk=done.pk).update(seconds={"decode": 0.001, "model": 0.02})
        rejected, failed = (services.submit(patient=patient, data=drawn_cell(seed), disease="malaria").analysis for seed in (2, 3))
        for analysis in (rejected, failed):
            services.claim(str(analysis.pk), worker="test")
            analysis.refresh_from_db()
        services.record_rejected(rejected, code="too_dark", message="Too dark.")
        services.try_again(failed, code="worker_lost")
        services.cancel(analysis=Analysis.objects.get(pk=failed.pk), by=patient)
        with pytest.raises(ImageRejected):
            services.submit(patient=patient, data=b"no picture", disease="malaria")
    assert told().get(of("medinform_analyses_total", "malaria", "done"), 0) == before.get(
        of("medinform_analyses_total", "malaria", "done"), 0
    )
    for callback in later:
        callback()
    after = told()
    gained = {key: value - before.get(key, 0) for key, value in after.items() if not any(name.endswith("_created") for name in key)}
    assert gained[of("medinform_uploads_total", "malaria", "few")] == 3
    assert gained[of("medinform_analyses_total", "malaria", "done")] == 1
    assert gained[of("medinform_rejections_total", "malaria", "too_dark")] == 1
    assert gained[of("medinform_retries_total", "malaria", "worker_lost")] == 1
    assert gained[of("medinform_uploads_refused_total", "malaria", "unsupported_type")] == 1
    assert gained[of("medinform_answers_total", "malaria", malaria.version, "suspicious")] == 1
    assert gained[of("medinform_answer_seconds_count", "few")] == 1


def test_requests_are_counted_by_route_and_never_by_path(
    client: Client, patient: User, browse: Callable[..., Client], answered: Callable[..., Analysis], told: Callable[[], dict]
) -> None:
    analysis = answered(patient)
    before = told()
    browse(patient).get(f"/analyses/{analysis.pk}/")
    client.get("/wp-login.php?user=meera")
    client.post("/accounts/login/", {"login": "meera@home.example", "password": "not hers"})
    client.generic("PROPFIND", "/")
    after = told()
    seen = {key for key, value in after.items() if value != before.get(key, 0) and "medinform_http_requests_total" in key}
    assert of("medinform_http_requests_total", "analyses:detail", "GET", "200") in seen
    assert of("medinform_http_requests_total", "unmatched", "GET", "404") in seen
    assert of("medinform_http_requests_total", "home", "other", "405") in seen
    assert after[of("medinform_sign_ins_total", "refused")] - before.get(of("medinform_sign_ins_total", "refused"), 0) == 1
    whole = export.text()
    for canary in (str(analysis.pk), analysis.pk.hex, "meera", "wp-login", patient.name, PASSWORD):
        assert canary not in whole


@pytest.mark.django_db
def test_how_the_queue_stands_is_told(malaria: ModelVersion, patient: User, told: Callable[[], dict]) -> None:
    for seed in range(services.FEW + 2):
        services.submit(patient=patient, data=drawn_cell(seed), disease="malaria")
    Analysis.objects.update(queued_at=timezone.now() - timedelta(seconds=50))
    state.look()
    found = told()
    assert (found[of("medinform_queue_length", "few")], found[of("medinform_queue_length", "bulk")]) == (services.FEW, 2)
    assert found[of("medinform_queue_oldest_seconds", "bulk")] == pytest.approx(50, abs=5)
    assert found[of("medinform_ready", "storage")] == 1
    assert found[of("medinform_ready", "worker")] == 0
    assert found[of("medinform_storage_free_bytes")] > 0


def test_drift_sets_the_last_week_against_the_four_before(
    malaria: ModelVersion, patient: User, answered: Callable[..., Analysis], told: Callable[[], dict]
) -> None:
    keys = [answered(patient, seed, 0.99 if seed % 2 else 0.01).pk for seed in range(10)]
    Analysis.objects.filter(pk__in=keys).update(finished_at=timezone.now() - timedelta(days=20))
    for seed in range(10, 20):
        answered(patient, seed, 0.99)
    for seed in range(20, 24):
        answered(patient, seed)
    drift.look()
    found = told()
    labels = ("malaria", malaria.version)
    assert found[of("medinform_model_answers", *labels, "recent")] == 14
    assert found[of("medinform_model_positive_share", *labels, "recent")] == 1
    assert found[of("medinform_model_positive_share", *labels, "before")] == 0.5
    assert found[of("medinform_model_mean_probability", *labels, "before")] == pytest.approx(0.5)


def test_fewer_than_ten_answers_say_nothing(malaria: ModelVersion, patient: User, answered: Callable[..., Analysis]) -> None:
    for seed in range(9):
        answered(patient, seed)
    assert drift.measure() == []


COUNTING = """
import os, re, django
django.setup()
from portal.watch import export, metrics, processes
metrics.SIGN_INS.labels("refused").inc()
child = os.fork()
if not child:
    metrics.SIGN_INS.labels("refused").inc(10)
    os._exit(0)
os.waitpid(child, 0)
print(processes.place(), len(os.listdir(os.environ["METRICS_DIR"])), *re.findall("^medinform_sign_ins_total.*", export.counted(), re.M))
"""


def test_processes_count_together_and_the_next_one_goes_on_where_the_last_stopped(tmp_path: Path) -> None:
    environment = {
        "METRICS_TOKEN": TOKEN,
        "METRICS_DIR": str(tmp_path),
        "DEBUG": "true",
        "SECRET_KEY": secrets.token_urlsafe(60),
        "DJANGO_SETTINGS_MODULE": "medinform.settings",
    }
    for expected in (11, 22, 33):
        ran = subprocess.run(
            [sys.executable, "-c", COUNTING], env=environment, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2]
        )
        assert ran.returncode == 0, ran.stderr
        place, files, line = ran.stdout.split(maxsplit=2)
        assert (place, files) == ("0", "6"), "two processes at a time need two places, three files each, however many come after them"
        assert line.strip() == f'medinform_sign_ins_total{{result="refused"}} {expected}.0'


def test_nothing_that_is_counted_has_room_for_a_person() -> None:
    from portal.watch import metrics

    allowed = {"route", "method", "status", "result", "disease", "line", "code", "version", "outcome", "stage", "task", "le"}
    labels = {label for metric in vars(metrics).values() for label in getattr(metric, "_labelnames", ())}
    assert labels <= allowed, json.dumps(sorted(labels - allowed))
