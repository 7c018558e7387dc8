"""How each disease's model is trained: every choice that a person made, in one place, and copied into the manifest."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Stage:
    """Some epochs with the same layers unfrozen ("head", "upper" or "all"); the rate falls from `rate` along a cosine to `last_rate`."""

    depth: str
    epochs: int
    rate: float
    last_rate: float


@dataclass(frozen=True)
class Recipe:
    """`size` is the side of the model's square input in pixels; `patience` counts epochs without a better validation AUC.

    `source` and `licence` say where the pictures come from; `known_limits` are said on the model card.
    """

    size: int
    batch: int
    dropout: float
    smoothing: float
    augmentation: str
    stages: tuple[Stage, ...]
    patience: int
    source: str
    licence: str
    known_limits: tuple[str, ...]


RECIPES: dict[str, Recipe] = {
    "malaria": Recipe(
        size=128,
        batch=32,
        dropout=0.2,
        smoothing=0.05,  # some labels are wrong: no visible parasite, or a platelet on a healthy cell
        augmentation="stained_cell",
        stages=(Stage("head", 1, 2e-3, 2e-3), Stage("upper", 2, 1e-3, 6e-4), Stage("all", 14, 6e-4, 6e-6)),
        patience=6,
        source="NIH/NLM malaria cells: Giemsa-stained thin smears, P. falciparum, Chittagong (Rajaraman 2018, doi:10.7717/peerj.4568)",
        licence="public, with citation",
        known_limits=(
            "One hospital, one microscope set-up, one stain protocol and one species (P. falciparum).",
            "It sees single red cells, cut out of the film, not whole fields; platelets and stain deposits can look like parasites.",
            "Some labels of the set are wrong, which limits what any model can score on it.",
            "One cell does not make or exclude a diagnosis.",
        ),
    ),
}
