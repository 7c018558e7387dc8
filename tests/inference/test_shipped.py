"""Every shipped model: small, deterministic, no constant, no confident disease where there is no picture, and a map of its own making."""

import csv
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest

import samples
from inference import diseases, engine, imaging, registry, runtimes
from inference.rejection import ImageRejected
from training import pointing

REAL = Path(__file__).resolve().parents[3] / "shared" / "data"
SHIPPED = [(code, versions[-1]) for code in diseases.DISEASES if (versions := registry.versions(code))]
MOST_BYTES_ONE, MOST_BYTES_ALL = 12_000_000, 75_000_000

each = pytest.mark.parametrize(("disease", "version"), SHIPPED, ids=[code for code, _ in SHIPPED])


def png(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))[1].tobytes()


def nothing_to_see() -> dict[str, bytes]:
    """Pictures of nothing: flat, noise of two kinds, and a page of words."""
    random = np.random.default_rng(5)
    page = np.full((400, 400, 3), 255, np.uint8)
    for i in range(9):
        cv2.putText(page, "No medicine here, only words", (10, 40 + 40 * i), cv2.FONT_HERSHEY_SIMPLEX, 0.75, (0, 0, 0), 2)
    return {
        "flat": png(np.full((300, 300, 3), 128, np.uint8)),
        "noise": png(random.integers(0, 256, (300, 300, 3), np.uint8)),
        "grey noise": png(np.repeat(random.integers(0, 256, (300, 300, 1), np.uint8), 3, axis=2)),
        "words": png(page),
    }


def drawn(disease: str) -> list[bytes]:
    return [path.read_bytes() for path in samples.paths(disease)]


