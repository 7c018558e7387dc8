"""A LiteRT file in two widths: float32 where pictures are still fine, and 8 bits behind.

8 bits lose most at the beginning: few channels hold all, one scale fits none of them well, and the error passes through everything that
follows. So the first layers stay in float32 (a small part of the time), and so does the head that answers.
"""

import csv
import io
import tempfile
from typing import Any

import numpy as np

_HEAD = 2  # operations: the map of evidence, and its mean


def convert(model: Any, coarse_from: str, pixels: np.ndarray) -> bytes:
    """The file of a Keras model with outputs logits and evidence, in 8 bits from the layer of this name on.

    `pixels`, float32 (n, s, s, 3), set the scales. Raises ValueError when no operation has the layer's name.
    """
    import keras

    with tempfile.TemporaryDirectory() as folder:
        signature = [keras.InputSpec(shape=(1, *model.input_shape[1:]), dtype="float32", name="pixels")]
        model.export(folder, format="tf_saved_model", input_signature=signature, verbose=False)
        names = _operations(_debugger(folder, pixels[:1]))
        first = next((i for i, name in enumerate(names) if f"/{coarse_from}" in name), None)
        if first is None:
            raise ValueError(f"{model.name} has no operation {coarse_from}")
        return _debugger(folder, pixels, names[:first] + names[-_HEAD:]).get_nondebug_quantized_model()


def _debugger(saved: str, pixels: np.ndarray, in_float: list[str] | None = None) -> Any:
    """TensorFlow's tool for quantising some operations and not others."""
    import tensorflow as tf

    tool = tf.lite.experimental
    converter = tf.lite.TFLiteConverter.from_saved_model(saved)
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
