"""How an answer follows from a model's scores: thresholds, bands, three classes, heat-maps; on models whose scores are known."""

import dataclasses
import math
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

from inference import engine, explain, registry
from inference.imaging import ImageRejected
from tests.inference import made


def half(root: Path, threshold: float) -> engine.Answer:
    """The answer of a model that says 0.5 to everything."""
    band = (min(0.5, threshold), max(0.5, threshold))
    return engine.Engine(made.version(root, "tuberculosis", (0, 0), threshold=threshold, uncertain=band)).answer(made.film())


def test_a_probability_at_the_threshold_is_a_finding(tmp_path: Path) -> None:
    answer = half(tmp_path, 0.5)
    assert (answer.finding, answer.outcome, answer.probability) == ("tuberculosis", "suspicious", 0.5)


def test_a_probability_just_below_the_threshold_is_none(tmp_path: Path) -> None:
    answer = half(tmp_path, 0.5001)
    assert (answer.finding, answer.outcome) == ("normal", "uncertain")


@pytest.mark.parametrize(
    ("logit", "outcome"), [(math.log(0.199 / 0.801), "not_suspicious"), (0.0, "uncertain"), (math.log(0.9 / 0.1), "suspicious")]
)
def test_outcomes_follow_the_band(tmp_path: Path, logit: float, outcome: str) -> None:
    made.version(tmp_path, "tuberculosis", (0, logit), threshold=0.4, uncertain=(0.2, 0.85))
    assert engine.get("tuberculosis", "0.1.0", tmp_path).answer(made.film()).outcome == outcome


def test_an_operating_point_of_ones_own_moves_finding_outcome_and_threshold_only(tmp_path: Path) -> None:
    model = engine.Engine(made.version(tmp_path, "tuberculosis", (0, 0)))
    shipped = model.answer(made.film())
    strict = model.answer(made.film(), engine.OperatingPoint(threshold=0.8, low=0.6, high=0.9))
    assert (shipped.finding, shipped.outcome, shipped.threshold) == ("tuberculosis", "suspicious", 0.5)
    assert (strict.finding, strict.outcome, strict.threshold) == ("normal", "not_suspicious", 0.8)
    assert strict.probabilities == shipped.probabilities


@pytest.mark.parametrize("point", [(0.5, 0.6, 0.7), (0.5, 0.1, 0.4), (0.5, -0.1, 0.7), (0.5, 0.1, 1.1), (math.nan, 0.1, 0.9)])
def test_an_operating_point_out_of_order_is_refused(point: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="low <= threshold <= high"):
        engine.OperatingPoint(*point)


@pytest.mark.parametrize(
    ("logits", "finding"),
    [((0, 2, 1), "covid19"), ((0, 1, 3), "other_pneumonia"), ((3, 1, 0), "normal"), ((0, 1, 1.1), "covid19")],
)
def test_of_three_classes_the_likeliest_on_its_side_of_the_threshold_is_the_finding(
    tmp_path: Path, logits: tuple[float, ...], finding: str
) -> None:
    answer = engine.Engine(made.version(tmp_path, "covid19", logits, threshold=0.3, uncertain=(0.3, 0.3))).answer(made.film())
    assert answer.finding == finding
    assert answer.probability == pytest.approx(answer.probabilities["covid19"])
    assert sum(answer.probabilities.values()) == pytest.approx(1)
    assert list(answer.probabilities) == ["normal", "covid19", "other_pneumonia"]


def test_the_temperature_divides_the_scores(tmp_path: Path) -> None:
    answer = engine.Engine(made.version(tmp_path, "tuberculosis", (0, 3), temperature=1.5)).answer(made.film())
    assert answer.probability == pytest.approx(1 / (1 + math.exp(-2)), abs=1e-6)


@pytest.mark.parametrize(("height", "width"), [(400, 200), (200, 400), (900, 1200)])
def test_the_heat_map_lies_over_the_picture(tmp_path: Path, height: int, width: int) -> None:
    spot = (width * 3 // 4, height // 4)
    always = {"threshold": 0.0, "uncertain": (0.0, 1.0)}  # a finding, however small the spot
    model = engine.Engine(made.version(tmp_path, "tuberculosis", (0, 0), brightness=3.0, **always))
    answer = model.answer(made.film(height, width, spot=spot))
    heat = cv2.imdecode(np.frombuffer(answer.heatmap, np.uint8), cv2.IMREAD_UNCHANGED)
    scale = min(1.0, explain.LONGEST_SIDE / max(height, width))
    assert heat.shape == (round(height * scale), round(width * scale), 4)
    assert heat.dtype == np.uint8
    alpha = heat[:, :, 3]
    assert 0 < alpha.max() <= 210
    y, x = np.argwhere(alpha > 0.8 * alpha.max()).mean(axis=0)
    assert math.hypot(x - spot[0] * scale, y - spot[1] * scale) < 0.08 * max(heat.shape)


def test_where_nothing_speaks_for_the_finding_the_heat_map_is_clear(tmp_path: Path) -> None:
    answer = engine.Engine(made.version(tmp_path, "tuberculosis", (0, 0))).answer(made.film())
    assert (cv2.imdecode(np.frombuffer(answer.heatmap, np.uint8), cv2.IMREAD_UNCHANGED)[:, :, 3] == 0).all()


def test_threads_that_share_an_engine_get_the_answers_of_their_own_pictures(tmp_path: Path) -> None:
    model = engine.Engine(made.version(tmp_path, "tuberculosis", (0, 0), brightness=3.0))
    films = [made.film(160, 120, spot=(x, 80)) for x in range(10, 120, 10)]
    alone = [dataclasses.replace(model.answer(data), seconds={}) for data in films]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(model.answer, films * 5))
    assert [dataclasses.replace(answer, seconds={}) for answer in together] == alone * 5


def test_a_version_is_loaded_once_a_process(tmp_path: Path) -> None:
    made.version(tmp_path, "tuberculosis", (0, 0))
    with ThreadPoolExecutor(4) as pool:
        engines = set(pool.map(lambda _: engine.get("tuberculosis", "0.1.0", tmp_path), range(8)))
    assert len(engines) == 1


def test_an_answer_names_its_stages_and_its_model(tmp_path: Path) -> None:
    artefact = made.version(tmp_path, "tuberculosis", (0, 0))
    answer = engine.Engine(artefact).answer(made.film())
    assert set(answer.seconds) == {"decode", "gate", "prepare", "model", "heatmap", "total"}
    assert answer.seconds["total"] == pytest.approx(sum(v for k, v in answer.seconds.items() if k != "total"), abs=1e-3)
    assert (answer.disease, answer.model_version, answer.checksum) == ("tuberculosis", "0.1.0", artefact.manifest.checksum)


def test_a_picture_of_another_kind_is_refused_before_the_model(tmp_path: Path) -> None:
    colour = np.random.default_rng(1).integers(0, 255, (60, 60, 3)).astype(np.uint8)
    with pytest.raises(ImageRejected) as refused:
        engine.Engine(made.version(tmp_path, "tuberculosis", (0, 0))).answer(cv2.imencode(".png", colour)[1].tobytes())
    assert refused.value.code == "wrong_modality"


def test_a_model_with_other_classes_than_the_catalogue_is_not_loaded(tmp_path: Path) -> None:
    artefact = made.version(tmp_path, "tuberculosis", (0, 0))
    strange = dataclasses.replace(artefact, manifest=dataclasses.replace(artefact.manifest, classes=("normal", "cough")))
    with pytest.raises(registry.ArtefactError, match="not those of tuberculosis"):
        engine.Engine(strange)
