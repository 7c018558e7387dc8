"""`python -m training fit | export | calibrate | evaluate | sources | compare | gate ...`: see --help of each."""

import argparse
import json
import os
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from inference import diseases, registry
from training import benchmark, compare, datasets, gate, pointing, sources, table, trials, variants
from training.errors import TrainingError
from training.recipes import RECIPES

if TYPE_CHECKING:
    import keras


def fit(arguments: argparse.Namespace) -> None:
    """Split by patient, train, calibrate on patients that were not trained on, write the artefact."""
    from training import calibrate, crossval, export
    from training.task import Task

    export.check_new(arguments.out)
    commit = export.commit()
    disease, recipe = diseases.get(arguments.disease), RECIPES[arguments.disease]
    if arguments.pool:  # weights to start from, which nobody will cite: one split is enough
        recipe = replace(recipe, folds=0)
    examples = datasets.read_labels(arguments.data, disease)
    examples += [example for folder in arguments.pool for example in datasets.read_pooled(folder, disease)]
    if arguments.without:
        elsewhere = datasets.patients(arguments.without)
        examples = [example for example in examples if example.patient not in elsewhere]
    task = Task.read(disease, examples, recipe, arguments.backbone, arguments.weights, arguments.start)
    work = arguments.work or Path("var/fit") / arguments.disease / arguments.out.name

    def fit_rows(rows: np.ndarray, folder: Path) -> "keras.Model":
        return task.fit(task.labelled(rows), folder, arguments.seed)

    if recipe.folds:
        everything = np.arange(len(examples))
        fold = crossval.folds(examples, recipe.folds, arguments.seed)
        answers = crossval.out_of_fold(fold, fit_rows, task.logits, work)
        model = fit_rows(everything, work / "all")
        parts, calibrated = {"train": examples}, everything
    else:
        parts = datasets.split(examples, arguments.seed, dict(zip(datasets.PARTS, recipe.parts, strict=True)))
        row = {example.path: i for i, example in enumerate(examples)}
        rows = {part: np.array([row[example.path] for example in members]) for part, members in parts.items()}
        model = task.fit(task.labelled(rows["train"]), work, arguments.seed, task.labelled(rows["validation"]))
        calibrated = rows["validation"]
        answers = task.logits(model, calibrated)
    point = calibrate.point(answers, task.labels[calibrated], task.positive)
    manifest = export.write(
        out=arguments.out,
        model=model,
        disease=disease.code,
        backbone=task.backbone,
        recipe=recipe,
        recipe_values=json.loads(json.dumps(asdict(recipe)))
        | {
            "start": str(arguments.start or ""),
            "without": str(arguments.without or ""),
            "pool": [str(folder) for folder in arguments.pool],
        },
        classes=task.classes,
        positive=disease.positive,
        point=point,
        seed=arguments.seed,
        counts={part: datasets.counts(members) for part, members in parts.items()},
        commit=commit,
    )
    if recipe.folds:
        crossval.write(arguments.out / crossval.FILE, examples, fold, answers, arguments.data)
    print(f"{arguments.out}: temperature {manifest.temperature}, threshold {manifest.threshold}, uncertain {manifest.uncertain}")
    print(f"Now: python -m training export --artefact {arguments.out} --data {arguments.data}")


def recalibrate(arguments: argparse.Namespace) -> None:
    """Set temperature, biases, threshold and band anew, on the patients that the weights did not see; before a version is measured."""
    from training import recalibrate as again

    print(again.recalibrate(arguments.artefact, arguments.data))


def evaluate(arguments: argparse.Namespace) -> None:
    """Measure an artefact as it is served on patients it never saw, and write metrics.json and MODEL_CARD.md into it.

    Another --runtime is measured and printed, and nothing is written.
    """
    from training import evaluate as evaluation

    if arguments.runtime == "all":
        print("\n".join(variants.table(arguments.artefact, arguments.data, arguments.rounds)))
        return
    figures = evaluation.evaluate(arguments.artefact, arguments.data, arguments.part, reference=arguments.runtime == variants.KERAS)
    print(json.dumps(figures, indent=2))
    if arguments.part == "test" and arguments.runtime == "served":
        evaluation.write(arguments.artefact, figures)


def main() -> int:
    """Run the command line: 0 when done, 1 with a sentence when it can not be done, argparse's 2 when misused."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before TensorFlow is imported: its hints on instruction sets help nobody here
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(required=True)

    command = commands.add_parser("fit", help=fit.__doc__)
    command.add_argument("--disease", required=True, choices=sorted(RECIPES))
    command.add_argument("--data", required=True, type=Path, help="folder with labels.csv and one folder a class")
    command.add_argument("--backbone", required=True)
    command.add_argument("--weights", type=Path, help="file of pretrained weights")
    command.add_argument("--start", type=Path, help="the .keras file of an earlier fit with the same backbone, to start from its weights")
    command.add_argument(
        "--without",
        type=Path,
        help="the folder of another set, whose patients are left out: for weights from which that set's model starts",
    )
    command.add_argument(
        "--pool",
        action="append",
        default=[],
        type=Path,
        help="the folder of another set of the same kind of picture, learned from too, healthy or not; may be repeated",
    )
    command.add_argument("--out", required=True, type=Path, help="the artefact's folder; its name is the version")
    command.add_argument("--seed", type=int, default=7)
    command.add_argument("--work", type=Path, help="where checkpoints are kept (default: var/fit/...)")
    command.set_defaults(run=fit)

    command = commands.add_parser("calibrate", help=recalibrate.__doc__)
    command.add_argument("--artefact", required=True, type=Path)
    command.add_argument("--data", required=True, type=Path)
    command.set_defaults(run=recalibrate)

    command = commands.add_parser("evaluate", help=evaluate.__doc__)
    command.add_argument("--artefact", required=True, type=Path)
    command.add_argument("--data", required=True, type=Path)
    command.add_argument(
        "--part", choices=["test", "all"], default="test", help="the held-out patients of the split, or all of another set"
    )
    command.add_argument(
        "--runtime",
        choices=["served", "keras", "all"],
        default="served",
        help="the served file; the Keras model that it was made of; or both and every other variant, compared on the validation patients",
    )
    variants.add_rounds(command)
    command.set_defaults(run=evaluate)

    benchmark.add_command(commands)
    gate.add_command(commands)
    compare.add_command(commands)
    pointing.add_command(commands)
    sources.add_command(commands)
    table.add_command(commands)
    trials.add_command(commands)
    variants.add_command(commands)

    arguments = parser.parse_args()
    if arguments.run is fit:
        if not registry.is_version(arguments.out.name):
            parser.error(f"--out ends with the version, like 1.0.0, not with {arguments.out.name}")
        from training.backbones import BACKBONES

        if arguments.backbone not in BACKBONES:
            parser.error(f"the backbone is one of: {', '.join(BACKBONES)}")
    try:
        arguments.run(arguments)
    except (TrainingError, registry.ArtefactError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
