"""Model versions on disk: `<root>/<disease>/<version>/` holds the model, manifest.json, metrics.json and MODEL_CARD.md."""

import dataclasses
import hashlib
import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from inference.preprocess import WAYS, Box

ARTIFACTS = Path(os.environ.get("MEDINFORM_ARTIFACTS") or Path(__file__).parent / "artifacts")

_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")


class ArtefactError(Exception):
    """A model version is missing, incomplete or not the file that its manifest describes; the message says which."""


@dataclass(frozen=True)
class Input:
    """The model's square input: `size` in pixels, values (x - offset) / divisor of 8-bit RGB, made by a way of preprocess.WAYS."""

    size: int
    offset: float
    divisor: float
    preprocess: str = "plain"

    def prepare(self, pixels: np.ndarray) -> tuple[np.ndarray, Box]:
        """What the model sees of uint8 (h, w, 3): float32 (size, size, 3); and where the picture lies in it."""
        square, box = self.square(pixels)
        return self.scaled(square), box

    def square(self, pixels: np.ndarray) -> tuple[np.ndarray, Box]:
        """The same in 8 bits, as another model with the same way and size sees it too: uint8 (size, size, 3)."""
        return WAYS[self.preprocess](pixels, self.size)

    def scaled(self, squares: np.ndarray) -> np.ndarray:
        """uint8 (..., size, size, 3) as the model takes them."""
        return (squares.astype(np.float32) - np.float32(self.offset)) / np.float32(self.divisor)


@dataclass(frozen=True)
class Manifest:
    """What a version is and how it answers.

    `classes` is the order of the model's outputs; the answer's probability is the sum over `positive` of softmax(logits / temperature +
    bias), where no bias is none. It is a positive finding from `threshold` on; `uncertain` is (low, high): from low to below high a
    practitioner should look first. `training` counts images and patients per part of the split, `recipe` holds every choice of the fit.
    `file` is the model that is served, one of the `variants` that were compared; `reference` the Keras model that it was made of, where
    that is another file.
    """

    disease: str
    version: str
    created: str
    commit: str
    backbone: str
    input: Input
    classes: tuple[str, ...]
    positive: tuple[str, ...]
    threshold: float
    uncertain: tuple[float, float]
    temperature: float
    file: str
    sha256: str
    source: str
    licence: str
    seed: int
    training: dict[str, dict[str, int]] = field(default_factory=dict)
    recipe: dict[str, Any] = field(default_factory=dict)
    known_limits: tuple[str, ...] = ()
    bias: tuple[float, ...] = ()
    variant: str = "keras"
    variants: dict[str, dict[str, float]] = field(default_factory=dict)
    reference: str = ""
    reference_sha256: str = ""

    @property
    def checksum(self) -> str:
        """SHA-256 of the served file, in hexadecimal."""
        return self.sha256

    def to_dict(self) -> dict[str, Any]:
        """What manifest.json says, as plain values."""
        values: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(self)))
        return values

    def to_json(self) -> str:
        """The text of manifest.json."""
        return json.dumps(self.to_dict(), indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Manifest":
        """Read manifest.json. Raises ArtefactError if a field is missing, unknown or makes no sense."""
        try:
            values = json.loads(text)
            values["input"] = Input(**values["input"])
            for name in ("classes", "positive", "uncertain", "known_limits", "bias"):
                values[name] = tuple(values.get(name, ()))
            manifest = cls(**values)
        except (ValueError, TypeError, KeyError) as error:
            raise ArtefactError(f"the manifest can not be read: {error}") from error
        manifest._check()
        return manifest

    def _check(self) -> None:
        if not self.classes or not self.positive or not set(self.positive) < set(self.classes):
            raise ArtefactError("the manifest's positive classes are not some of its classes")
        if len(self.bias) not in (0, len(self.classes)):
            raise ArtefactError("the manifest's biases are not one for each class")
        low, high = self.uncertain
        if self.input.preprocess not in WAYS:
            raise ArtefactError(f"the manifest asks for an unknown preprocessing: {self.input.preprocess}")
        if not 0 <= low <= self.threshold <= high <= 1 or self.temperature <= 0:
            raise ArtefactError("the manifest's thresholds or temperature are out of range")


@dataclass(frozen=True)
class Artefact:
    """One model version: its folder, its manifest, and the figures of its evaluation (empty until evaluated)."""

    path: Path
    manifest: Manifest
    metrics: dict[str, Any]

    @property
    def model_path(self) -> Path:
        """The file that is served."""
        return self.path / self.manifest.file

    @property
    def reference_path(self) -> Path:
        """The Keras model: what was trained, and what every other variant is compared with."""
        return self.path / (self.manifest.reference or self.manifest.file)


def is_version(name: str) -> bool:
    """Whether a folder's name is a semantic version of three numbers, as 1.0.0."""
    return _VERSION.fullmatch(name) is not None


def versions(disease: str, root: Path | None = None) -> list[str]:
    """The versions that have a manifest, oldest first by semantic version; empty if there is none."""
    folder = (root or ARTIFACTS) / disease
    if not re.fullmatch(r"[a-z0-9_]+", disease) or not folder.is_dir():
        return []
    found = [path.parent.name for path in folder.glob("*/manifest.json") if is_version(path.parent.name)]
    return sorted(found, key=lambda version: tuple(map(int, version.split("."))))


def latest(disease: str, root: Path | None = None) -> Artefact | None:
    """The newest version, or None if the disease has none. Raises ArtefactError if it is there but broken."""
    found = versions(disease, root)
    return load(disease, found[-1], root) if found else None


def load(disease: str, version: str, root: Path | None = None) -> Artefact:
    """One version by name. Raises ArtefactError if it is missing or its manifest is not about it."""
    if version not in versions(disease, root):
        raise ArtefactError(f"there is no model {disease} {version}")
    artefact = open_folder((root or ARTIFACTS) / disease / version)
    if (artefact.manifest.disease, artefact.manifest.version) != (disease, version):
        raise ArtefactError(f"the manifest in {disease}/{version} is about {artefact.manifest.disease} {artefact.manifest.version}")
    return artefact


def open_folder(folder: Path) -> Artefact:
    """The artefact in a folder, wherever it is. Raises ArtefactError."""
    try:
        manifest = Manifest.from_json((folder / "manifest.json").read_text())
        metrics_path = folder / "metrics.json"
        metrics = json.loads(metrics_path.read_text()) if metrics_path.is_file() else {}
    except OSError as error:
        raise ArtefactError(f"{folder} holds no model version: {error.strerror}") from error
    except ValueError as error:
        raise ArtefactError(f"metrics.json in {folder} can not be read: {error}") from error
    return Artefact(folder, manifest, metrics)


def checksum(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def verify(artefact: Artefact) -> None:
    """Check that the model's files are those that the manifest describes. Raises ArtefactError."""
    manifest = artefact.manifest
    for name, sha256 in ((manifest.file, manifest.sha256), (manifest.reference, manifest.reference_sha256)):
        path = artefact.path / name
        if name and not path.is_file():
            raise ArtefactError(f"the model file {name} of {manifest.disease} {manifest.version} is missing")
        if name and checksum(path) != sha256:
            raise ArtefactError(f"the model file of {manifest.disease} {manifest.version} is not the one its manifest describes")
