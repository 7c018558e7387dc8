"""The machinery of training, on drawn cells; and the calibration on numbers whose truth is known."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import samples
from inference import registry
from inference.diseases import get
from training import calibrate, datasets, metrics

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 drawn patients of six cells each, as a labelled folder."""
    folder = tmp_path_factory.mktemp("cells")
    with (folder / "labels.csv").open("w", newline="") as lines:
        table = csv.writer(lines)
        table.writerow(["file", "label", "patient_id"])
        for i in range(240):
            label = ("parasitized", "uninfected")[i % 2]
            file = f"{label}/{i}.png"
            (folder / label).mkdir(exist_ok=True)
            (folder / file).write_bytes(samples.draw("malaria", label, i))
            table.writerow([file, label, f"P{i // 6}"])
    return folder


def test_no_patient_is_in_two_parts_and_each_part_gets_its_share(cells: Path) -> None:
    parts = datasets.split(datasets.read_labels(cells, get("malaria")), seed=3)
    patients = [{example.patient for example in examples} for examples in parts.values()]
    assert sum(map(len, patients)) == len(set.union(*patients)) == 40
    assert [round(len(examples) / 240, 1) for examples in parts.values()] == [0.7, 0.1, 0.2] or len(parts["train"]) > 140


def test_a_folder_without_its_table_is_told(tmp_path: Path) -> None:
    with pytest.raises(datasets.DataError, match=r"labels\.csv does not exist"):
        datasets.read_labels(tmp_path, get("malaria"))


def test_the_temperature_that_spoilt_the_logits_is_found_again() -> None:
    random = np.random.default_rng(0)
    honest = random.normal(0, 1.5, (20_000, 2))
    labels = (random.random(20_000) < metrics.softmax(honest)[:, 1]).astype(int)
    assert calibrate.temperature(honest * 3, labels) == pytest.approx(3, rel=0.05)


def test_the_threshold_separates_what_can_be_separated() -> None:
    truth = np.array([False] * 5 + [True] * 5)
    probability = np.array([0.1, 0.2, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9, 0.9])
    assert calibrate.threshold(truth, probability) == pytest.approx(0.5)


def test_outside_the_band_the_model_is_rarely_wrong() -> None:
    random = np.random.default_rng(1)
    truth = random.random(5000) < 0.5
    probability = np.clip(np.where(truth, random.normal(0.75, 0.2, 5000), random.normal(0.25, 0.2, 5000)), 0, 1)
    low, high = calibrate.uncertain_band(truth, probability, 0.5)
    assert low < 0.5 < high
    assert np.mean(probability[truth] < low) <= 0.01
    assert np.mean(probability[~truth] >= high) <= 0.0101


def test_auc_counts_ties_as_half() -> None:
    assert metrics.auc(np.array([True, False, True, False]), np.array([0.9, 0.9, 0.8, 0.1])) == pytest.approx(0.625)


def train(*words: str | Path) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "training", *map(str, words)], cwd=ROOT, capture_output=True, text=True, check=False)


def test_fit_then_evaluate_makes_a_whole_artefact(cells: Path, tmp_path: Path) -> None:
    out = tmp_path / "malaria" / "0.1.0"
    # the shipped recipe with the smallest backbone: it proves the machinery, seconds instead of half an hour
    script = (
        "import dataclasses, sys; from training import recipes, __main__ as command; r = recipes.RECIPES['malaria'];"
        "recipes.RECIPES['malaria'] = dataclasses.replace("
        "r, size=64, batch=16, augmentation='none', stages=(recipes.Stage('all', 5, 1e-2, 1e-3),)); sys.exit(command.main())"
    )
    words = ["fit", "--disease", "malaria", "--data", cells, "--backbone", "tiny", "--out", out, "--work", tmp_path / "work"]
    fitted = subprocess.run([sys.executable, "-c", script, *map(str, words)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert fitted.returncode == 0, fitted.stderr
    state = json.loads((tmp_path / "work" / "state.json").read_text())
    assert state["done"] == 5

    again = subprocess.run([sys.executable, "-c", script, *map(str, words)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "Going on after epoch 5" in again.stdout

    evaluated = train("evaluate", "--artefact", out, "--data", cells)
    assert evaluated.returncode == 0, evaluated.stderr
    artefact = registry.open_folder(out)
    registry.verify(artefact)
    assert artefact.metrics["auc"] > 0.8
    assert artefact.metrics["images"] == artefact.manifest.training["test"]["images"]
    card = (out / "MODEL_CARD.md").read_text()
    assert f"{artefact.metrics['accuracy']:.1%}" in card
    assert "not a diagnosis" in card


def test_evaluating_on_other_data_is_refused(cells: Path, tmp_path: Path) -> None:
    artefact = registry.latest("malaria")
    assert artefact is not None
    told = train("evaluate", "--artefact", artefact.path, "--data", cells)
    assert told.returncode == 1
    assert "not the data" in told.stderr


def test_an_unknown_backbone_is_misuse(tmp_path: Path) -> None:
    assert train("fit", "--disease", "malaria", "--data", tmp_path, "--backbone", "none", "--out", tmp_path / "1.0.0").returncode == 2
