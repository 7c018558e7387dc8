"""Pictures of everything that no model here is made for, drawn by code, for the gate to learn to refuse.

Each painter takes a seeded generator and gives uint8 (h, w, 3) RGB; no two of its pictures are alike. The name of a painter is its kind:
the measurement holds out whole kinds. Drawings need not fool a person: they must cover the ways in which a picture can be a wrong one.
"""

from collections.abc import Callable

import numpy as np

from training.drawn import films, medical, paper, things

Painter = Callable[[np.random.Generator], np.ndarray]

PAINTERS: dict[str, Painter] = {
    painter.__name__: painter for painter in (*paper.PAINTERS, *films.PAINTERS, *medical.PAINTERS, *things.PAINTERS)
}
MEDICAL = frozenset(painter.__name__ for painter in (paper.ecg, *films.PAINTERS, *medical.PAINTERS))


def draw(kind: str, seed: int) -> np.ndarray:
    """The picture of this kind and seed: uint8 (h, w, 3) RGB. Raises KeyError for an unknown kind."""
    return PAINTERS[kind](np.random.default_rng([seed, *kind.encode()]))
