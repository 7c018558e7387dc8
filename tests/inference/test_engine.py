"""The shipped model, through the very path that serves patients."""

import csv
import dataclasses
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

import samples
from inference import engine, gate, imaging, registry
from inference.diseases import get

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "malaria"


@pytest.fixture(scope="module")
def model() -> engine.Engine:
    return engine.get("malaria", registry.versions("malaria")[-1])


@pytest.mark.parametrize("label", ["parasitized", "uninfected"])
@pytest.mark.parametrize("seed", range(4))
def test_drawn_cells_are_answered_rightly(model: engine.Engine, label: str, seed: int) -> None:
    answer = model.answer(samples.draw("malaria", label, seed))
    assert answer.finding == label
    assert answer.probabilities[label] > 0.5
    assert sum(answer.probabilities.values()) == pytest.approx(1)


def test_the_same_bytes_get_the_same_answer(model: engine.Engine) -> None:
    data = samples.draw("malaria", "parasitized")
    first, second = model.answer(data), engine.Engine(model.artefact).answer(data)
    assert dataclasses.replace(first, seconds={}) == dataclasses.replace(second, seconds={})


def test_the_heat_map_has_the_aspect_of_the_picture_and_points_at_the_parasite(model: engine.Engine) -> None:
    data = samples.draw("malaria", "parasitized")
    picture = imaging.decode(data)
    heat = cv2.imdecode(np.frombuffer(model.answer(data).heatmap, np.uint8), cv2.IMREAD_UNCHANGED)
    assert heat.shape == (picture.height, picture.width, 4)
    chroma = cv2.cvtColor(picture.pixels, cv2.COLOR_RGB2HSV)[:, :, 1].astype(float) * (picture.pixels.max(axis=2) > 60)
    parasite = chroma > 0.8 * chroma.max()
    assert heat[:, :, 3][parasite].mean() > 1.5 * heat[:, :, 3].mean()


def test_outcomes_follow_the_manifest(model: engine.Engine) -> None:
    low, high = model.manifest.uncertain
    point = model.shipped_point
    assert point.outcome(np.nextafter(low, 0)) == "not_suspicious"
    assert point.outcome(low) == ("uncertain" if low < high else "suspicious")
    assert point.outcome(high) == "suspicious"


def test_the_metrics_state_at_least_what_was_asked_of_the_model(model: engine.Engine) -> None:
    metrics = model.artefact.metrics
    assert metrics["part"] == "test"
    assert metrics["accuracy"] >= 0.96
    assert metrics["auc"] >= 0.988
    assert metrics["patients"] == model.manifest.training["test"]["patients"]


def test_a_model_file_that_was_changed_is_not_loaded(model: engine.Engine, tmp_path: Path) -> None:
    folder = tmp_path / "malaria" / "1.0.0"
    folder.mkdir(parents=True)
    data = bytearray(model.artefact.model_path.read_bytes())
    data[len(data) // 2] ^= 1
    (folder / model.manifest.file).write_bytes(bytes(data))
    (folder / "manifest.json").write_text(dataclasses.replace(model.manifest, version="1.0.0").to_json())
    with pytest.raises(registry.ArtefactError, match="not the one its manifest describes"):
        engine.get("malaria", "1.0.0", tmp_path)


def test_a_missing_version_is_told() -> None:
    with pytest.raises(registry.ArtefactError, match=r"no model malaria 9\.9\.9"):
        registry.load("malaria", "9.9.9")


def test_reading_the_words_does_not_load_tensorflow() -> None:
    script = "import inference.engine, sys; sys.exit(bool({'tensorflow', 'keras', 'django'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], check=False)
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("pixels", "code"),
    [
        (np.full((90, 90, 3), 128, np.uint8), "blank"),
        (np.random.default_rng(1).integers(0, 30, (90, 90, 3)).astype(np.uint8), "too_dark"),
        (np.dstack([np.random.default_rng(1).integers(20, 230, (90, 90)).astype(np.uint8)] * 3), "wrong_modality"),
    ],
)
def test_the_gate_says_what_is_wrong(pixels: np.ndarray, code: str) -> None:
    with pytest.raises(imaging.ImageRejected) as refused:
        gate.check(pixels, get("malaria"))
    assert refused.value.code == code


def test_the_gate_refuses_a_picture_without_any_edge() -> None:
    gate.check(imaging.decode(samples.draw("malaria", "parasitized")).pixels, get("malaria"))
    ramp = np.linspace(60, 220, 256).astype(np.uint8)
    smooth = np.tile(ramp[:, None] * np.array([1, 0.8, 0.9]), (256, 1, 1)).astype(np.uint8)
    with pytest.raises(imaging.ImageRejected) as refused:
        gate.check(smooth, get("malaria"))
    assert refused.value.code == "too_blurred"


@pytest.mark.skipif(not REAL.is_dir(), reason="../shared/data is not here: real-data test skipped")
def test_the_shipped_model_on_real_cells_of_held_out_patients(model: engine.Engine) -> None:
    from training import datasets

    examples = datasets.split(datasets.read_labels(REAL, get("malaria")), model.manifest.seed)["test"]
    chosen = [examples[i] for i in np.random.default_rng(5).permutation(len(examples))[:600]]
    right = [model.answer(example.path.read_bytes()).finding == example.label for example in chosen]
    assert np.mean(right) >= 0.95


@pytest.mark.skipif(not REAL.is_dir(), reason="../shared/data is not here: real-data test skipped")
def test_the_gate_lets_real_cells_pass() -> None:
    with (REAL / "labels.csv").open() as lines:
        files = [row["file"] for row in csv.DictReader(lines)][::45]
    faults = [gate.load().fault(imaging.decode((REAL / file).read_bytes()).pixels, get("malaria").modality) for file in files]
    assert sum(fault is None for fault in faults) >= 0.98 * len(files)
