"""`python -m training compare`: backbones under one budget, on one split by patient; a table of what each gave and what it costs."""

import argparse
import dataclasses
import datetime
import hashlib
import json
import shlex
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from inference import diseases
from inference.diseases import Disease
from training import datasets, timing
from training.errors import TrainingError
from training.recipes import RECIPES, Recipe, Stage

COMPARED = ("efficientnet_lite0", "mobilenet_v2", "resnet50", "vgg16", "inception_v3")
_REFERENCE = "efficientnet_lite0"  # times are also given as multiples of its time
_RATE, _LAST_RATE = 6e-4, 6e-6
_NO_NORMALISATION = 1e-4  # VGG-16 has no batch normalisation: at the others' rate its weights run away in the first steps
_DRAWS = 1000
_ROUNDS, _CALLS = 12, 3


class CompareError(TrainingError):
    """The comparison can not be made as asked; the message says why."""


@dataclasses.dataclass(frozen=True)
class Budget:
    """What every backbone gets alike: images to learn from, side in pixels, epochs, seed of split, subset, order and weights."""

    images: int
    size: int
    epochs: int
    seed: int


def compare(arguments: argparse.Namespace) -> None:
    """Train backbones alike on one split by patient, and write what each gave and what it costs to --out.json and --out.md."""
    from training.backbones import BACKBONES

    unknown = set(arguments.backbones) - set(BACKBONES)
    if unknown:
        raise CompareError(f"no backbone is called {', '.join(sorted(unknown))}: the backbones are {', '.join(BACKBONES)}")
    weights = weights_of(arguments.weights, arguments.backbones)
    disease = diseases.get(arguments.disease)
    budget = Budget(arguments.images, arguments.size, arguments.epochs, arguments.seed)
    table = measure(
        disease=disease,
        data=arguments.data,
        budget=budget,
        names=tuple(arguments.backbones),
        weights=weights,
        work=arguments.work or Path("var/compare") / disease.code,
    )
    table["command"] = _said(arguments, weights)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.with_suffix(".json").write_text(json.dumps(table, indent=2) + "\n")
    arguments.out.with_suffix(".md").write_text(render(table))
    print(render(table))


def _said(arguments: argparse.Namespace, weights: dict[str, str]) -> str:
    """The command that makes this table again; where the files lie on this machine is nobody's concern."""
    words = ["python", "-m", "training", "compare", "--disease", arguments.disease, "--data", f"DATA/{arguments.data.name}"]
    for option in ("images", "size", "epochs", "seed"):
        words += [f"--{option}", str(getattr(arguments, option))]
    for name, source in weights.items():
        words += ["--weights", f"{name}={Path(source).name}"]
    if tuple(arguments.backbones) != COMPARED:
        words += ["--backbones", *arguments.backbones]
    return shlex.join([*words, "--out", arguments.out.name])


def weights_of(pairs: list[str], names: list[str]) -> dict[str, str]:
    """{"vgg16": "file.npz"} of ["vgg16=file.npz"]. Raises CompareError about a pair that is not one, or of a backbone not compared."""
    weights = {}
    for pair in pairs:
        name, equals, source = pair.partition("=")
        if not equals or not source or name not in names:
            raise CompareError(f"--weights {pair}: say BACKBONE=FILE or BACKBONE=imagenet, of one of {', '.join(names)}")
        weights[name] = source
    return weights


def measure(*, disease: Disease, data: Path, budget: Budget, names: tuple[str, ...], weights: dict[str, str], work: Path) -> dict[str, Any]:
    """Train each backbone that has no finished result in `work`, measure it on the held-out patients, then time all together.

    Gives the table as JSON can hold it. Raises CompareError, datasets.DataError or backbones.BackboneError, the last before any
    training, so that a missing file does not show after hours.
    """
    import keras

    from training.backbones import BACKBONES, classifier

    classes = tuple(disease.classes)
    for name in names:
        classifier(BACKBONES[name], budget.size, weights.get(name), len(classes), 0.0)
    recipe = RECIPES[disease.code]
    parts = _parts(datasets.read_labels(data, disease), budget, dict(zip(datasets.PARTS, recipe.parts, strict=True)))
    loaded: dict[str, np.ndarray] = {}

    def pictures(part: str) -> np.ndarray:
        if part not in loaded:
            loaded[part] = datasets.load_squares(parts[part], budget.size, recipe.preprocess)
        return loaded[part]

    rows, models = [], {}
    for name in names:
        keras.backend.clear_session()
        folder = work / f"{name}-{_digest(disease, parts, budget, weights.get(name))}"
        done = folder / "result.json"
        if done.is_file():
            print(f"{name}: finished before, in {folder}")
        else:
            row = _trained(disease, parts, pictures, budget, name, weights.get(name), folder)
            done.write_text(json.dumps(row, indent=2))
        rows.append(json.loads(done.read_text()))
        models[name] = folder / "model.keras"
    _add_times(rows, {name: keras.models.load_model(path, compile=False) for name, path in models.items()}, budget.size)
    return {
        "disease": disease.code,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "budget": dataclasses.asdict(budget),
        "parts": {part: datasets.counts(examples) for part, examples in parts.items()},
        "backbones": rows,
    }


