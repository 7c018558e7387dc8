"""Backbones through one interface: a picture in, a map of features out.

A backbone is built for one input size, from weights in a file, from Keras's own download, or from none. What a backbone needs of its
pixels travels with it: one offset and one divisor in the manifest, and, where its weights want more (a mean for each channel, or the
channels in another order), a layer of the model itself. The artefact carries the whole model, so serving needs none of this.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np

from training.errors import TrainingError

IMAGENET = "imagenet"


class BackboneError(TrainingError):
    """The backbone can not be built from what was given; the message says why."""


@dataclass(frozen=True)
class Pixels:
    """What a set of weights wants: (p - mean) / deviation of RGB pixels p from 0 to 255; with `bgr`, the channels in reverse."""

    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]
    bgr: bool = False


TORCHVISION = Pixels((123.675, 116.28, 103.53), (58.395, 57.12, 57.375))  # .485 .456 .406 and .229 .224 .225 of 255
CAFFE = Pixels((123.68, 116.779, 103.939), (1.0, 1.0, 1.0), bgr=True)  # keras.applications' preprocess_input in mode "caffe"

# A network is given its pixels as a Keras tensor (n, s, s, 3), and "imagenet" if Keras is to fetch its own weights.
Network = Callable[[keras.KerasTensor, str | None], keras.Model]


@dataclass(frozen=True)
class Backbone:
    """A network, and what is to be known of it.

    Pixels enter as (x - offset) / divisor. `upper_half` names the layer from which fine-tuning starts when only the upper half is
    unfrozen; `end` the layer whose output is the features unless another is asked for (None: the last). `smallest` is the least side
    of an input in pixels. `keras_pixels` is what the weights that Keras publishes want behind offset and divisor, `npz_pixels` what
    those of an .npz file want (None: nothing more). `published` says whether Keras publishes weights, `npz` whether an .npz file fits.
    `momentum` is how much of its running statistics a batch normalisation keeps at a step (None: as the network or its file says).
    `coarse_from` is the layer from which on 8 bits hardly change what it answers ("": none is known).
    """

    name: str
    network: Network
    offset: float
    divisor: float
    upper_half: str
    end: str | None = None
    smallest: int = 32
    published: bool = False
    keras_pixels: Pixels | None = None
    npz: bool = False
    npz_pixels: Pixels | None = None
    momentum: float | None = None
    coarse_from: str = ""

    def build(self, size: int, weights: Path | str | None, end: str | None = None) -> keras.Model:
        """The model from scaled pixels (n, size, size, 3) to features (n, h, w, channels) of the layer `end`.

        `weights` is one of: None; "imagenet", which Keras downloads; a .keras file, a whole model that takes pixels scaled by this
        backbone's offset and divisor; an .h5 file, as Keras publishes it; an .npz file with arrays layer/kernel and layer/bias.
        Raises BackboneError.
        """
        if size < self.smallest:
            raise BackboneError(f"{self.name} needs pictures of at least {self.smallest} px, not {size}")
        whole = self._whole(size, weights)
        last = end or self.end or whole.layers[-1].name
        names = [layer.name for layer in whole.layers]
        if self.upper_half not in names:
            raise BackboneError(f"{weights} is not a {self.name}: it has no layer {self.upper_half}")
        if last not in names[names.index(self.upper_half) :]:
            raise BackboneError(f"{self.name} can not end at {last}: name one of its layers from {self.upper_half} on")
        for layer in whole.layers:
            if self.momentum is not None and isinstance(layer, keras.layers.BatchNormalization):
                layer.momentum = self.momentum
        return keras.Model(whole.inputs, whole.get_layer(last).output, name=self.name)

    def _whole(self, size: int, weights: Path | str | None) -> keras.Model:
        inputs = keras.Input((size, size, 3))
        if weights is None:
            return self.network(inputs, None)
        if str(weights) == IMAGENET:
            return self._downloaded(inputs)
        path = Path(weights)
        if not path.is_file():
            raise BackboneError(f"{path} does not exist")
        if path.suffix == ".keras":
            return _resized(path, size)
        if path.suffix == ".npz" and self.npz:
            model = self.network(self.scaled(inputs, self.npz_pixels), None)
            _fill(model, path)
            return _as_rgb(model, self.npz_pixels)
        if path.suffix == ".h5":
            model = self.network(self.scaled(inputs, self.keras_pixels), None)
            try:
                model.load_weights(path)
            except (ValueError, OSError, KeyError) as error:
                raise BackboneError(f"{path} does not hold the weights of {self.name}: {error}") from error
            return _as_rgb(model, self.keras_pixels)
        kinds = ".keras, .h5 or .npz" if self.npz else ".keras or .h5"
        raise BackboneError(f"{self.name} takes its weights from a {kinds} file, not from {path.name}")

    def _downloaded(self, inputs: keras.KerasTensor) -> keras.Model:
        if not self.published:
            raise BackboneError(f"Keras publishes no weights of {self.name}: name a file with --weights, or train from none")
        try:
            model = self.network(self.scaled(inputs, self.keras_pixels), IMAGENET)
        except Exception as error:  # Keras raises a bare Exception when a download fails
            raise BackboneError(f"Keras could not download the weights of {self.name}: {error}. Name a file with --weights") from error
        return _as_rgb(model, self.keras_pixels)

    def scaled(self, inputs: keras.KerasTensor, pixels: Pixels | None) -> keras.KerasTensor:
        """A layer after which scaled pixels are as the weights want them: from (p - offset) / divisor to (p - mean) / deviation."""
        if pixels is None:
            return inputs
        mean = [(m - self.offset) / self.divisor for m in pixels.mean]
        variance = [(d / self.divisor) ** 2 for d in pixels.deviation]
        return keras.layers.Normalization(mean=mean, variance=variance, name="pixels")(inputs)


def _as_rgb(model: keras.Model, pixels: Pixels | None) -> keras.Model:
    """Turn the first convolution's input channels round if its weights want BGR: the same sum, and no work for each picture."""
    if pixels is not None and pixels.bgr:
        first = next(layer for layer in model.layers if isinstance(layer, keras.layers.Conv2D))
        kernel, *rest = first.get_weights()
        first.set_weights([kernel[:, :, ::-1], *rest])
    return model


