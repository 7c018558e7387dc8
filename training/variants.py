"""What a trained model is served as: LiteRT variants of it, compared with the Keras model on validation pictures; the fastest that answers
the same is taken into the artefact.

float32 is the model as it is. float16 keeps weights in half precision and computes in float32. dynamic_range keeps weights in 8 bits and
scales activations as it meets them. int8 does all in 8 bits, per channel, with scales from training pictures (Jacob 2018). mixed does so
behind the layer that the backbone names (training/mixed.py).
"""

import argparse
import dataclasses
import datetime
import functools
import json
import shutil
import statistics
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from tqdm import tqdm

from inference import diseases, registry, runtimes
from training import calibrate, card, crossval, datasets, export, metrics, mixed, sources, timing
from training.errors import TrainingError
from training.recalibrate import recalibrate

KERAS = "keras"
MIXED = "mixed"
VARIANTS = ("float32", "float16", "dynamic_range", "int8", MIXED)
MOST_AUC, LEAST_AGREEMENT, MOST_CALIBRATION_ERROR = 0.002, 0.995, 0.04
MOST_BYTES = 11_700_000  # of the Keras model and what is served of it: an artefact may have 12 MB in all
_CALIBRATION_PICTURES = 200
ROUNDS = 30

Opened = dict[str, tuple[runtimes.Runtime, Path]]


class Compared(NamedTuple):
    """One variant: its bytes, milliseconds an image (median, batch 1), and its answers beside those of the Keras model.

    `agreement` is the share of pictures on the same side of the threshold; `calibration_error` is with a temperature of its own;
    `largest_difference` is that of the calibrated probability.
    """

    bytes: int
    milliseconds: float
    auc: float
    agreement: float
    calibration_error: float
    largest_difference: float


def convert(model: Any, variant: str, pixels: np.ndarray, batch: int = 1, coarse_from: str = "") -> bytes:
    """The LiteRT file of a Keras model with both outputs; `pixels`, float32 (n, s, s, 3) as the model takes them, set the 8-bit scales.

    `batch` pictures are answered at once: one, for what is served. `coarse_from` is the layer at which mixed becomes coarse.
    """
    import keras
    import tensorflow as tf

    if variant == MIXED:
        return mixed.convert(model, coarse_from, pixels)
    wanted: dict[str, Any] = {} if variant == "float32" else {"optimizations": [tf.lite.Optimize.DEFAULT]}
    if variant == "float16":
        wanted["target_spec"] = {"supported_types": [tf.float16]}
    if variant == "int8":
        wanted["representative_dataset"] = lambda: ([picture[None]] for picture in pixels)
    signature = [keras.InputSpec(shape=(batch, *model.input_shape[1:]), dtype="float32", name="pixels")]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.tflite"
        model.export(path, format="litert", input_signature=signature, verbose=False, **wanted)
        return path.read_bytes()


def open_all(artefact: registry.Artefact, pixels: np.ndarray, folder: Path) -> Opened:
    """The Keras model and every variant of it, loaded; the variants' files are written into `folder`."""
    import keras

    from training import backbones

    model = keras.models.load_model(artefact.reference_path, compile=False)
    opened: Opened = {KERAS: (runtimes.KerasRuntime(artefact.reference_path, artefact.manifest.input.size), artefact.reference_path)}
    coarse_from, layers = backbones.named(artefact.manifest.backbone).coarse_from, {layer.name for layer in model.layers}
    for variant in VARIANTS:
        if variant == MIXED and coarse_from not in layers:  # none is known, or the network ends before it
            continue
        path = folder / f"{variant}{runtimes.LITERT_SUFFIX}"
        path.write_bytes(convert(model, variant, pixels, coarse_from=coarse_from))
        opened[variant] = (runtimes.LiteRTRuntime(path), path)
    return opened


def times(
    opened: Opened, pixels: np.ndarray, rounds: int, beside: Mapping[str, Callable[[], object]] = MappingProxyType({})
) -> dict[str, list[float]]:
    """Milliseconds of one picture, float32 (s, s, 3), in each runtime, and of what else is timed beside them."""
    calls = {name: functools.partial(runtime.predict, pixels) for name, (runtime, _) in opened.items()}
    return timing.in_turns({**calls, **beside}, rounds)


def compare(artefact: registry.Artefact, data: Path, folder: Path, rounds: int = ROUNDS) -> dict[str, Compared]:
    """Every variant on the pictures of validation patients, or, where the model was cross-validated, on all: it is the same model.

    Times are medians of so many `rounds`.
    """
    manifest = artefact.manifest
    examples = datasets.read_labels(data, diseases.get(manifest.disease))
    crossed = (artefact.path / crossval.FILE).is_file()
    parts = {"train": examples, "validation": examples} if crossed else datasets.parts_of(manifest, examples)
    random = np.random.default_rng(manifest.seed)

    def squares(some: list[datasets.Example]) -> np.ndarray:
        return datasets.load_squares(some, manifest.input.size, manifest.input.preprocess)

    some = [parts["train"][i] for i in random.permutation(len(parts["train"]))[:_CALIBRATION_PICTURES]]
    opened = open_all(artefact, manifest.input.scaled(squares(some)), folder)
    pictures = squares(parts["validation"])
    labels = datasets.label_numbers(parts["validation"], manifest.classes)
    positive = tuple(manifest.classes.index(name) for name in manifest.positive)
    truth, given = np.isin(labels, positive), calibrate.Point(manifest.temperature, manifest.threshold, 0, 1, manifest.bias)
    logits: dict[str, np.ndarray] = {}
    for name, (runtime, _) in opened.items():
        steps = tqdm(pictures, desc=name, unit="image", leave=False, disable=None)
        logits[name] = np.stack([runtime.predict(manifest.input.scaled(picture))[0] for picture in steps])
    took = times(opened, manifest.input.scaled(pictures[0]), rounds)

    def sure(answers: np.ndarray, point: calibrate.Point) -> np.ndarray:
        return point.probabilities(answers)[:, list(positive)].sum(1)

    reference = sure(logits[KERAS], given)
    rows = {}
    for name, answers in logits.items():
        probability = sure(answers, given)
        own = sure(answers, calibrate.point(answers, labels, positive))
        rows[name] = Compared(
            bytes=opened[name][1].stat().st_size,
            milliseconds=round(statistics.median(took[name]), 2),
            auc=round(metrics.auc(truth, probability), 4),
            agreement=round(float(np.mean((probability >= given.threshold) == (reference >= given.threshold))), 4),
            calibration_error=round(metrics.calibration_error(truth, own), 4),
            largest_difference=round(float(np.abs(probability - reference).max()), 4),
        )
    return rows


