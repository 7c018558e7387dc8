"""Measure an artefact on patients it never saw; write metrics.json, the model card and its pictures.

A model of one split is measured through the very path that serves patients. Of a cross-validated one, each picture's answer is that of
the fold model that did not see its patient, with temperature, threshold and band from the *other* folds: nothing that made an answer saw
the patient it is about. The shipped model, which learned from all of them, is the same recipe fitted once more.
"""

import datetime
import json
import shlex
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from inference import charts, diseases, engine, gate, imaging, registry
from training import calibrate, card, crossval, datasets, figures, metrics, sources

_TIMED = 40


@dataclass(frozen=True)
class Measured:
    """Answers to pictures that passed the gate: rows of equal order.

    `scores` are calibrated probabilities (n, classes), `raw` the same without calibration; `called` and `unsure` are bool (n,): a
    positive finding, and "can not tell"; `findings` are class names.
    """

    examples: list[datasets.Example]
    scores: np.ndarray
    raw: np.ndarray
    called: np.ndarray
    unsure: np.ndarray
    findings: list[str]


def evaluate(folder: Path, data: Path, part: str = "test", *, reference: bool = False) -> dict[str, Any]:
    """The figures of the artefact in `folder` on the patients that it never saw ("test"), or on "all" of another set.

    With `reference`, of the Keras model that the served file was made of. Pictures that the gate refuses are counted and left out.
    Intervals are 95 %, by patient. Raises datasets.DataError when the data is not that which the model was made of.
    """
    artefact = registry.open_folder(folder)
    manifest = artefact.manifest
    examples = datasets.read_labels(data, diseases.get(manifest.disease))
    model = engine.Engine(artefact, reference=reference)
    folds = folder / crossval.FILE
    refused: Counter[str] = Counter()
    if part == "test" and folds.is_file():
        measured, seconds = _by_fold(model, examples, crossval.read(folds), data, refused)
        part = "cross-validation"
    else:
        measured, seconds = _served(model, datasets.held_out(manifest, examples) if part == "test" else examples, refused)
    if not measured.examples:
        raise datasets.DataError(f"the gate refused every picture: {dict(refused)}")
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "command": "python -m training " + " ".join(map(shlex.quote, sys.argv[1:])),
        "part": part,
        **datasets.counts(measured.examples),
        "unit": manifest.recipe.get("unit", "patients"),
        "refused_by_the_gate": dict(refused),
        "threshold": manifest.threshold,
        **figures.overall(manifest, measured),
        "seconds_an_image": round(seconds, 4),
    }


def write(folder: Path, told: dict[str, Any]) -> None:
    """Put metrics.json, MODEL_CARD.md and the card's pictures beside the model."""
    path = folder / "metrics.json"
    before = json.loads(path.read_text()) if path.is_file() else {}
    if sources.KEY in before:  # of models of their own, which this measurement does not change
        told[sources.KEY] = before[sources.KEY]
    path.write_text(json.dumps(told, indent=1) + "\n")
    artefact = registry.open_folder(folder)
    (folder / "roc.svg").write_text(charts.roc_svg(told, artefact.manifest.threshold))
    (folder / "calibration.svg").write_text(charts.calibration_svg(told))
    (folder / "MODEL_CARD.md").write_text(card.render(artefact))


def _served(model: engine.Engine, examples: list[datasets.Example], refused: Counter[str]) -> tuple[Measured, float]:
    """Every picture through the engine, as the portal does it, and the median seconds of an answer."""
    kept, answers, logits = [], [], []
    for example in tqdm(examples, desc="reading", unit="image", disable=None):
        content = example.path.read_bytes()
        try:
            answers.append(model.answer(content))
        except imaging.ImageRejected as rejected:
            refused[rejected.code] += 1
        else:
            kept.append(example)
            logits.append(model.logits(content))
    classes, threshold = model.manifest.classes, model.manifest.threshold
    measured = Measured(
        kept,
        np.array([[answer.probabilities[name] for name in classes] for answer in answers]),
        metrics.softmax(np.array(logits)) if kept else np.empty((0, len(classes))),
        np.array([answer.probability >= threshold for answer in answers]),
        np.array([answer.outcome == engine.UNCERTAIN for answer in answers]),
        [answer.finding for answer in answers],
    )
    return measured, float(np.median([answer.seconds["total"] for answer in answers])) if kept else 0.0


def _by_fold(
    model: engine.Engine, examples: list[datasets.Example], folds: dict[str, tuple[int, np.ndarray]], data: Path, refused: Counter[str]
) -> tuple[Measured, float]:
    """The answers that were kept when the folds were fitted, calibrated by the other folds."""
    manifest = model.manifest
    names = [example.path.relative_to(data).as_posix() for example in examples]
    if set(names) != set(folds):
        raise datasets.DataError("this is not the data that the model was made of; use --part all for another set")
    passed = []
    for i, example in enumerate(tqdm(examples, desc="gate", unit="image", disable=None)):
        try:
            gate.check(imaging.decode(example.path.read_bytes()).pixels, model.disease)
        except imaging.ImageRejected as rejected:
            refused[rejected.code] += 1
        else:
            passed.append(i)
    kept = [examples[i] for i in passed]
    fold = np.array([folds[name][0] for name in names])
    logits = np.array([folds[name][1] for name in names])
    labels = datasets.label_numbers(examples, manifest.classes)
    positive = tuple(manifest.classes.index(name) for name in manifest.positive)
    scores, called, unsure = np.zeros_like(logits), np.zeros(len(names), bool), np.zeros(len(names), bool)
    for number in np.unique(fold):
        here = fold == number
        point = calibrate.point(logits[~here], labels[~here], positive)
        scores[here] = point.probabilities(logits[here])
        probability = scores[here][:, list(positive)].sum(1)
        called[here] = probability >= point.threshold
        unsure[here] = (probability >= point.low) & (probability < point.high)
    is_positive = np.isin(np.arange(len(manifest.classes)), positive)
    likeliest = np.where(is_positive[None] == called[:, None], scores, -1.0).argmax(1)
    clock = [model.answer(example.path.read_bytes()).seconds["total"] for example in kept[:: max(1, len(kept) // _TIMED)]]
    findings = [manifest.classes[likeliest[i]] for i in passed]
    raw = metrics.softmax(logits)
    return Measured(kept, scores[passed], raw[passed], called[passed], unsure[passed], findings), float(np.median(clock))
