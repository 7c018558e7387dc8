"""What runs a model file: LiteRT, which serves, and Keras, which is the reference. Each is imported when its first model is opened.

LiteRT (a flat file, its kernels in XNNPACK) spares a worker all of TensorFlow, which takes seconds to import and
most of its memory. A model's card has what each variant of it costs and how closely it answers.
"""

import os
import threading
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import numpy as np

LITERT_SUFFIX = ".tflite"


class Runtime(Protocol):
    """One image in, float32 (size, size, 3); logits (classes,) and evidence (h, w, classes) out, float32. The same always for the same."""

    def predict(self, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]: ...


def threads() -> int:
    """How many threads one answer may use: INFERENCE_THREADS, else all processors, shared among INFERENCE_WORKERS."""
    said = os.environ.get("INFERENCE_THREADS", "")
    if said.isdecimal() and int(said):
        return int(said)
    workers = os.environ.get("INFERENCE_WORKERS", "")
    return max(1, (os.cpu_count() or 1) // max(1, int(workers) if workers.isdecimal() else 1))


def open_file(path: Path, size: int) -> Runtime:
    """The runtime for a model file, by its name's end. Raises OSError or ValueError when it can not be read."""
    return LiteRTRuntime(path) if path.suffix == LITERT_SUFFIX else KerasRuntime(path, size)


class LiteRTRuntime:
    """A LiteRT file with float32 input (1, size, size, 3), and outputs told apart by their rank.

    One answer at a time: an interpreter has one set of buffers. `using` is how many threads the kernels have, by default `threads()`; work
    is shared by whole sums, so their number does not change an answer.
    """

    def __init__(self, path: Path, using: int | None = None) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._interpreter = Interpreter(model_content=path.read_bytes(), num_threads=using or threads())
        self._interpreter.allocate_tensors()
        (entry,) = self._interpreter.get_input_details()
        outputs = {len(output["shape"]): output["index"] for output in self._interpreter.get_output_details()}
        self._input, self._logits, self._evidence = entry["index"], outputs[2], outputs[4]
        self._one_at_a_time = threading.Lock()
        self.predict(np.zeros(entry["shape"][1:], np.float32))  # the first call packs the weights: now, not while somebody waits

    def predict(self, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        with self._one_at_a_time:
            self._interpreter.set_tensor(self._input, pixels[None])
            self._interpreter.invoke()
            return self._interpreter.get_tensor(self._logits)[0], self._interpreter.get_tensor(self._evidence)[0]


class KerasRuntime:
    """A .keras file on the processor, traced once for one image (Keras's own predict costs several times as much at batch 1).

    Never on a graphics card: the same image gets the same answer on every machine, and the card's memory stays free for others.
    """

    def __init__(self, path: Path, size: int) -> None:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        import keras
        import tensorflow as tf

        with suppress(RuntimeError):  # a process that has computed already, as after training, keeps its devices
            tf.config.set_visible_devices([], "GPU")
        model = keras.models.load_model(path, compile=False)
        signature = tf.TensorSpec((1, size, size, 3), tf.float32)
        self._forward = tf.function(lambda batch: model(batch, training=False), input_signature=[signature])
        self.predict(np.zeros((size, size, 3), np.float32))  # traces now, not while somebody waits

    def predict(self, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        answer = self._forward(pixels[None])
        return answer["logits"].numpy()[0], answer["evidence"].numpy()[0]
