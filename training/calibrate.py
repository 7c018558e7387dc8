"""From scores to an honest answer: a temperature, a threshold, and a band in which the model can not tell; set on validation patients."""

import math
from dataclasses import dataclass

import numpy as np

from training.metrics import softmax

SURE = 0.99
SURENESS = (SURE, 0.98, 0.97, 0.96, 0.95, 0.93, 0.9, 0.85, 0.8)
MOST_UNCERTAIN = 1 / 3


@dataclass(frozen=True)
class Point:
    """How scores become an answer: the temperature, the threshold, and the band (low, high) in which the model can not tell."""

    temperature: float
    threshold: float
    low: float
    high: float


def point(logits: np.ndarray, labels: np.ndarray, positive: tuple[int, ...]) -> Point:
    """Temperature, threshold and band from logits (n, classes) and class numbers (n,) of patients that were not trained on.

    The threshold is where sensitivity plus specificity is highest. The band reaches to where 99 of 100 of each side are right; where the
    classes overlap so much that more than a third would be uncertain, it is narrowed until a third is.
    """
    heat = temperature(logits, labels)
    truth = np.isin(labels, positive)
    probability = softmax(logits, heat)[:, list(positive)].sum(1)
    cut = threshold(truth, probability)
    for sure in SURENESS:
        low, high = uncertain_band(truth, probability, cut, sure)
        if np.mean((probability >= low) & (probability < high)) <= MOST_UNCERTAIN:
            break
    return Point(heat, cut, low, high)


def temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The temperature that minimises the negative log-likelihood (Guo 2017) of logits (n, classes) and class numbers (n,).

    The likelihood has one minimum in 1/temperature, so a golden-section search over 0.05 to 20 finds it.
    """
    ratio = (np.sqrt(5) - 1) / 2
    low, high = np.log(0.05), np.log(20.0)
    rows = np.arange(len(labels))

    def loss(log_temperature: float) -> float:
        return float(-np.log(np.maximum(softmax(logits, float(np.exp(log_temperature)))[rows, labels], 1e-12)).mean())

    for _ in range(60):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        low, high = (low, right) if loss(left) < loss(right) else (left, high)
    return float(np.exp((low + high) / 2))


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
