"""Backbones through one interface: a picture in, a map of features out.

A backbone is built for one input size, from weights in a file, or from none. What a backbone needs of its pixels (offset, divisor)
travels with it into the manifest. The artefact carries the whole model, so serving needs none of this.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras

from training.errors import TrainingError


class BackboneError(TrainingError):
    """The backbone can not be built from what was given; the message says why."""


@dataclass(frozen=True)
class Backbone:
    """`build(size, weights)` gives a model from (n, size, size, 3) to (n, h, w, channels); pixels enter as (x - offset) / divisor.

    `upper_half` names the layer from which fine-tuning starts when only the upper half is unfrozen.
    """

    name: str
    build: Callable[[int, Path | None], keras.Model]
    offset: float
    divisor: float
    upper_half: str


def _efficientnet_lite0(size: int, weights: Path | None) -> keras.Model:
    """EfficientNet-Lite0 (Tan 2019) up to the expansion of block 11: 672 features at stride 16.

    The deeper fifth of the network works at stride 32, where a cell of 128 px is a map of 4 x 4. A parasite is smaller than that, so
    the map could not show it, and three quarters of the parameters lie there.
    """
    if weights is None:
        raise BackboneError("efficientnet_lite0 is built from a .keras file: name it with --weights")
    whole = _load(weights)
    config = whole.get_config()
    config["layers"][0]["config"]["batch_shape"] = (None, size, size, 3)
    resized = keras.Model.from_config(config)
    resized.set_weights(whole.get_weights())
    return keras.Model(resized.inputs, resized.get_layer("block11_expand_act").output, name="efficientnet_lite0")


def _mobilenet_v2(size: int, weights: Path | None) -> keras.Model:
    """MobileNetV2 (Sandler 2018) from Keras, whole: 1280 features at stride 32. Weights: a Keras weights file, or none."""
    return keras.applications.MobileNetV2(input_shape=(size, size, 3), include_top=False, weights=str(weights) if weights else None)


def _tiny(size: int, weights: Path | None) -> keras.Model:
    """Three convolutions, 32 features at stride 4: proves in seconds that the machinery learns. Not for patients."""
    if weights is not None:
        raise BackboneError("the tiny backbone has no weights to load")
    inputs = keras.Input((size, size, 3))
    x = inputs
    for i, filters in enumerate((12, 24, 32)):
        x = keras.layers.Conv2D(filters, 3, strides=2 if i < 2 else 1, padding="same", use_bias=False, name=f"conv{i}")(x)
        x = keras.layers.BatchNormalization(momentum=0.8, name=f"bn{i}")(x)
        x = keras.layers.ReLU(name=f"act{i}")(x)
    return keras.Model(inputs, x, name="tiny")


def _load(weights: Path) -> keras.Model:
    if not weights.is_file():
        raise BackboneError(f"{weights} does not exist")
    return keras.models.load_model(weights, compile=False)


BACKBONES: dict[str, Backbone] = {
    backbone.name: backbone
    for backbone in (
        Backbone("efficientnet_lite0", _efficientnet_lite0, 127.0, 128.0, "block5_expand_conv"),
        Backbone("mobilenet_v2", _mobilenet_v2, 127.5, 127.5, "block_6_expand"),
        Backbone("tiny", _tiny, 127.5, 127.5, "conv1"),
    )
}


def classifier(backbone: Backbone, size: int, weights: Path | None, classes: int, dropout: float) -> keras.Model:
    """The model to train: (n, size, size, 3) scaled pixels to logits (n, classes).

    The head is class activation mapping (Zhou 2016) turned inside out: a 1 x 1 convolution gives each place its evidence for each
    class, and a class's logit is the mean of its evidence map. So one pass gives the answer and the map that it is made of.
    """
    features = backbone.build(size, weights)
    x = keras.layers.Dropout(dropout, name="dropout")(features.output)
    evidence = keras.layers.Conv2D(classes, 1, name="evidence")(x)
    return keras.Model(features.inputs, keras.layers.GlobalAveragePooling2D(name="logits")(evidence), name=f"{backbone.name}_classifier")


def served(model: keras.Model) -> keras.Model:
    """The same layers with both outputs: {"logits": (n, classes), "evidence": (n, h, w, classes)}."""
    return keras.Model(model.inputs, {"logits": model.output, "evidence": model.get_layer("evidence").output}, name=model.name)


def set_trainable(model: keras.Model, backbone: Backbone, depth: str) -> None:
    """Unfreeze the "head" alone, from the "upper" half on, or "all"."""
    names = [layer.name for layer in model.layers]
    first = {"head": names.index("dropout"), "upper": names.index(backbone.upper_half), "all": 0}[depth]
    for i, layer in enumerate(model.layers):
        layer.trainable = i >= first