def some_real(disease: str, count: int, seed: int = 3) -> list[tuple[str, bytes]]:
    """Label and bytes of real pictures, of all labels in turn; skips where the data is not there."""
    table = REAL / disease / "labels.csv"
    if not table.is_file():
        pytest.skip(f"no real pictures: {table.parent.name} is not beside the project")
    with table.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    np.random.default_rng(seed).shuffle(rows)  # type: ignore[arg-type]
    kinds = sorted({row["label"] for row in rows})
    picked = [row for kind in kinds for row in [row for row in rows if row["label"] == kind][: count // len(kinds)]]
    return [(row["label"], (table.parent / row["file"]).read_bytes()) for row in picked]


def test_a_model_is_shipped_for_malaria_at_least_and_all_fit_into_the_budget() -> None:
    assert "malaria" in dict(SHIPPED)
    total = 0
    for code, version in SHIPPED:
        folder = registry.load(code, version).path
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        assert size <= MOST_BYTES_ONE, folder
        total += size
    assert total <= MOST_BYTES_ALL


@each
def test_the_same_bytes_get_the_same_probability_in_every_engine_and_process(disease: str, version: str) -> None:
    data = drawn(disease)
    loaded = engine.get(disease, version)
    first = [loaded.answer(picture).probability for picture in data]
    second = [engine.Engine(loaded.artefact).answer(picture).probability for picture in data]
    assert np.abs(np.subtract(first, second)).max() <= 1e-6
    words = [sys.executable, "-m", "inference", "classify", "--disease", disease, "--version", version, "--json"]
    told = subprocess.run([*words, *map(str, samples.paths(disease))], capture_output=True, text=True, check=True)
    third = [json.loads(line)["probability"] for line in told.stdout.splitlines()]
    assert np.abs(np.subtract(first, third)).max() <= 1e-6


@each
def test_neither_neighbours_nor_threads_change_an_answer(disease: str, version: str) -> None:
    loaded = engine.get(disease, version)
    pictures = drawn(disease) * 4
    alone = np.stack([loaded.logits(picture) for picture in pictures])
    with ThreadPoolExecutor(4) as pool:
        together = np.stack(list(pool.map(loaded.logits, pictures)))
    assert (together == alone).all()
    if loaded.artefact.model_path.suffix == runtimes.LITERT_SUFFIX:
        for count in (1, 3):
            other = runtimes.LiteRTRuntime(loaded.artefact.model_path, count)
            for picture, logits in zip(pictures[:3], alone, strict=False):
                pixels = loaded.manifest.input.prepare(imaging.decode(picture).pixels)[0]
                assert (other.predict(pixels)[0] == logits).all()


@each
def test_the_served_variant_answers_as_the_model_that_was_trained(disease: str, version: str) -> None:
    served = engine.get(disease, version)
    trained = engine.Engine(served.artefact, reference=True)
    for picture in drawn(disease):
        one, other = served.answer(picture), trained.answer(picture)
        assert (one.finding, one.outcome) == (other.finding, other.outcome)
        assert one.probability == pytest.approx(other.probability, abs=0.02)


def test_answering_needs_no_tensorflow_and_little_memory() -> None:
    """With every shipped model loaded. The peak that the system keeps would be that of the process which started this one."""
    script = (
        "import sys, psutil, samples; from inference import engine, registry; from inference.diseases import DISEASES\n"
        "for code in DISEASES: engine.get(code, registry.versions(code)[-1]).answer(samples.paths(code)[0].read_bytes())\n"
        "print('tensorflow' in sys.modules or 'keras' in sys.modules, psutil.Process().memory_info().rss // 2**20)"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert told[0] == "False"
    assert int(told[1]) < 400


@each
def test_nothing_is_called_diseased_with_confidence_where_there_is_no_picture(disease: str, version: str) -> None:
    loaded = engine.get(disease, version)
    for name, data in nothing_to_see().items():
        try:
            answer = loaded.answer(data)
        except ImageRejected:
            continue
        assert answer.outcome != engine.SUSPICIOUS, name


@each
def test_no_model_answers_a_constant(disease: str, version: str) -> None:
    loaded = engine.get(disease, version)
    answers = [loaded.answer(picture) for picture in drawn(disease)]
    assert len({answer.finding for answer in answers}) > 1
    assert np.ptp([answer.probability for answer in answers]) > 0.2


@each
def test_real_pictures_of_the_classes_are_told_apart(disease: str, version: str) -> None:
    loaded = engine.get(disease, version)
    probabilities: dict[bool, list[float]] = {True: [], False: []}
    healthy = "uninfected", "normal", "benign", "no_dr", "other_pneumonia"
    for label, data in some_real(disease, 40):
        try:
            probabilities[label not in healthy].append(loaded.answer(data).probability)
        except ImageRejected:
            continue
    assert np.mean(probabilities[True]) > np.mean(probabilities[False]) + 0.2
    assert np.std(probabilities[True] + probabilities[False]) > 0.1


@each
def test_the_map_is_the_models_own_and_not_the_pictures(disease: str, version: str) -> None:
    """Sanity check of saliency maps (Adebayo 2018): with weights at random, from the head down, the map becomes another."""
    loaded = engine.get(disease, version)
    model = keras.models.load_model(loaded.artefact.reference_path, compile=False)
    picture = imaging.decode(drawn(disease)[0]).pixels
    batch = loaded.manifest.input.prepare(picture)[0][None]

    def evidence() -> np.ndarray:
        told = model(batch, training=False)["evidence"].numpy()[0].astype(np.float64)
        return (told[:, :, -1] - told[:, :, 0]).ravel()

    trained, alike = evidence(), []
    layers = [layer for layer in model.layers if layer.weights and not isinstance(layer, keras.layers.BatchNormalization)]
    for seed in range(5):
        random = np.random.default_rng(seed)
        for layer in layers[-6:]:
            layer.set_weights([random.permutation(value.ravel()).reshape(value.shape) for value in layer.get_weights()])
        at_random = evidence()
        alike.append(abs(float(np.corrcoef(trained.argsort().argsort(), at_random.argsort().argsort())[0, 1])))
    assert np.mean(alike) < 0.5


def test_the_peak_of_malarias_map_falls_on_the_parasites_stain() -> None:
    """On real cells where they are, else on drawn ones: at least 80 % (`python -m training pointing` measures all held-out cells)."""
    loaded = engine.get("malaria", dict(SHIPPED)["malaria"])
    if (REAL / "malaria" / "labels.csv").is_file():
        cells = [data for label, data in some_real("malaria", 120) if label == "parasitized"]
    else:
        cells = [samples.draw("malaria", "parasitized", seed) for seed in range(12)]
    told = pointing.measure(loaded, cells)
    assert told.segmented > len(cells) / 2
    assert told.share >= 0.8
