"""Fit the gate's network and set its limits."""

import numpy as np

from inference import diseases, gate
from training.gate_looks import LEARNED, OTHER, Looked

_COMPONENTS, _HIDDEN, _EPOCHS, _BATCH = 160, 96, 16, 512
# From which probability on a picture passes. One half where films of places that were not learned from pass as well as others; less where
# the pictures come from few cameras or laboratories: one of another place that is refused wrongly can not be read at all, while a wrong one
# that passes meets a model that knows uncertainty, and a practitioner.
_LEAST = {diseases.CHEST_XRAY: 0.5, diseases.FUNDUS: 0.25, diseases.DERMOSCOPY: 0.35, diseases.BLOOD_SMEAR: 0.15}


def fit_network(seen: Looked, seed: int) -> dict[str, np.ndarray]:
    """Principal components, then one hidden layer with four independent outputs, by Adam: gate.Gate's arrays up to output_bias.

    Each of the four kinds weighs as much as each other, and all other pictures as much as the four; among these each drawn or found kind,
    and the misuse of each set, weighs the same.
    """
    random = np.random.default_rng(seed)
    mean = seen.figures.mean(axis=0)
    scale = seen.figures.std(axis=0) + np.float32(0.05)
    even = (seen.figures - mean) / scale
    values, vectors = np.linalg.eigh(np.cov(even, rowvar=False))
    axes = (vectors[:, ::-1][:, :_COMPONENTS] / np.sqrt(values[::-1][:_COMPONENTS] + 0.5)).astype(np.float32)
    inputs = even @ axes
    truth = (seen.kind[:, None] == np.arange(OTHER)).astype(np.float32)
    weight = _weights(seen)
    width = axes.shape[1]
    values_of = {
        "hidden": (random.standard_normal((width, _HIDDEN)) * np.sqrt(2 / width)).astype(np.float32),
        "hidden_bias": np.zeros(_HIDDEN, np.float32),
        "output": (random.standard_normal((_HIDDEN, OTHER)) * np.sqrt(1 / _HIDDEN)).astype(np.float32),
        "output_bias": np.full(OTHER, -1, np.float32),
    }
    moments = {name: [np.zeros_like(value), np.zeros_like(value)] for name, value in values_of.items()}
    steps, done = _EPOCHS * (len(inputs) // _BATCH), 0
    for _ in range(_EPOCHS):
        order = random.permutation(len(inputs))
        for start in range(0, len(order) - _BATCH + 1, _BATCH):
            rows, done = order[start : start + _BATCH], done + 1
            batch = inputs[rows] + random.standard_normal((_BATCH, width), np.float32) * np.float32(0.15)
            kept = (random.random((_BATCH, _HIDDEN), np.float32) > 0.2) / np.float32(0.8)
            raw = batch @ values_of["hidden"] + values_of["hidden_bias"]
            active = np.maximum(raw, 0) * kept
            chance = 0.5 + 0.5 * np.tanh((active @ values_of["output"] + values_of["output_bias"]) / 2)
            error = (chance - truth[rows]) * weight[rows, None] / _BATCH
            back = (error @ values_of["output"].T) * kept * (raw > 0)
            slopes = {"output": active.T @ error, "output_bias": error.sum(0), "hidden": batch.T @ back, "hidden_bias": back.sum(0)}
            rate = 2e-3 * 0.5 * (1 + np.cos(np.pi * done / steps))
            for name, slope in slopes.items():
                first, second = moments[name]
                first += 0.1 * (slope - first)
                second += 0.001 * (slope * slope - second)
                move = first / (1 - 0.9**done) / (np.sqrt(second / (1 - 0.999**done)) + 1e-8)
                values_of[name] -= np.float32(rate) * (move + np.float32(1e-3) * values_of[name])
    return {"mean": mean, "scale": scale, "axes": axes} | values_of


def _weights(seen: Looked) -> np.ndarray:
    weight = np.zeros(len(seen.kind), np.float32)
    for kind in range(OTHER + 1):
        of_kind = seen.kind == kind
        if kind < OTHER:
            weight[of_kind] = 1 / max(1, of_kind.sum())
            continue
        groups = np.char.add(seen.name.astype(str), np.where(np.isin(seen.role, LEARNED), "", " misused"))
        names = np.unique(groups[of_kind])
        for name in names:
            rows = of_kind & (groups == name)
            weight[rows] = OTHER / len(names) / rows.sum()
    return weight / weight.mean()


def fit_gate(seen: Looked, seed: int) -> gate.Gate:
    """The network, from which probability on it passes, and the limits of Quality.

    The limits leave a margin beyond the ordinary pictures of a kind: half as bright as its darkest, half-way from its brightest to white,
    and a tenth of the way from its softest to no sharpness at all, where the outermost half percent is not counted as ordinary.
    """
    darkest, brightest, most_blur = np.zeros(OTHER, np.float32), np.full(OTHER, 255, np.float32), np.ones(OTHER, np.float32)
    for kind in range(OTHER):
        taken = seen.quality[(seen.kind == kind) & (seen.role == "as it is")]
        if len(taken):
            darkest[kind] = 0.5 * np.percentile(taken[:, 0], 0.5)
            brightest[kind] = 0.5 * (255 + np.percentile(taken[:, 1], 99.5))
            most_blur[kind] = 0.9 * np.percentile(taken[:, 2], 99.5) + 0.1
    network = fit_network(seen, seed)
    return gate.Gate(
        **network,
        least=np.array([_LEAST[kind] for kind in gate.KINDS], np.float32),
        darkest=darkest,
        brightest=brightest,
        most_blur=most_blur,
    )
