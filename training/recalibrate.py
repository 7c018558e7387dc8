"""Set an artefact's calibration anew, from the same answers that a fit sets it from."""

import dataclasses
from pathlib import Path

import numpy as np

from inference import diseases, engine, registry
from training import calibrate, crossval, datasets
from training.errors import TrainingError


def recalibrate(folder: Path, data: Path) -> calibrate.Point:
    """Rewrite temperature, biases, threshold and band in the manifest.

    They come from the answers of the folds where there are some, else from the validation patients, answered by the saved model. Raises
    TrainingError when the version was measured already: its figures belong to its calibration, and a version never changes.
    """
    artefact = registry.open_folder(folder)
    manifest = artefact.manifest
    if artefact.metrics:
        raise TrainingError(f"{folder} was measured with its calibration; fit another version, or remove metrics.json if it was never used")
    examples = datasets.read_labels(data, diseases.get(manifest.disease))
    folds = folder / crossval.FILE
    if folds.is_file():
        known = crossval.read(folds)
        logits = np.array([known[example.path.relative_to(data).as_posix()][1] for example in examples])
    else:
        examples = datasets.parts_of(manifest, examples)["validation"]
        model = engine.Engine(artefact)
        logits = np.array([model.logits(example.path.read_bytes()) for example in examples])
    positive = tuple(manifest.classes.index(name) for name in manifest.positive)
    point = calibrate.point(logits, datasets.label_numbers(examples, manifest.classes), positive)
    (folder / "manifest.json").write_text(calibrated(manifest, point).to_json())
    return point


def calibrated(manifest: registry.Manifest, point: calibrate.Point) -> registry.Manifest:
    """The manifest with this operating point, rounded as it is written."""
    cut = round(point.threshold, 4)
    return dataclasses.replace(
        manifest,
        temperature=round(point.temperature, 4),
        bias=tuple(round(value, 4) for value in point.bias),
        threshold=cut,
        uncertain=(min(point.low, cut), max(point.high, cut)),
    )
