"""The runtimes: how many threads they take, and that LiteRT's files say what the Keras model says."""

from pathlib import Path

import keras
import numpy as np
import pytest

from inference import registry, runtimes
from tests.inference import made
from training import variants


@pytest.mark.parametrize(
    ("threads", "workers", "expected"),
    [("3", "2", 3), ("", "", 8), ("", "2", 4), ("", "3", 2), ("", "99", 1), ("0", "", 8), ("many", "some", 8)],
)
def test_threads_are_what_is_said_or_the_processors_shared(
    monkeypatch: pytest.MonkeyPatch, threads: str, workers: str, expected: int
) -> None:
    monkeypatch.setenv("INFERENCE_THREADS", threads)
    monkeypatch.setenv("INFERENCE_WORKERS", workers)
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    assert runtimes.threads() == expected


@pytest.fixture(scope="module")
def bright(tmp_path_factory: pytest.TempPathFactory) -> registry.Artefact:
    return made.version(tmp_path_factory.mktemp("bright"), "tuberculosis", (0.25, -0.5), brightness=1.5)


@pytest.fixture(scope="module")
def pictures() -> np.ndarray:
    return np.random.default_rng(1).normal(0, 0.5, (40, made.SIZE, made.SIZE, 3)).astype(np.float32)


@pytest.mark.parametrize(("variant", "most"), [("float32", 1e-5), ("float16", 0.01), ("dynamic_range", 0.05), ("int8", 0.1)])
def test_a_litert_file_gives_the_keras_models_logits_and_evidence(
    bright: registry.Artefact, pictures: np.ndarray, tmp_path: Path, variant: str, most: float
) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(variants.convert(keras.models.load_model(bright.model_path, compile=False), variant, pictures))
    served, trained = runtimes.open_file(path, made.SIZE), runtimes.open_file(bright.model_path, made.SIZE)
    assert isinstance(served, runtimes.LiteRTRuntime)
    assert isinstance(trained, runtimes.KerasRuntime)
    for picture in pictures[:5]:
        (logits, evidence), (wanted, wanted_evidence) = served.predict(picture), trained.predict(picture)
        assert logits.shape == (2,)
        assert evidence.shape == (made.SIZE, made.SIZE, 2)
        assert np.abs(logits - wanted).max() <= most
        assert np.abs(evidence - wanted_evidence).max() <= most * 5
    assert np.ptp([served.predict(picture)[0][1] for picture in pictures]) > 0.01
