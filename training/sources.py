"""Leave one source out: what the same recipe makes of a place that it never saw (Zech 2018 shows why a held-out patient is not enough).

The models that are fitted here answer nobody; only their figures are kept, in metrics.json and on the card.
"""

import argparse
import datetime
import json
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from inference import diseases, registry
from training import card, datasets, metrics
from training.calibrate import Point
from training.recipes import RECIPES, Recipe

KEY = "left_out"
BY = "place it never saw"


def run(arguments: argparse.Namespace) -> None:
    """Fit the recipe without each source in turn, and measure the result on that source."""
    artefact = registry.open_folder(arguments.artefact)
    rows = []
    for row in _measured(arguments, artefact.manifest):
        print(json.dumps(row), flush=True)
        rows.append(row)
    recipe = _recipe(arguments, artefact.manifest.disease)
    told = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "epochs": sum(stage.epochs for stage in recipe.stages),
        "size": recipe.size,
        "rows": rows,
    }
    keep(arguments.artefact, told)


def _recipe(arguments: argparse.Namespace, disease: str) -> Recipe:
    """The disease's recipe, cut short as asked, at the size of its last stage."""
    recipe, most = RECIPES[disease], arguments.epochs or math.inf
    stages = tuple(replace(stage, epochs=int(min(stage.epochs, most))) for stage in recipe.stages[: arguments.stages])
    return replace(recipe, stages=stages, size=stages[-1].size or recipe.size)


def keep(folder: Path, told: dict[str, Any]) -> None:
    """Put the figures into metrics.json and draw the card anew."""
    path = folder / "metrics.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {KEY: told}, indent=1) + "\n")
    (folder / "MODEL_CARD.md").write_text(card.render(registry.open_folder(folder)))


def _measured(arguments: argparse.Namespace, manifest: registry.Manifest) -> Iterator[dict[str, Any]]:
    from training.task import Task

    disease, recipe = diseases.get(manifest.disease), _recipe(arguments, manifest.disease)
    examples = datasets.read_labels(arguments.data, disease)
    task = Task.read(disease, examples, recipe, manifest.backbone, arguments.weights, arguments.start)
    point = Point(manifest.temperature, manifest.threshold, *manifest.uncertain, bias=manifest.bias)
    for source in sorted({example.source for example in examples}):
        patients = {example.patient for example in examples if example.source == source}
        there = np.array([i for i, example in enumerate(examples) if example.source == source])
        elsewhere = np.array([i for i, example in enumerate(examples) if example.patient not in patients])
        model = task.fit(task.labelled(elsewhere), arguments.work / manifest.disease / source, manifest.seed)
        probability = point.probabilities(task.logits(model, there))[:, list(task.positive)].sum(1)
        truth = np.isin(task.labels[there], task.positive)
        yield _figures(source, probability, truth, point.threshold, [examples[i].patient for i in there]) | {"trained_on": len(elsewhere)}


def _figures(source: str, probability: np.ndarray, truth: np.ndarray, threshold: float, patients: list[str]) -> dict[str, Any]:
    """AUC with its interval by patient where both kinds are there, and sensitivity and specificity at the shipped model's own point."""
    called = probability >= threshold
    both = bool(truth.any() and not truth.all())
    interval = metrics.interval_by_patient(np.array(patients), lambda i: metrics.auc(truth[i], probability[i])) if both else None
    return {
        "by": BY,
        "name": source,
        "images": len(truth),
        "patients": len(set(patients)),
        "auc": round(metrics.auc(truth, probability), 4) if both else None,
        "auc_interval": [round(end, 4) for end in interval] if interval else None,
        "accuracy": round(float(np.mean(called == truth)), 4),
        "sensitivity": round(float(called[truth].mean()), 4) if truth.any() else None,
        "specificity": round(float((~called[~truth]).mean()), 4) if not truth.all() else None,
    }


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`sources` of the command line."""
    command = commands.add_parser("sources", help=run.__doc__)
    command.add_argument("--artefact", required=True, type=Path)
    command.add_argument("--data", required=True, type=Path)
    command.add_argument("--weights", type=Path, help="file of pretrained weights")
    command.add_argument("--start", type=Path, help="the .keras file of an earlier fit, which saw none of these patients")
    command.add_argument("--stages", type=int, help="only the first stages of the recipe (default: all), at the size of the last of them")
    command.add_argument("--epochs", type=int, help="at most so many epochs of each stage")
    command.add_argument("--work", type=Path, default=Path("var/sources"), help="where checkpoints are kept")
    command.set_defaults(run=run)
