"""Loads a model version once, and answers many images: bytes in, a calibrated answer and its heat-map out.

What runs the model is imported only when one is loaded: who needs the words of this module alone (the web processes) stays small.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from inference import diseases, explain, gate, imaging, registry, runtimes
from inference.preprocess import Box

SUSPICIOUS, UNCERTAIN, NOT_SUSPICIOUS = "suspicious", "uncertain", "not_suspicious"


@dataclass(frozen=True)
class Answer:
    """A model version's answer about one image.

    `finding` is a class of the disease; `probability` is that of the positive classes together, calibrated, 0 to 1, and `probabilities`
    that of each class; `outcome` is suspicious, uncertain or not_suspicious; `heatmap` is a PNG to lay over the image; `seconds` says
    where the time went; `checksum` is the SHA-256 of the model file that answered.
    """

    disease: str
    model_version: str
    finding: str
    outcome: str
    probability: float
    probabilities: dict[str, float]
    threshold: float
    checksum: str
    heatmap: bytes
    seconds: dict[str, float]


@dataclass(frozen=True)
class Look:
    """A picture that was decoded and let through the gate, for every model of its kind; `prepared` keeps what models saw of it, and
    `seconds` what all that took."""

    picture: imaging.Picture
    seconds: dict[str, float]
    prepared: dict[tuple[str, int], tuple[np.ndarray, Box]] = field(default_factory=dict)


def look(data: bytes, disease: diseases.Disease) -> Look:
    """Decode one image file and judge it as a picture for this disease. Raises imaging.ImageRejected when the image is at fault."""
    clock = Clock()
    with clock.stage("decode"):
        picture = imaging.decode(data)
    with clock.stage("gate"):
        gate.check(picture.pixels, disease)
    return Look(picture, clock.stages)


@dataclass(frozen=True)
class OperatingPoint:
    """Where answers turn: a finding is positive from `threshold` on, and from `low` to below `high` a practitioner should look first.

    The manifest ships one; a place may set its own for the people it sees. Raises ValueError unless 0 <= low <= threshold <= high <= 1.
    """

    threshold: float
    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.threshold <= self.high <= 1:
            raise ValueError("an operating point needs 0 <= low <= threshold <= high <= 1")

    def outcome(self, probability: float) -> str:
        """What a probability of the positive classes is called."""
        if probability < self.low:
            return NOT_SUSPICIOUS
        return SUSPICIOUS if probability >= self.high else UNCERTAIN


class Engine:
    """One loaded model version. Safe to use from several threads; the same bytes give the same answer."""

    def __init__(self, artefact: registry.Artefact, *, reference: bool = False) -> None:
        """Check the file against its manifest and load it; with `reference`, the Keras model that the served file was made of.

        Raises registry.ArtefactError.
        """
        registry.verify(artefact)
        self.artefact, self.manifest = artefact, artefact.manifest
        self.disease = diseases.get(self.manifest.disease)
        if set(self.manifest.classes) != set(self.disease.classes):
            raise registry.ArtefactError(f"the model's classes {self.manifest.classes} are not those of {self.disease.code}")
        path = artefact.reference_path if reference else artefact.model_path
        self.runtime = runtimes.open_file(path, self.manifest.input.size)

    @property
    def shipped_point(self) -> OperatingPoint:
        """The operating point of the manifest."""
        return OperatingPoint(self.manifest.threshold, *self.manifest.uncertain)

    def answer(self, data: bytes, operating_point: OperatingPoint | None = None) -> Answer:
        """Read one image file, by default at the shipped operating point. Raises imaging.ImageRejected when the image is at fault."""
        return self.answer_look(look(data, self.disease), operating_point)

    def answer_look(self, looked: Look, operating_point: OperatingPoint | None = None) -> Answer:
        """Answer about a picture that was decoded and gated already, perhaps for another disease of the same modality."""
        point, picture = operating_point or self.shipped_point, looked.picture
        pixels, box = self.prepare(looked)
        clock = Clock(looked.seconds)
        with clock.stage("model"):
            logits, evidence = self.runtime.predict(pixels)
        with clock.stage("heatmap"):
            probabilities = self._calibrated(logits)
            probability = float(sum(probabilities[name] for name in self.manifest.positive))
            finding = self._finding(probabilities, probability >= point.threshold)
            cam = explain.activation(evidence, self.manifest.classes.index(finding))
            heatmap = explain.overlay(cam, box, picture.width, picture.height)
        return Answer(
            disease=self.disease.code,
            model_version=self.manifest.version,
            finding=finding,
            outcome=point.outcome(probability),
            probability=min(1.0, probability),
            probabilities=probabilities,
            threshold=point.threshold,
            checksum=self.manifest.sha256,
            heatmap=heatmap,
            seconds=clock.seconds(),
        )

    def logits(self, data: bytes) -> np.ndarray:
        """The model's logits (classes,) before calibration, for who measures calibration. No gate. Raises imaging.ImageRejected."""
        return self.runtime.predict(self.manifest.input.prepare(imaging.decode(data).pixels)[0])[0]

    def prepare(self, looked: Look) -> tuple[np.ndarray, Box]:
        """What this model takes: float32 (size, size, 3), and where the picture lies in it. The square, uint8, is shared among models that
        see the same; each scales it by itself."""
        way = self.manifest.input
        if (way.preprocess, way.size) not in looked.prepared:
            clock = Clock()
            with clock.stage("prepare"):
                looked.prepared[way.preprocess, way.size] = way.square(looked.picture.pixels)
            looked.seconds.update(clock.stages)
        square, box = looked.prepared[way.preprocess, way.size]
        return way.scaled(square), box

    def _calibrated(self, logits: np.ndarray) -> dict[str, float]:
        """Temperature scaling (Guo 2017), with a bias for each class where the manifest has them (Alexandari 2020)."""
        scaled = logits.astype(np.float64) / self.manifest.temperature + np.array(self.manifest.bias or 0.0)
        powers = np.exp(scaled - scaled.max())
        return dict(zip(self.manifest.classes, (powers / powers.sum()).tolist(), strict=True))

    def _finding(self, probabilities: dict[str, float], is_positive: bool) -> str:
        """The likeliest class on the side of the threshold where the answer lies."""
        side = [name for name in self.manifest.classes if (name in self.manifest.positive) == is_positive]
        return max(side, key=lambda name: probabilities[name])


class Clock:
    """Seconds of each stage."""

    def __init__(self, before: dict[str, float] | None = None) -> None:
        self.stages: dict[str, float] = dict(before or {})

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        yield
        self.stages[name] = time.perf_counter() - start

    def seconds(self) -> dict[str, float]:
        stages = {name: round(value, 4) for name, value in self.stages.items()}
        return stages | {"total": round(sum(self.stages.values()), 4)}


_loaded: dict[tuple[str, str, Any], Engine] = {}
_loading = threading.Lock()


def get(disease: str, version: str, root: Path | None = None) -> Engine:
    """The engine of a version, loaded on first use and kept for the life of the process. Raises registry.ArtefactError."""
    key = (disease, version, root)
    with _loading:
        if key not in _loaded:
            _loaded[key] = Engine(registry.load(disease, version, root))
        return _loaded[key]
