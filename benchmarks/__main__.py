"""Where the time of one answer goes, and what the engine saves over Keras's own predict. Ratios, medians of n runs, on drawn cells."""

import os
import statistics
import time
from collections.abc import Callable

import numpy as np
from rich.console import Console
from rich.table import Table

import samples
from inference import engine, imaging, registry

RUNS = 40


def median_seconds(do: Callable[[], object], runs: int = RUNS) -> float:
    do()
    spent = []
    for _ in range(runs):
        start = time.perf_counter()
        do()
        spent.append(time.perf_counter() - start)
    return statistics.median(spent)


def main() -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras

    artefact = registry.latest("malaria")
    if artefact is None:
        raise SystemExit("there is no model to measure")
    data = samples.draw("malaria", "parasitized")
    model = engine.Engine(artefact)
    whole = median_seconds(lambda: model.answer(data))
    stages = [model.answer(data).seconds for _ in range(RUNS)]
    table = Table(title=f"One answer of malaria {artefact.manifest.version}: share of the whole (median of {RUNS})")
    table.add_column("stage")
    table.add_column("share", justify="right")
    for name in ("decode", "gate", "model", "heatmap"):
        table.add_row(name, f"{statistics.median(stage[name] for stage in stages) / whole:.0%}")
    size = artefact.manifest.input
    pixels, _ = imaging.prepare(imaging.decode(data).pixels, size.size, size.offset, size.divisor, size.preprocess)
    batch = np.asarray(pixels[None])
    plain = keras.models.load_model(artefact.model_path, compile=False)
    predict = median_seconds(lambda: plain.predict(batch, verbose=0))
    forward = median_seconds(lambda: model._runtime.predict(batch))
    console = Console()
    console.print(table)
    console.print(f"Keras predict takes {predict / forward:.1f} times as long as the engine's traced function at batch 1.")


if __name__ == "__main__":
    main()
