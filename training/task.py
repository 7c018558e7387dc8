"""A disease's labelled pictures, and a recipe to fit models to some of them and to ask these about others."""

from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from inference.diseases import Disease
from training import backbones, datasets, fit
from training.recipes import Recipe


@dataclass(frozen=True)
class Task:
    """Rows are positions in `examples`: `images` is uint8 (n, size, size, 3), `labels` int64 (n,); `positive` are class numbers.

    Every model begins with `weights`, or with `start`, as fit.fit says.
    """

    recipe: Recipe
    backbone: backbones.Backbone
    weights: Path | str | None
    start: Path | None
    classes: tuple[str, ...]
    positive: tuple[int, ...]
    examples: list[datasets.Example]
    images: np.ndarray
    labels: np.ndarray

    @classmethod
    def read(
        cls,
        disease: Disease,
        examples: list[datasets.Example],
        recipe: Recipe,
        backbone: str,
        weights: Path | str | None,
        start: Path | None,
    ) -> "Task":
        """Decode the pictures as serving does. Raises datasets.DataError."""
        classes = tuple(disease.classes)
        return cls(
            recipe=recipe,
            backbone=backbones.named(backbone, recipe.momentum),
            weights=weights,
            start=start,
            classes=classes,
            positive=tuple(classes.index(name) for name in disease.positive),
            examples=examples,
            images=datasets.load_squares(examples, recipe.size, recipe.preprocess),
            labels=datasets.label_numbers(examples, classes),
        )

    def labelled(self, rows: np.ndarray, *, weighed: bool = True) -> fit.Labelled:
        """Some pictures to learn from; unless `weighed`, they all count the same."""
        weights = datasets.weights([self.examples[row] for row in rows], balance=self.recipe.balance)
        return fit.Labelled(self.images[rows], self.labels[rows], weights if weighed else np.ones_like(weights))

    def fit(self, train: fit.Labelled, work: Path, seed: int, validation: fit.Labelled | None = None) -> keras.Model:
        """A model of these pictures; `work` keeps its checkpoint."""
        return fit.fit(
            recipe=self.recipe,
            backbone=self.backbone,
            weights=self.weights,
            train=train,
            validation=validation,
            positive=self.positive,
            classes=len(self.classes),
            seed=seed,
            work=work,
            start=self.start,
        )

    def logits(self, model: keras.Model, rows: np.ndarray, *, mirrored: bool = False) -> np.ndarray:
        """A model's logits (n, classes) of some pictures, or of their mirror images."""
        pictures = self.images[rows]
        return fit.logits(model, pictures[:, :, ::-1] if mirrored else pictures, self.backbone)
