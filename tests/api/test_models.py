"""Model cards and operating points through the API."""

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from portal.accounts.models import User
from portal.analyses.models import ModelVersion
from tests.portal.measured import metrics, sensitivity, specificity
from tests.portal.test_api import problem

Api = Callable[[User | None], APIClient]
OWN = {"threshold": 0.6, "low": 0.2, "high": 0.8, "reason": "Measured here"}


@pytest.fixture
def measured(malaria: ModelVersion) -> ModelVersion:
    malaria.metrics = metrics(threshold=malaria.manifest["threshold"])
    malaria.save()
    return malaria


def test_a_model_version_is_its_card(api: Api, patient: User, measured: ModelVersion) -> None:
    body = api(patient).get(f"/api/v1/model-versions/{measured.pk}/").json()
    assert (body["disease"], body["version"], body["state"]) == ("malaria", measured.version, "active")
    assert body["licence"] == measured.manifest["licence"]
    assert body["non_commercial"] is False
    assert body["metrics"] == measured.metrics
    assert body["known_limits"] == measured.manifest["known_limits"]
    assert body["operating_point"]["is_own"] is False
    assert body["operating_point"]["threshold"] == body["shipped_point"]["threshold"] == measured.manifest["threshold"]


def test_model_versions_are_listed_and_filtered(api: Api, patient: User, malaria: ModelVersion) -> None:
    ModelVersion.objects.create(disease="malaria", version="0.9.0", checksum="f" * 64, manifest=malaria.manifest, state="retired")
    listed = api(patient).get("/api/v1/model-versions/?disease=malaria").json()
    assert {row["version"] for row in listed} == {malaria.version, "0.9.0"}
    assert [row["version"] for row in api(patient).get("/api/v1/model-versions/?disease=malaria&state=retired").json()] == ["0.9.0"]
    assert problem(api(patient).get("/api/v1/model-versions/?state=odd"), 400)["errors"][0]["field"] == "state"


def test_an_administrator_sets_and_resets_the_point(api: Api, patient: User, administrator: User, measured: ModelVersion) -> None:
    address = f"/api/v1/model-versions/{measured.pk}/operating-point/"
    point = api(administrator).put(address, OWN).json()["operating_point"]
    assert (point["threshold"], point["low"], point["high"], point["is_own"], point["reason"]) == (0.6, 0.2, 0.8, True, "Measured here")
    assert (point["sensitivity"], point["specificity"]) == pytest.approx((sensitivity(0.6), specificity(0.6)))
    disease = api(patient).get("/api/v1/diseases/malaria/").json()
    assert disease["threshold"] == 0.6
    assert disease["metrics"]["sensitivity"] == pytest.approx(sensitivity(0.6))
    assert "accuracy" not in disease["metrics"]
    body = api(administrator).delete(address).json()
    assert body["operating_point"] == body["shipped_point"]


@pytest.mark.parametrize("changes", [{"low": 0.7}, {"high": 0.5}, {"threshold": "x"}, {"reason": ""}, {"low": float("nan")}, {"high": 2}])
def test_a_point_that_makes_no_sense_is_a_problem(changes: dict[str, object], api: Api, administrator: User, malaria: ModelVersion) -> None:
    answer = api(administrator).put(f"/api/v1/model-versions/{malaria.pk}/operating-point/", {**OWN, **changes}, format="multipart")
    assert problem(answer, 400)["code"] == "invalid"
    malaria.refresh_from_db()
    assert not malaria.has_own_point


def test_versions_are_taken_out_of_use_and_into_it(api: Api, patient: User, administrator: User, malaria: ModelVersion) -> None:
    address = f"/api/v1/model-versions/{malaria.pk}"
    assert api(administrator).post(f"{address}/retire/").json()["state"] == "retired"
    assert api(patient).get("/api/v1/diseases/malaria/").json()["available"] is False
    assert api(administrator).post(f"{address}/activate/").json()["state"] == "active"