def _resized(path: Path, size: int) -> keras.Model:
    """The functional model of a .keras file, for another side of the input. Raises BackboneError."""
    try:
        whole = keras.models.load_model(path, compile=False)
        config = whole.get_config()
        config["layers"][0]["config"]["batch_shape"] = (None, size, size, 3)
        resized = keras.Model.from_config(config)
    except (ValueError, OSError, KeyError, TypeError) as error:
        raise BackboneError(f"{path} can not be read as a Keras model: {error}") from error
    resized.set_weights(whole.get_weights())
    return resized


def _fill(model: keras.Model, path: Path) -> None:
    """Set the weights, layer by layer, from arrays named layer/kernel, layer/bias (float16 is widened). Raises BackboneError."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            held = {name: arrays[name].astype(np.float32) for name in arrays.files}
    except (OSError, ValueError) as error:
        raise BackboneError(f"{path} can not be read as arrays: {error}") from error
    wanted = {f"{layer.name}/{variable.name}": variable for layer in model.layers for variable in layer.weights}
    if set(held) != set(wanted):
        some = ", ".join(sorted(set(held) ^ set(wanted))[:4])
        raise BackboneError(f"{path} does not hold the weights of {model.name}: {some} are in one and not in the other")
    for name, variable in wanted.items():
        if held[name].shape != tuple(variable.shape):
            raise BackboneError(f"{path}: {name} has shape {held[name].shape}, and {model.name} wants {tuple(variable.shape)}")
        variable.assign(held[name])


def _application(make: Callable[..., keras.Model]) -> Network:
    """One of keras.applications, without its classifier."""
    return lambda pixels, weights: make(input_tensor=pixels, include_top=False, weights=weights)


# EfficientNet-Lite0's stages (Tan 2019): repeats, kernel, stride of the first block, expansion, filters
_LITE0 = ((1, 3, 1, 1, 16), (2, 3, 2, 6, 24), (2, 5, 2, 6, 40), (3, 3, 2, 6, 80), (3, 5, 1, 6, 112), (4, 5, 2, 6, 192), (1, 3, 1, 6, 320))


def _efficientnet_lite0(pixels: keras.KerasTensor, weights: str | None) -> keras.Model:
    """EfficientNet-Lite0: ReLU6 and no squeeze-and-excitation, so that it can be made of 8-bit integers; 1280 features at stride 32."""

    def after(x: keras.KerasTensor, layer: keras.layers.Layer, name: str, activate: bool = True) -> keras.KerasTensor:
        x = keras.layers.BatchNormalization(name=f"{name}_bn")(layer(x))
        return keras.layers.ReLU(6.0, name=f"{name}_act")(x) if activate else x

    def convolution(filters: int, name: str, kernel: int = 1, stride: int = 1) -> keras.layers.Layer:
        return keras.layers.Conv2D(filters, kernel, stride, padding="same", use_bias=False, name=f"{name}_conv")

    x = after(pixels, convolution(32, "stem", 3, 2), "stem")
    number = 0
    for repeats, kernel, stride, expansion, filters in _LITE0:
        for repeat in range(repeats):
            block, entered, channels = f"block{number}", x, x.shape[-1]
            if expansion > 1:
                x = after(x, convolution(channels * expansion, f"{block}_expand"), f"{block}_expand")
            step = 1 if repeat else stride
            depthwise = keras.layers.DepthwiseConv2D(kernel, step, padding="same", use_bias=False, name=f"{block}_dw_conv")
            x = after(x, depthwise, f"{block}_dw")
            x = after(x, convolution(filters, f"{block}_project"), f"{block}_project", activate=False)
            if repeat:
                x = keras.layers.Add(name=f"{block}_add")([x, entered])
            number += 1
    x = after(x, convolution(1280, "head"), "head")
    return keras.Model(keras.utils.get_source_inputs(pixels), x, name="efficientnet_lite0")


def _tiny(pixels: keras.KerasTensor, weights: str | None) -> keras.Model:
    """Three convolutions, 32 features at stride 4: proves in seconds that the machinery learns. Not for patients."""
    x = pixels
    for i, filters in enumerate((12, 24, 32)):
        x = keras.layers.Conv2D(filters, 3, strides=2 if i < 2 else 1, padding="same", use_bias=False, name=f"conv{i}")(x)
        x = keras.layers.BatchNormalization(momentum=0.8, name=f"bn{i}")(x)
        x = keras.layers.ReLU(name=f"act{i}")(x)
    return keras.Model(keras.utils.get_source_inputs(pixels), x, name="tiny")


# Keras's own networks keep 0.99 or 0.999 of their statistics at a step, made for fits of a million steps: after the few hundred of a
# fit here the model would be served with the statistics it began with.
_SHORT_FIT = 0.9

BACKBONES: dict[str, Backbone] = {
    backbone.name: backbone
    for backbone in (
        # It ends, unless told otherwise, at the expansion of block 11: 672 features at stride 16. The deeper fifth works at stride 32,
        # where a cell of 128 px is a map of 4 x 4: a parasite is smaller than that, and three quarters of the parameters lie there.
        Backbone(
            "efficientnet_lite0",
            _efficientnet_lite0,
            127.0,
            128.0,
            "block5_expand_conv",
            end="block11_expand_act",
            coarse_from="block9_expand_conv",
        ),
        # Sandler 2018
        Backbone(
            "mobilenet_v2",
            _application(keras.applications.MobileNetV2),
            127.5,
            127.5,
            "block_6_expand",
            published=True,
            momentum=_SHORT_FIT,
        ),
        # He 2015
        Backbone(
            "resnet50",
            _application(keras.applications.ResNet50),
            127.5,
            127.5,
            "conv4_block1_1_conv",
            published=True,
            keras_pixels=CAFFE,
            momentum=_SHORT_FIT,
        ),
        # Simonyan 2014
        Backbone(
            "vgg16",
            _application(keras.applications.VGG16),
            127.5,
            127.5,
            "block4_conv1",
            published=True,
            keras_pixels=CAFFE,
            npz=True,
            npz_pixels=TORCHVISION,
        ),
        # Szegedy 2015; only its concatenations have names that do not depend on what was built before
        Backbone(
            "inception_v3",
            _application(keras.applications.InceptionV3),
            127.5,
            127.5,
            "mixed5",
            smallest=75,
            published=True,
            momentum=_SHORT_FIT,
        ),
        Backbone("tiny", _tiny, 127.5, 127.5, "conv1", coarse_from="conv2"),
    )
}


def named(name: str, momentum: float = 0.0) -> Backbone:
    """A backbone, its batch normalisation keeping `momentum` of its statistics at a step unless that is 0."""
    return replace(BACKBONES[name], momentum=momentum) if momentum else BACKBONES[name]


def classifier(
    backbone: Backbone, size: int, weights: Path | str | None, classes: int, dropout: float, end: str | None = None
) -> keras.Model:
    """The model to train: (n, size, size, 3) scaled pixels to logits (n, classes); `weights` and `end` as in Backbone.build.

    The head is class activation mapping (Zhou 2016) turned inside out: a 1 x 1 convolution gives each place its evidence for each
    class, and a class's logit is the mean of its evidence map. So one pass gives the answer and the map that it is made of.
    """
    features = backbone.build(size, weights, end)
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
