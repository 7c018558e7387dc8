"""Model versions made for a test: real files with a real Keras model, so small that one knows what it answers."""

import dataclasses
from pathlib import Path

import cv2
import keras
import numpy as np

import samples
from inference import diseases
from inference.registry import Artefact, open_folder
from training import backbones, export
from training.calibrate import Point
from training.recipes import RECIPES

SIZE = 32


def version(
    root: Path,
    disease: str,
    logits: tuple[float, ...],
    *,
    threshold: float = 0.5,
    uncertain: tuple[float, float] = (0.5, 0.5),
    temperature: float = 1.0,
    brightness: float = 0.0,
    name: str = "0.1.0",
) -> Artefact:
    """A version that answers every picture with these logits; with `brightness`, bright places speak for the last class."""
    entry = diseases.get(disease)
    inputs = keras.Input((SIZE, SIZE, 3))
    evidence = keras.layers.Conv2D(len(logits), 1, name="evidence")
    model = keras.Model(inputs, keras.layers.GlobalAveragePooling2D(name="logits")(evidence(inputs)), name="made")
    kernel = np.zeros((1, 1, 3, len(logits)), np.float32)
    kernel[..., -1] = brightness
    evidence.set_weights([kernel, np.array(logits, np.float32)])
    folder = root / disease / name
    export.write(
        out=folder,
        model=model,
        disease=disease,
        backbone=dataclasses.replace(backbones.BACKBONES["tiny"], name="made"),
        recipe=dataclasses.replace(RECIPES["malaria"], size=SIZE),
        recipe_values={},
        classes=tuple(entry.classes),
        positive=entry.positive,
        point=Point(temperature, threshold, *uncertain),
        seed=1,
        counts={},
        commit="test",
    )
    return open_folder(folder)


def film(height: int = 160, width: int = 120, *, spot: tuple[int, int] | None = None) -> bytes:
    """A dim drawn chest film that passes the gate, in a black frame where it would be too long, as a grey PNG.

    With `spot`, (x, y) in pixels, a bright disc lies there, a fourteenth of the shorter side in radius.
    """
    drawn = cv2.imread(str(samples.IMAGES / "tuberculosis" / "normal_synthetic.png"), cv2.IMREAD_GRAYSCALE)
    grey = np.zeros((height, width), np.uint8)
    tall, wide = min(height, width * 11 // 10), min(width, height * 11 // 10)
    top, left = (height - tall) // 2, (width - wide) // 2
    grey[top : top + tall, left : left + wide] = cv2.resize(drawn, (wide, tall), interpolation=cv2.INTER_AREA) * 0.6
    if spot is not None:
        cv2.circle(grey, spot, min(height, width) // 14, 255, -1)
    return cv2.imencode(".png", grey)[1].tobytes()
