"""Cross-validation by patient: every picture is answered once by a model that did not see its patient, and a last model learns from all."""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from training import datasets

if TYPE_CHECKING:
    import keras

FILE = "out_of_fold.csv"

Fit = Callable[[np.ndarray, Path], "keras.Model"]


def folds(examples: list[datasets.Example], count: int, seed: int) -> np.ndarray:
    """The fold of each example, int64 (n,): whole patients, each fold with its share of every class of every source."""
    marked = [datasets.Example(e.path, f"{e.source} {e.label}", e.patient) for e in examples]
    parts = datasets.split(marked, seed, {str(i): 1 / count for i in range(count)})
    where = {example.path: int(fold) for fold, members in parts.items() for example in members}
    return np.array([where[example.path] for example in examples], np.int64)


def out_of_fold(fold: np.ndarray, fit: Fit, logits: Callable[["keras.Model", np.ndarray], np.ndarray], work: Path) -> np.ndarray:
    """Logits (n, classes) of each example by the model of the other folds. Folds that were finished before are read from `work`.

    `fit(rows, work)` trains on some rows, `logits(model, rows)` answers others.
    """
    work.mkdir(parents=True, exist_ok=True)
    answers: list[np.ndarray] = []
    for number in range(int(fold.max()) + 1):
        done = work / f"fold{number}.npy"
        if not done.is_file():
            print(f"fold {number + 1} of {int(fold.max()) + 1}", flush=True)
            model = fit(np.flatnonzero(fold != number), work / f"fold{number}")
            np.save(done, logits(model, np.flatnonzero(fold == number)))
        answers.append(np.load(done))
    together = np.zeros((len(fold), answers[0].shape[1]), np.float32)
    for number, part in enumerate(answers):
        together[fold == number] = part
    return together


def write(path: Path, examples: list[datasets.Example], fold: np.ndarray, logits: np.ndarray, data: Path) -> None:
    """Keep the answers beside the model: file, fold and one logit a class."""
    with path.open("w", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(["file", "fold", *(f"logit_{i}" for i in range(logits.shape[1]))])
        for example, number, row in zip(examples, fold, logits, strict=True):
            lines.writerow([example.path.relative_to(data).as_posix(), int(number), *(f"{value:.4f}" for value in row)])


def read(path: Path) -> dict[str, tuple[int, np.ndarray]]:
    """What `write` kept: file to (fold, logits (classes,))."""
    with path.open(newline="") as file:
        return {
            row["file"]: (int(row["fold"]), np.array([float(value) for key, value in row.items() if key.startswith("logit_")]))
            for row in csv.DictReader(file)
        }
