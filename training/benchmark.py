"""How fast a model answers on this machine, beside what the machine could do: `python -m training benchmark --artefact FOLDER`."""

import argparse
import statistics
import tempfile
import timeit
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from inference import registry
from training import card, compare, variants
from training.variants import KERAS

_GEMM = 1536  # rows and columns of the two float32 matrices whose product is the yardstick
GEMM_OPERATIONS = 2 * _GEMM**3
_TRIES = 5


def yardstick() -> Callable[[], object]:
    """A float32 matrix product on all processors, NumPy's or TensorFlow's, whichever is quicker: the machine's peak is what it reaches.

    OpenBLAS takes a processor that came after it for one of ten years ago, and leaves half of it unused.
    """
    import tensorflow as tf

    one, other = np.random.default_rng(0).normal(size=(2, _GEMM, _GEMM)).astype(np.float32)
    with tf.device("CPU"):
        held = tf.constant(one), tf.constant(other)
    ways: list[Callable[[], object]] = [lambda: one @ other, lambda: tf.linalg.matmul(*held).numpy()]
    return min(ways, key=lambda way: min(timeit.repeat(way, number=1, repeat=_TRIES)))


def measure(artefact: registry.Artefact, rounds: int = variants.ROUNDS) -> dict[str, dict[str, float]]:
    """For the Keras model and each variant: megabytes, milliseconds an image at batch 1, GFLOP/s, and these over the machine's peak."""
    import keras

    size = artefact.manifest.input.size
    pixels = np.random.default_rng(0).normal(0, 0.5, (8, size, size, 3)).astype(np.float32)
    operations = compare.operations(keras.models.load_model(artefact.reference_path, compile=False), size)
    with tempfile.TemporaryDirectory() as folder:
        opened = variants.open_all(artefact, pixels, Path(folder))
        megabytes = {name: path.stat().st_size / 1e6 for name, (_, path) in opened.items()}
        taken = variants.times(opened, pixels[0], rounds, {"gemm": yardstick()})
    took = {name: statistics.median(values) for name, values in taken.items()}
    peak = GEMM_OPERATIONS / took.pop("gemm") / 1e6
    return {
        name: {"MB": round(megabytes[name], 2), "milliseconds": round(value, 2)}
        | {"gflops_a_second": round(operations / value / 1e6, 1), "over_peak": round(operations / value / 1e6 / peak, 3)}
        for name, value in took.items()
    }


def run(arguments: argparse.Namespace) -> None:
    """Print how fast each variant of an artefact's model answers on this machine, alone and beside a float32 matrix product."""
    artefact = registry.open_folder(arguments.artefact)
    print("\n".join(render(measure(artefact, arguments.rounds), artefact.manifest.variant)))


def render(rows: dict[str, dict[str, Any]], served: str) -> list[str]:
    """The table as Markdown lines, the served variant in bold."""
    told = [
        (
            f"**{name}**" if name == served else name,
            f"{row['MB']:.1f}",
            f"{row['milliseconds']:.1f}",
            f"{rows[KERAS]['milliseconds'] / row['milliseconds']:.1f}",
            f"{row['gflops_a_second']:.0f}",
            f"{row['over_peak']:.2f}",
        )
        for name, row in rows.items()
    ]
    return card.table(("variant", "MB", "ms an image", "times as fast as Keras's traced function", "GFLOP/s", "over the peak"), told)


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`benchmark` of the command line."""
    command = commands.add_parser("benchmark", help=run.__doc__)
    command.add_argument("--artefact", required=True, type=Path)
    variants.add_rounds(command)
    command.set_defaults(run=run)
