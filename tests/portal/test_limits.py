"""How much may wait: of one person, and of everybody together. Pages and API say when to come back, and keep what came in pieces."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from portal.accounts.models import User
from portal.analyses import limits, services
from portal.analyses.models import Analysis, ModelVersion
from portal.scans import uploads
from portal.scans.models import Upload
from tests.conftest import as_upload, drawn_cell

pytestmark = pytest.mark.django_db


def submit(owner: User, seed: int) -> Analysis:
    return services.submit(patient=owner, data=drawn_cell(seed), disease="malaria").analysis


def aged(seconds: float) -> None:
    """Everything that waits has waited for so long."""
    Analysis.objects.filter(status="queued").update(queued_at=timezone.now() - timedelta(seconds=seconds))
    cache.clear()


def finished(owner: User, count: int) -> None:
    """So many have been answered just now, while others waited."""
    some = [submit(owner, 500 + number).pk for number in range(count)]
    Analysis.objects.filter(pk__in=some).update(status="failed", error_code="internal_error", finished_at=timezone.now())
    cache.clear()


def test_one_person_may_have_so_many_waiting_and_is_told_when_to_come_back(
    malaria: ModelVersion, patient: User, other_patient: User, settings: Any
) -> None:
    settings.ANALYSES_WAITING = 2
    first = submit(patient, 0)
    submit(patient, 1)
    with pytest.raises(limits.TooManyWaiting) as refused:
        submit(patient, 2)
    assert "2 pictures of yours are still waiting" in refused.value.message
    assert refused.value.retry_after >= 10
    assert submit(patient, 0) == first, "what is here already is no more work"
    submit(other_patient, 2)
    services.cancel(analysis=first, by=patient)
    submit(patient, 2)


def test_zero_means_no_limit(malaria: ModelVersion, patient: User, settings: Any) -> None:
    settings.ANALYSES_WAITING = settings.QUEUE_SECONDS = 0
    for seed in range(5):
        submit(patient, seed)
    aged(100_000)
    submit(patient, 6)


def test_a_long_backlog_asks_its_owners_to_come_back_and_lets_the_few_of_others_in(
    malaria: ModelVersion, patient: User, other_patient: User, settings: Any
) -> None:
    settings.QUEUE_SECONDS = 100
    for seed in range(services.FEW + 4):
        submit(patient, seed)
    Analysis.objects.filter(in_bulk=False).update(status="failed", error_code="internal_error", finished_at=timezone.now())
    few = [submit(patient, 50 + seed) for seed in range(services.FEW)]
    Analysis.objects.filter(pk__in=[one.pk for one in few]).update(in_bulk=True)
    aged(200)  # and only three were answered in the last minute: 7 that wait take 140 s
    assert limits.waits().seconds(in_bulk=True) == pytest.approx(7 / (3 / 60), abs=1)
    with pytest.raises(limits.Busy) as refused:
        submit(patient, 60)
    assert 30 <= refused.value.retry_after <= 60
    assert not submit(other_patient, 61).in_bulk


def test_the_few_are_asked_to_come_back_as_well_once_their_own_line_is_too_long(
    malaria: ModelVersion, patient: User, other_patient: User, settings: Any
) -> None:
    settings.QUEUE_SECONDS = 100
    submit(patient, 0)
    aged(101)  # and nothing was answered meanwhile
    with pytest.raises(limits.Busy):
        submit(other_patient, 1)


def test_a_quick_pace_keeps_a_long_queue_open(malaria: ModelVersion, patient: User, other_patient: User, settings: Any) -> None:
    settings.QUEUE_SECONDS = 100
    for seed in range(4):
        submit(patient, seed)
    aged(90)
    finished(other_patient, 6)
    assert limits.waits().seconds(in_bulk=True) == pytest.approx(4 / (6 / 60), abs=1)
    submit(patient, 10)


@pytest.mark.parametrize(
    ("setting", "value", "status", "code"), [("ANALYSES_WAITING", 1, 429, "too_many_waiting"), ("QUEUE_SECONDS", 10, 503, "busy")]
)
def test_the_api_says_when_to_come_back_and_keeps_the_pieces(
    malaria: ModelVersion, patient: User, api: Callable[..., APIClient], settings: Any, setting: str, value: int, status: int, code: str
) -> None:
    submit(patient, 0)
    aged(20)
    setattr(settings, setting, value)
    upload = uploads.begin(owner=patient, length=len(drawn_cell(1)))
    uploads.append(upload=upload, offset=0, data=drawn_cell(1))
    asked = {"disease": "malaria", "upload": str(upload.pk)}
    answer = api(patient).post("/api/v1/analyses/", asked, format="multipart")
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert int(answer["Retry-After"]) >= 10
    assert Upload.objects.filter(pk=upload.pk).exists()
    setattr(settings, setting, 0)
    assert api(patient).post("/api/v1/analyses/", asked, format="multipart").status_code == 201
    assert not Upload.objects.exists()


def test_the_page_says_it_in_a_sentence_and_keeps_the_pieces(
    malaria: ModelVersion, patient: User, browse: Callable[..., Client], settings: Any
) -> None:
    submit(patient, 0)
    aged(20)
    settings.QUEUE_SECONDS = 10
    upload = uploads.begin(owner=patient, length=len(drawn_cell(1)))
    uploads.append(upload=upload, offset=0, data=drawn_cell(1))
    page = reverse("analyses:disease", args=["malaria"])
    answer = browse(patient).post(page, {"upload": str(upload.pk)}, headers={"accept": "application/json"})
    assert answer.status_code == 503
    assert 10 <= int(answer["Retry-After"]) <= 12
    assert answer.json()["message"] == "Very many pictures are waiting at the moment. Please send this one again in 1 minute."
    assert Upload.objects.filter(pk=upload.pk).exists()
    without_script = browse(patient).post(page, {"files": as_upload(drawn_cell(2))})
    assert without_script.status_code == 503
    assert "Retry-After" in without_script
    assert b"Very many pictures are waiting" in without_script.content


def test_uploads_go_on_without_redis(malaria: ModelVersion, patient: User, settings: Any) -> None:
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}}
    settings.QUEUE_SECONDS = 10
    submit(patient, 0)
    Analysis.objects.update(queued_at=timezone.now() - timedelta(seconds=20))
    with pytest.raises(limits.Busy):
        submit(patient, 1)