def table(folder: Path, data: Path, rounds: int = ROUNDS) -> list[str]:
    """The comparison of an artefact's variants, made anew, as Markdown lines; nothing is written."""
    artefact = registry.open_folder(folder)
    with tempfile.TemporaryDirectory() as kept:
        rows = compare(artefact, data, Path(kept), rounds)
    return card.served({name: row._asdict() for name, row in rows.items()}, artefact.manifest.variant)


def choose(rows: dict[str, Compared]) -> str:
    """The fastest that answers as the Keras model does, and fits beside it. Raises TrainingError when none does."""
    reference = rows[KERAS]
    alike = [
        name
        for name in VARIANTS
        if name in rows
        and rows[name].bytes + reference.bytes <= MOST_BYTES
        and abs(rows[name].auc - reference.auc) <= MOST_AUC
        and rows[name].agreement >= LEAST_AGREEMENT
        and rows[name].calibration_error <= max(MOST_CALIBRATION_ERROR, reference.calibration_error)
    ]
    if not alike:
        raise TrainingError("no variant answers as the Keras model does: serve the Keras model")
    return min(alike, key=lambda name: rows[name].milliseconds)


def run(arguments: argparse.Namespace) -> None:
    """Compare the variants of an artefact's model, and take the fastest that answers the same into it, or into a new version."""
    folder, out = arguments.artefact, arguments.out
    if out is None:
        if registry.open_folder(folder).metrics:
            raise TrainingError(f"{folder} was measured as it is served: name a new version with --out")
        out, chosen = folder, serve(folder, arguments.data, arguments.rounds)
    else:
        export.check_new(out)
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=".writing-") as beside:
            new = copied(folder, Path(beside) / out.name)
            chosen = serve(new, arguments.data, arguments.rounds)
            left_out = registry.open_folder(folder).metrics.get(sources.KEY)
            if left_out:  # of fits of the same recipe: true of every version with these weights
                (new / "metrics.json").write_text(json.dumps({sources.KEY: left_out}))
            new.replace(out)
    print(f"{out} is served as {chosen}. Now: python -m training evaluate --artefact {out} --data {arguments.data}")


def serve(folder: Path, data: Path, rounds: int = ROUNDS) -> str:
    """Take the fastest variant that answers as its Keras model into an artefact that was not measured, calibrated anew; its name."""
    artefact = registry.open_folder(folder)
    with tempfile.TemporaryDirectory() as kept:
        rows = compare(artefact, data, Path(kept), rounds)
        chosen, told = choose(rows), {name: row._asdict() for name, row in rows.items()}
        print("\n".join(card.served(told, chosen)))
        served = folder / f"model{runtimes.LITERT_SUFFIX}"
        shutil.move(Path(kept) / f"{chosen}{runtimes.LITERT_SUFFIX}", served)
    manifest = dataclasses.replace(
        artefact.manifest,
        file=served.name,
        sha256=registry.checksum(served),
        variant=chosen,
        variants=told,
        reference=artefact.reference_path.name,
        reference_sha256=registry.checksum(artefact.reference_path),
    )
    (folder / "manifest.json").write_text(manifest.to_json())
    if not (folder / crossval.FILE).is_file():  # there the calibration is that of the folds' answers
        recalibrate(folder, data)
    return chosen


def copied(folder: Path, out: Path) -> Path:
    """The model and what its calibration came from, as another version that was not measured yet."""
    artefact = registry.open_folder(folder)
    out.mkdir(parents=True)
    export.compress(artefact.reference_path, out / export.MODEL_FILE)
    if (folder / crossval.FILE).is_file():
        shutil.copyfile(folder / crossval.FILE, out / crossval.FILE)
    manifest = dataclasses.replace(
        artefact.manifest,
        version=out.name,
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        recipe=artefact.manifest.recipe | {"weights_of": artefact.manifest.version},
        file=export.MODEL_FILE,
        sha256=registry.checksum(out / export.MODEL_FILE),
        variant=KERAS,
        reference="",
        reference_sha256="",
    )
    (out / "manifest.json").write_text(manifest.to_json())
    return out


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`export` of the command line."""
    command = commands.add_parser("export", help=run.__doc__)
    command.add_argument("--artefact", required=True, type=Path)
    command.add_argument("--data", required=True, type=Path)
    command.add_argument("--out", type=Path, help="a new version with the same weights; needed when this one was measured already")
    add_rounds(command)
    command.set_defaults(run=run)


def add_rounds(command: argparse.ArgumentParser) -> None:
    """`--rounds` of the commands that time the variants."""
    command.add_argument("--rounds", type=int, default=ROUNDS, help=f"times are medians of so many (default: {ROUNDS})")
