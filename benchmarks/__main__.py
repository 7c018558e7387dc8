"""Where the time of one answer goes, and what the engine saves over the ancestor's way. Ratios, medians of n runs, on drawn cells."""

import io
import os
import statistics
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image
from rich.console import Console
from rich.table import Table

import samples
from inference import engine, registry
from training.timing import in_turns

RUNS = 40


def main() -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras

    artefact = registry.latest("malaria")
    if artefact is None:
        raise SystemExit("there is no model to measure")
    data = samples.draw("malaria", "parasitized")
    model = engine.Engine(artefact)
    model.answer(data)  # the first has more to do
    stages = [model.answer(data).seconds for _ in range(RUNS)]
    table = Table(title=f"One answer of malaria {artefact.manifest.version}: share of the whole (median of {RUNS})")
    table.add_column("stage")
    table.add_column("share", justify="right")
    for name in ("decode", "gate", "model", "heatmap"):
        table.add_row(name, f"{statistics.median(stage[name] / stage['total'] for stage in stages):.0%}")
    console = Console()
    console.print(table)
    plain, ancestor = keras.models.load_model(artefact.reference_path, compile=False), keras.applications.ResNet50(weights=None)
    calls: dict[str, Callable[[], object]] = {
        "engine": lambda: model.logits(data),
        "same": lambda: ancestors_way(plain, data, artefact.manifest.input.size),
        "ancestor": lambda: ancestors_way(ancestor, data, 224),
    }
    took = {name: statistics.median(taken) for name, taken in in_turns(calls, RUNS).items()}
    same, ancestors = took["same"] / took["engine"], took["ancestor"] / took["engine"]
    console.print(
        f"The ancestor's way (PIL, resize, Keras predict) with the same model takes {same:.1f} times as long as decode and model here,"
    )
    console.print(f"and with its ResNet-50 at 224 px {ancestors:.1f} times (medians of {RUNS}, one picture at a time).")


def ancestors_way(network: Any, data: bytes, side: int) -> np.ndarray:
    """How the ancestor project answered one picture."""
    picture = Image.open(io.BytesIO(data)).convert("RGB").resize((side, side))
    answer: np.ndarray = network.predict(np.asarray(picture, np.float32)[None] / 127.5 - 1, verbose=0)
    return answer


if __name__ == "__main__":
    main()