def _parts(examples: list[datasets.Example], budget: Budget, shares: dict[str, float]) -> dict[str, list[datasets.Example]]:
    """The split by patient that `fit` makes with this seed; of the training images a seeded draw, a quarter as many for validation.

    The held-out patients stay whole. Raises CompareError if a part lacks a class.
    """
    parts = datasets.split(examples, budget.seed, shares)
    random = np.random.default_rng(budget.seed)
    for part, most in (("train", budget.images), ("validation", max(1, budget.images // 4))):
        if len(parts[part]) > most:
            parts[part] = [parts[part][i] for i in np.sort(random.choice(len(parts[part]), most, replace=False))]
    labels = {example.label for example in examples}
    for part, held in parts.items():
        if {example.label for example in held} != labels:
            raise CompareError(f"too few images: the part {part} lacks {', '.join(labels - {example.label for example in held})}")
    return parts


def _digest(disease: Disease, parts: dict[str, list[datasets.Example]], budget: Budget, weights: str | None) -> str:
    """Eight letters that change with everything that a result depends on, so that no old result passes for a new one."""
    files = {part: [(f"{example.path.parent.name}/{example.path.name}", example.label) for example in held] for part, held in parts.items()}
    said = json.dumps([disease.code, disease.positive, dataclasses.asdict(budget), weights, files])
    return hashlib.sha256(said.encode()).hexdigest()[:8]


def _recipe(disease: Disease, name: str, budget: Budget) -> Recipe:
    """The disease's recipe at this size, with one stage: all layers from the first step, which suits pretrained and random weights.

    Where the recipe ends its backbone early, that is said in a layer of EfficientNet-Lite0; the others are whole.
    """
    recipe = RECIPES[disease.code]
    rate = _NO_NORMALISATION if name == "vgg16" else _RATE
    return dataclasses.replace(
        recipe,
        size=budget.size,
        stages=(Stage("all", budget.epochs, rate, _LAST_RATE),),
        patience=budget.epochs,
        end=recipe.end if name == "efficientnet_lite0" else "",
    )


def _trained(
    disease: Disease,
    parts: dict[str, list[datasets.Example]],
    pictures: Callable[[str], np.ndarray],
    budget: Budget,
    name: str,
    weights: str | None,
    folder: Path,
) -> dict[str, Any]:
    """Fit one backbone (going on where it was interrupted), keep the model in `folder`, and give its row of the table."""
    from training import backbones, calibrate, fit, metrics

    classes = tuple(disease.classes)
    positive = [classes.index(label) for label in disease.positive]
    # Some hundred steps are few for running statistics that remember a hundred of them: the same short memory for all.
    backbone = dataclasses.replace(backbones.BACKBONES[name], momentum=0.9)
    recipe = _recipe(disease, name, budget)

    def labelled(part: str) -> fit.Labelled:
        counts = datasets.weights(parts[part], balance=recipe.balance)
        return fit.Labelled(pictures(part), datasets.label_numbers(parts[part], classes), counts)

    started = time.monotonic()
    model = fit.fit(
        recipe=recipe,
        backbone=backbone,
        weights=weights,
        train=labelled("train"),
        validation=labelled("validation"),
        positive=tuple(positive),
        classes=len(classes),
        seed=budget.seed,
        work=folder,
    )
    seconds = time.monotonic() - started

    def scored(part: str) -> tuple[np.ndarray, np.ndarray]:
        truth = np.isin(datasets.label_numbers(parts[part], classes), positive)
        return truth, metrics.softmax(fit.logits(model, pictures(part), backbone))[:, positive].sum(1)

    cut = calibrate.threshold(*scored("validation"))
    truth, probability = scored("test")
    right = (probability >= cut) == truth
    patients = np.array([example.patient for example in parts["test"]])
    row = {
        "backbone": name,
        "weights": Path(weights).name if weights else None,
        "end": recipe.end or backbone.end,
        "accuracy": float(right.mean()),
        "accuracy_interval": metrics.interval_by_patient(patients, lambda rows: float(right[rows].mean()), draws=_DRAWS),
        "auc": metrics.auc(truth, probability),
        "auc_interval": metrics.interval_by_patient(patients, lambda rows: metrics.auc(truth[rows], probability[rows]), draws=_DRAWS),
        "parameters": model.count_params(),
        "gflops": operations(model, budget.size) / 1e9,
        "epochs": budget.epochs,
        "seconds_of_training": round(seconds),
    }
    model.save(folder / "model.keras")
    return row


def operations(model: Any, size: int) -> int:
    """Floating-point operations of one picture's way through the model (a multiplication and an addition are two), from its graph."""
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2_as_graph

    forward = tf.function(lambda batch: model(batch, training=False))
    concrete = forward.get_concrete_function(tf.TensorSpec((1, size, size, 3), tf.float32))
    _, definition = convert_variables_to_constants_v2_as_graph(concrete)
    with tf.Graph().as_default() as graph:
        tf.graph_util.import_graph_def(definition, name="")
        options = tf.compat.v1.profiler.ProfileOptionBuilder(tf.compat.v1.profiler.ProfileOptionBuilder.float_operation())
        return int(tf.compat.v1.profiler.profile(graph, options=options.with_empty_output().build()).total_float_ops)


def _add_times(rows: list[dict[str, Any]], models: dict[str, Any], size: int) -> None:
    """Add the milliseconds of one picture to each row, and how many times the reference's they are.

    A machine's speed swings for minutes at a time, so the backbones take turns, and the ratio is the median over the rounds.
    """
    import tensorflow as tf

    signature = [tf.TensorSpec((1, size, size, 3), tf.float32)]
    batch = np.zeros((1, size, size, 3), np.float32)

    def traced(model: Any) -> Callable[[], Any]:
        forward = tf.function(lambda x: model(x, training=False), input_signature=signature)
        return lambda: forward(batch).numpy()

    taken = timing.in_turns({name: traced(model) for name, model in models.items()}, _ROUNDS, _CALLS)
    reference = _REFERENCE if _REFERENCE in taken else next(iter(taken))
    for row in rows:
        own = taken[row["backbone"]]
        row["milliseconds"] = round(statistics.median(own), 2)
        row["times_the_reference"] = round(statistics.median(a / b for a, b in zip(own, taken[reference], strict=True)), 2)
        row["reference"] = reference


def render(table: dict[str, Any]) -> str:
    """The table in Markdown, with what is to be known to read it."""
    budget, parts = table["budget"], table["parts"]
    reference = table["backbones"][0]["reference"]
    ends = ", ".join(f"{row['backbone']} at {row['end']}" for row in table["backbones"] if row["end"])
    lines = [
        f"Measured on {table['date']} with `{table['command']}`.",
        "",
        f"This compares backbones under one small budget, not at their best: {parts['train']['images']} training images of "
        f"{budget['size']} x {budget['size']} px, epochs: {budget['epochs']} with all layers learning, one run with seed {budget['seed']}. "
        f"{parts['test']['images']} images of {parts['test']['patients']} held-out patients; 95 % intervals by patient in brackets. "
        "A backbone without weights starts from random numbers, and so few images can not make up for that: its figure says what "
        "weights are worth, not what the backbone is.",
        "",
        "| backbone | weights from | accuracy | AUC | parameters | GFLOPs | ms an image | epochs |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for row in table["backbones"]:
        (low, high), (auc_low, auc_high) = row["accuracy_interval"], row["auc_interval"]
        lines.append(
            f"| {row['backbone']} | {row['weights'] or 'none'} "
            f"| {100 * row['accuracy']:.1f} % ({100 * low:.1f} to {100 * high:.1f}) | {row['auc']:.3f} ({auc_low:.3f} to {auc_high:.3f}) "
            f"| {row['parameters'] / 1e6:.2f} M | {row['gflops']:.2f} "
            f"| {row['milliseconds']:.1f} ({row['times_the_reference']:.1f}x) | {row['epochs']} |"
        )
    lines += [
        "",
        f"ms an image: one picture at a time on this machine's processor, the backbones taking turns; in brackets as a multiple of "
        f"{reference}. GFLOPs: of one forward pass, from the graph; a multiplication and an addition are two."
        + (f" Not to its last layer: {ends}." if ends else ""),
        "",
    ]
    return "\n".join(lines)


def add_command(commands: Any) -> None:
    """Add `compare` to the subcommands of `python -m training`."""
    command = commands.add_parser("compare", help=compare.__doc__)
    command.add_argument("--disease", required=True, choices=sorted(RECIPES))
    command.add_argument("--data", required=True, type=Path, help="folder with labels.csv and one folder a class")
    command.add_argument("--out", required=True, type=Path, help="the table: .json and .md are written beside each other")
    command.add_argument("--weights", action="append", default=[], metavar="BACKBONE=FILE", help="or BACKBONE=imagenet; else from none")
    command.add_argument("--backbones", nargs="+", default=list(COMPARED), metavar="BACKBONE", help=f"default: {' '.join(COMPARED)}")
    command.add_argument("--images", type=int, default=2000, help="training images, drawn from the training patients (default: 2000)")
    command.add_argument("--size", type=int, default=96, help="side of the input in pixels, at least 75 for inception_v3 (default: 96)")
    command.add_argument("--epochs", type=int, default=3, help="default: 3")
    command.add_argument("--seed", type=int, default=7)
    command.add_argument("--work", type=Path, help="where finished backbones and checkpoints are kept (default: var/compare/DISEASE)")
    command.set_defaults(run=compare)
