"""Measure an artefact through the very path that serves patients, on patients it never saw; write metrics.json and the model card."""

import datetime
import json
import shlex
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from inference import diseases, engine, imaging, registry
from training import card, datasets, metrics

_DRAWS = 1000


def evaluate(folder: Path, data: Path, part: str = "test") -> dict[str, Any]:
    """The figures of the artefact in `folder` on the held-out patients of its split ("test"), or on "all" of another set.

    Pictures that the gate refuses are counted and left out. Intervals are 95 %, by patient. Raises datasets.DataError when the data is
    not that which the split was made of.
    """
    artefact = registry.open_folder(folder)
    manifest = artefact.manifest
    examples = datasets.read_labels(data, diseases.get(manifest.disease))
    if part == "test":
        parts = datasets.split(examples, manifest.seed)
        if {name: datasets.counts(rows) for name, rows in parts.items()} != manifest.training:
            raise datasets.DataError("this is not the data that the model's split was made of; use --part all for another set")
        examples = parts["test"]
    model = engine.Engine(artefact)
    kept, answers, logits, refused = [], [], [], Counter[str]()
    for example in tqdm(examples, desc="reading", unit="image", disable=None):
        content = example.path.read_bytes()
        try:
            answers.append(model.answer(content))
        except imaging.ImageRejected as rejected:
            refused[rejected.code] += 1
        else:
            kept.append(example)
            logits.append(model.logits(content))
    if not kept:
        raise datasets.DataError(f"the gate refused every picture: {dict(refused)}")
    figures: dict[str, Any] = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "command": "python -m training " + " ".join(map(shlex.quote, sys.argv[1:])),
        "part": part,
        **datasets.counts(kept),
        "refused_by_the_gate": dict(refused),
        "threshold": manifest.threshold,
    }
    return figures | _figures(manifest, kept, answers, np.array(logits))


def _figures(manifest: registry.Manifest, kept: list[datasets.Example], answers: list[engine.Answer], logits: np.ndarray) -> dict[str, Any]:
    truth = np.array([example.label in manifest.positive for example in kept])
    probability = np.array([answer.probability for answer in answers])
    called = probability >= manifest.threshold
    right = np.array([example.label == answer.finding for example, answer in zip(kept, answers, strict=True)])
    unsure = np.array([answer.outcome == engine.UNCERTAIN for answer in answers])
    patients = np.array([example.patient for example in kept])
    columns = [manifest.classes.index(name) for name in manifest.positive]
    raw = metrics.softmax(logits)[:, columns].sum(1)
    measures: dict[str, Callable[[np.ndarray], float]] = {
        "accuracy": lambda rows: float(right[rows].mean()),
        "sensitivity": lambda rows: float(called[rows][truth[rows]].mean()) if truth[rows].any() else float("nan"),
        "specificity": lambda rows: float((~called[rows][~truth[rows]]).mean()) if (~truth[rows]).any() else float("nan"),
        "auc": lambda rows: metrics.auc(truth[rows], probability[rows]),
    }
    everything = np.arange(len(kept))
    figures: dict[str, Any] = {}
    for name, measure in measures.items():
        low, high = metrics.interval_by_patient(patients, measure, draws=_DRAWS)
        figures[name] = round(measure(everything), 4)
        figures[f"{name}_interval"] = [round(low, 4), round(high, 4)]
    return figures | {
        "calibration_error": round(metrics.calibration_error(truth, probability), 4),
        "calibration_error_before_temperature": round(metrics.calibration_error(truth, raw), 4),
        "brier": round(float(np.mean((probability - truth) ** 2)), 4),
        "confusion": metrics.confusion(truth, called),
        "share_uncertain": round(float(unsure.mean()), 4),
        "accuracy_outside_uncertain": round(float(right[~unsure].mean()), 4) if (~unsure).any() else None,
        "seconds_an_image": round(float(np.median([answer.seconds["total"] for answer in answers])), 4),
    }


def write(folder: Path, figures: dict[str, Any]) -> None:
    """Put metrics.json and MODEL_CARD.md beside the model."""
    (folder / "metrics.json").write_text(json.dumps(figures, indent=2) + "\n")
    (folder / "MODEL_CARD.md").write_text(card.render(registry.open_folder(folder)))
