"""Figures computed with numpy alone: AUC, calibration error, counts, and intervals by patient."""

from collections.abc import Callable

import numpy as np


def softmax(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """Probabilities (n, classes) of logits (n, classes)."""
    scaled = logits.astype(np.float64) / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def auc(truth: np.ndarray, score: np.ndarray) -> float:
    """Area under the ROC curve (Mann-Whitney, ties count half); nan if only one class is there."""
    positives = int(truth.sum())
    negatives = len(truth) - positives
    if not positives or not negatives:
        return float("nan")
    _, inverse, numbers = np.unique(score, return_inverse=True, return_counts=True)
    ranks = np.cumsum(numbers) - (numbers - 1) / 2
    return float((ranks[inverse][truth.astype(bool)].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def calibration_error(truth: np.ndarray, probability: np.ndarray, bins: int = 10) -> float:
    """Expected calibration error of the positive probability in equal-width bins (Guo 2017), weighted by their counts."""
    number = np.minimum((probability * bins).astype(int), bins - 1)
    gaps = [abs(truth[number == b].mean() - probability[number == b].mean()) * np.mean(number == b) for b in np.unique(number)]
    return float(np.sum(gaps))


def confusion(truth: np.ndarray, called: np.ndarray) -> dict[str, int]:
    """Counts of true and false positives and negatives."""
    return {
        "true_positive": int(np.sum(truth & called)),
        "false_positive": int(np.sum(~truth & called)),
        "true_negative": int(np.sum(~truth & ~called)),
        "false_negative": int(np.sum(truth & ~called)),
    }


def interval_by_patient(
    patients: np.ndarray, figure: Callable[[np.ndarray], float], seed: int = 0, draws: int = 1000
) -> tuple[float, float]:
    """95 % percentile bootstrap interval of figure(rows), drawing whole patients with replacement (Efron 1993)."""
    names, inverse = np.unique(patients, return_inverse=True)
    rows = [np.flatnonzero(inverse == i) for i in range(len(names))]
    random = np.random.default_rng(seed)
    values = [figure(np.concatenate([rows[i] for i in random.integers(0, len(names), len(names))])) for _ in range(draws)]
    low, high = np.nanpercentile(values, [2.5, 97.5])
    return float(low), float(high)


def specificity_at(truth: np.ndarray, probability: np.ndarray, sensitivity: float) -> float:
    """The highest specificity at which at least `sensitivity` of the diseased lie at or above the threshold."""
    diseased = np.sort(probability[truth])
    cut = diseased[int(np.floor(len(diseased) * (1 - sensitivity) + 1e-9))]
    return float(np.mean(probability[~truth] < cut))


def quadratic_kappa(truth: np.ndarray, called: np.ndarray) -> float:
    """Cohen's kappa with quadratic weights (Cohen 1968) of two rows of class numbers; nan if all are of one class."""
    count = int(max(truth.max(), called.max())) + 1
    table = np.zeros((count, count))
    np.add.at(table, (truth, called), 1)
    numbers = np.arange(count)
    distance = (numbers[:, None] - numbers[None]) ** 2
    expected = np.outer(table.sum(1), table.sum(0)) / len(truth)
    return float(1 - (distance * table).sum() / (distance * expected).sum()) if (distance * expected).sum() else float("nan")
