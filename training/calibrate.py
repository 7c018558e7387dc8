"""From scores to an honest answer: a temperature, a threshold, and a band in which the model can not tell; set on validation patients."""

import math
from dataclasses import dataclass

import numpy as np

from training.metrics import softmax

SURE = 0.99
_RIDGE = 1e-3
SURENESS = (SURE, 0.98, 0.97, 0.96, 0.95, 0.93, 0.9, 0.85, 0.8)
MOST_UNCERTAIN = 1 / 3


@dataclass(frozen=True)
class Point:
    """How scores become an answer: temperature and biases, the threshold, and the band (low, high) in which the model can not tell."""

    temperature: float
    threshold: float
    low: float
    high: float
    bias: tuple[float, ...] = ()

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Calibrated (n, classes) of logits (n, classes)."""
        return softmax(logits / self.temperature + np.array(self.bias or 0.0))


def point(logits: np.ndarray, labels: np.ndarray, positive: tuple[int, ...]) -> Point:
    """Temperature, threshold and band from logits (n, classes) and class numbers (n,) of patients that were not trained on.

    The threshold is where sensitivity plus specificity is highest. The band reaches to where 99 of 100 of each side are right; where the
    classes overlap so much that more than a third would be uncertain, it is narrowed until a third is.
    """
    heat, bias = scaling(logits, labels)
    truth = np.isin(labels, positive)
    probability = Point(heat, 0, 0, 0, bias).probabilities(logits)[:, list(positive)].sum(1)
    cut = threshold(truth, probability)
    for sure in SURENESS:
        low, high = uncertain_band(truth, probability, cut, sure)
        if np.mean((probability >= low) & (probability < high)) <= MOST_UNCERTAIN:
            break
    return Point(heat, cut, low, high, bias)


def scaling(logits: np.ndarray, labels: np.ndarray) -> tuple[float, tuple[float, ...]]:
    """Temperature and a bias for each class that minimise the negative log-likelihood of softmax(logits / temperature + bias).

    `logits` is (n, classes), `labels` class numbers (n,). A temperature alone (Guo 2017) can not undo that training weighed the classes
    evenly; a bias for each class can (bias-corrected temperature scaling, Alexandari 2020). The first bias is 0. The loss is convex in
    (1 / temperature, bias): Newton steps, with a little ridge so that classes without examples stay put.
    """
    n, classes = logits.shape
    spread = max(float(logits.std()), 1e-9)
    features = np.zeros((n, classes, classes))  # of example and class: the logit, then which class
    features[:, :, 0] = logits / spread
    for k in range(1, classes):
        features[:, k, k] = 1
    target = np.eye(classes)[labels]
    start = np.zeros(classes)
    start[0] = spread
    values = start.copy()

    def loss(at: np.ndarray) -> float:
        scores = softmax(features @ at)
        return float(-np.log(np.maximum((scores * target).sum(1), 1e-12)).mean() + _RIDGE / 2 * ((at - start)[1:] ** 2).sum())

    for _ in range(60):
        scores = softmax(features @ values)
        gradient = np.einsum("nk,nkf->f", scores - target, features) / n
        centred = features - np.einsum("nk,nkf->nf", scores, features)[:, None]
        curve = np.einsum("nk,nkf,nkg->fg", scores, centred, centred) / n + 1e-9 * np.eye(classes)
        gradient[1:] += _RIDGE * (values - start)[1:]
        curve[1:, 1:] += _RIDGE * np.eye(classes - 1)
        step, length = np.linalg.solve(curve, gradient), 1.0
        while length > 1e-6 and (loss(values - length * step) > loss(values) or values[0] <= length * step[0]):
            length /= 2
        values = values - length * step if length > 1e-6 else values
        if np.abs(length * step).max() < 1e-7 or length <= 1e-6:
            break
    return float(np.clip(spread / values[0], 0.05, 20.0)), tuple(float(value) for value in (0.0, *values[1:]))


def threshold(truth: np.ndarray, probability: np.ndarray) -> float:
    """Where sensitivity plus specificity is highest (Youden 1950): the middle of the best interval between neighbouring scores.

    `truth` is bool (n,), `probability` float (n,). Equal scores stay on one side of it; of equally good thresholds the lower is taken,
    which misses fewer.
    """
    scores, inverse = np.unique(probability, return_inverse=True)
    diseased = np.bincount(inverse, truth, len(scores))
    healthy = np.bincount(inverse, ~truth, len(scores))
    cuts = np.concatenate([[0.0], (scores[1:] + scores[:-1]) / 2, [1.0]])
    missed = np.concatenate([[0], np.cumsum(diseased)]) / max(1, diseased.sum())
    cleared = np.concatenate([[0], np.cumsum(healthy)]) / max(1, healthy.sum())
    return float(cuts[int(np.argmax(cleared - missed))])


def uncertain_band(truth: np.ndarray, probability: np.ndarray, cut: float, sure: float = SURE) -> tuple[float, float]:
    """(low, high) about the threshold `cut`: below `low` lie at most 1 - sure of the diseased, from `high` on of the healthy.

    `low` is the highest probability of which that is true, `high` the lowest; both round to four digits away from the threshold.
    """
    diseased, healthy = np.sort(probability[truth]), np.sort(probability[~truth])
    low = diseased[_spared(len(diseased), sure)]
    high = np.nextafter(healthy[-1 - _spared(len(healthy), sure)], 2)
    return min(math.floor(low * 1e4) / 1e4, cut), max(min(math.ceil(high * 1e4) / 1e4, 1.0), cut)


def _spared(count: int, sure: float) -> int:
    """How many of `count` may lie on the wrong side; the small number is for 1 - 0.99 being a little more or less than 0.01."""
    return min(count - 1, math.floor(count * (1 - sure) + 1e-9))
