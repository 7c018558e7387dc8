"""A LiteRT file in two widths: float32 where pictures are still fine, and 8 bits behind.

8 bits lose most at the beginning: few channels hold all, one scale fits none of them well, and the error passes through everything that
follows. So the first layers stay in float32 (a small part of the time), and so does the head that answers.
"""

import csv
import io
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from inference import runtimes

_HEAD = "evidence"  # the layer; its map, and the mean of that, are the last two operations


def convert(model: Any, coarse_from: str, pixels: np.ndarray) -> bytes:
    """The file of a Keras model with outputs logits and evidence, in 8 bits from the layer of this name on.

    `pixels`, float32 (n, s, s, 3), set the scales. What 8 bits add to the logits on average over them is taken off the head's bias again
    (bias correction, Nagel 2019). Raises ValueError when no operation has the layer's name.
    """
    names = _operations(_debugger(model, pixels[:1]))
    first = next((i for i, name in enumerate(names) if f"/{coarse_from}" in name), None)
    if first is None:
        raise ValueError(f"{model.name} has no operation {coarse_from}")
    in_float = names[:first] + names[-2:]
    head = model.get_layer(_HEAD)
    kernel, bias = head.get_weights()
    added = _added(model, _debugger(model, pixels, in_float).get_nondebug_quantized_model(), pixels)
    try:
        head.set_weights([kernel, bias - added])
        return _debugger(model, pixels, in_float).get_nondebug_quantized_model()
    finally:
        head.set_weights([kernel, bias])


def _added(model: Any, content: bytes, pixels: np.ndarray) -> np.ndarray:
    """By how much the file's logits are higher than the model's, on average over pictures: float32 (classes,)."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"model{runtimes.LITERT_SUFFIX}"
        path.write_bytes(content)
        served = runtimes.LiteRTRuntime(path)
    differences = [served.predict(picture)[0] - np.asarray(model(picture[None])["logits"])[0] for picture in pixels]
    return np.mean(differences, axis=0)


def _debugger(model: Any, pixels: np.ndarray, in_float: list[str] | None = None) -> Any:
    """TensorFlow's tool for quantising some operations and not others, with the model as its weights are now."""
    import keras
    import tensorflow as tf

    tool = tf.lite.experimental
    signature = [keras.InputSpec(shape=(1, *model.input_shape[1:]), dtype="float32", name="pixels")]
    with tempfile.TemporaryDirectory() as folder:
        model.export(folder, format="tf_saved_model", input_signature=signature, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([picture[None]] for picture in pixels)
        options = tool.QuantizationDebugOptions(denylisted_nodes=in_float)
        return tool.QuantizationDebugger(converter=converter, debug_dataset=lambda: iter([[pixels[:1]]]), debug_options=options)


def _operations(debugger: Any) -> list[str]:
    """The names of all operations that can be quantised, in the order in which they run."""
    debugger.run()
    told = io.StringIO()
    debugger.layer_statistics_dump(told)
    return [row["tensor_name"] for row in csv.DictReader(io.StringIO(told.getvalue()))]
