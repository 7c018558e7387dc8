"""What each choice of a recipe is worth: `python -m training trials` changes one thing at a time and cross-validates.

Every trial deals the patients into the same folds, starts from the same seed and is measured by the same figures, so that the rows of
the table differ in one thing. One seed and small sets leave some hundredths of AUC to chance: the intervals say so.
"""

import argparse
import dataclasses
import datetime
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inference import diseases
from training import crossval, datasets, metrics
from training.compare import weights_of
from training.errors import TrainingError
from training.recipes import RECIPES, Recipe, Stage

_DRAWS = 1000


@dataclass(frozen=True)
class Trial:
    """One thing that is done otherwise than in the trials' own recipe.

    `recipe` changes it; `backbone` is another one; `start` says what it begins from: --start, --pooled, or ImageNet (""); `looks` is how
    many views of a picture are averaged (2: and its mirror image); `seeds` is how many fits are averaged; `teachers` how many fits teach
    the one that is measured, which learns half from their mean and half from the label; `weighed` is False for pictures that all count
    the same.
    """

    recipe: Callable[[Recipe], Recipe] = lambda recipe: recipe
    backbone: str = ""
    start: str = "start"
    looks: int = 1
    seeds: int = 1
    teachers: int = 0
    weighed: bool = True


def _stages(change: Callable[[Stage], Stage]) -> Callable[[Recipe], Recipe]:
    return lambda recipe: dataclasses.replace(recipe, stages=tuple(change(stage) for stage in recipe.stages))


def _with(**values: Any) -> Callable[[Recipe], Recipe]:
    return lambda recipe: dataclasses.replace(recipe, **values)


TRIALS: dict[str, Trial] = {
    "the recipe": Trial(),
    "head only": Trial(_stages(lambda stage: dataclasses.replace(stage, depth="head"))),
    "all layers": Trial(_stages(lambda stage: dataclasses.replace(stage, depth="all" if stage.depth == "upper" else stage.depth))),
    "rate that does not fall": Trial(_stages(lambda stage: dataclasses.replace(stage, last_rate=stage.rate))),
    "half as many epochs": Trial(_stages(lambda stage: dataclasses.replace(stage, epochs=max(1, stage.epochs // 2)))),
    "no augmentation": Trial(_with(augmentation="none")),
    "no mixup": Trial(_with(mixup=0.0)),
    "no smoothing of labels": Trial(_with(smoothing=0.0)),
    "statistics kept by 0.9": Trial(_with(momentum=0.9)),
    "weights of the last 4 epochs averaged": Trial(_with(average=4)),
    "from ImageNet": Trial(start=""),
    "from all other sets of films, pooled": Trial(start="pooled"),
    "MobileNetV2, from ImageNet": Trial(_with(end=""), backbone="mobilenet_v2", start=""),
    "mirror image averaged": Trial(looks=2),
    "two fits averaged": Trial(seeds=2),
    "two fits distilled into one": Trial(teachers=2),
    "classes not weighed evenly": Trial(weighed=False),
    "192 px": Trial(_with(size=192)),
    "256 px": Trial(_with(size=256)),
}


def run(arguments: argparse.Namespace) -> None:
    """Cross-validate a recipe with one thing changed at a time, and write what each gave to --out.json and --out.md."""
    unknown = set(arguments.only or ()) - set(TRIALS)
    if unknown:
        raise TrainingError(f"no trial is called {', '.join(sorted(unknown))}: the trials are {', '.join(TRIALS)}")
    path = arguments.out.with_suffix(".json")
    told = json.loads(path.read_text()) if path.is_file() else {"disease": arguments.disease, "trials": {}}
    path.parent.mkdir(parents=True, exist_ok=True)
    weights = weights_of(arguments.weights, [arguments.backbone, *(trial.backbone for trial in TRIALS.values() if trial.backbone)])
    for name in arguments.only or TRIALS:
        if name in told["trials"]:
            continue
        if TRIALS[name].backbone and TRIALS[name].backbone not in weights:
            print(f"{name}: left out, as no --weights {TRIALS[name].backbone}=FILE was given")
            continue
        if TRIALS[name].start == "pooled" and arguments.pooled is None:
            print(f"{name}: left out, as no --pooled FILE was given")
            continue
        told["trials"][name] = measure(name, arguments, weights)
        path.write_text(json.dumps(told, indent=1) + "\n")
        arguments.out.with_suffix(".md").write_text(render(told))
        print(render(told), flush=True)


def measure(name: str, arguments: argparse.Namespace, weights: dict[str, str]) -> dict[str, Any]:
    """The figures of one trial: AUC with its interval by patient, and specificity at 90 % sensitivity, out of fold."""
    from training.task import Task

    trial, disease = TRIALS[name], diseases.get(arguments.disease)
    recipe, backbone = trial.recipe(_recipe(arguments)), trial.backbone or arguments.backbone
    examples = datasets.read_labels(arguments.data, disease)
    start = getattr(arguments, trial.start) if trial.start else None
    task = Task.read(disease, examples, recipe, backbone, weights.get(backbone), start)
    fold = crossval.folds(examples, arguments.folds, arguments.seed)
    begun = time.monotonic()

    def logits(model: Any, rows: np.ndarray) -> np.ndarray:
        return np.mean([task.logits(model, rows, mirrored=bool(look)) for look in range(trial.looks)], axis=0)

    def fitted(seed: int, work: Path) -> np.ndarray:
        def fit_rows(rows: np.ndarray, folder: Path) -> Any:
            train = task.labelled(rows, weighed=trial.weighed)
            teachers = [task.fit(train, folder / f"teacher{i}", seed + 1 + i) for i in range(trial.teachers)]
            if teachers:
                said = np.mean([metrics.softmax(logits(teacher, rows)) for teacher in teachers], axis=0)
                halves = (said + np.eye(len(task.classes))[task.labels[rows]]) / 2
                train = train._replace(targets=halves.astype(np.float32))
            return task.fit(train, folder, seed)

        return crossval.out_of_fold(fold, fit_rows, logits, work)

    work = arguments.work / arguments.disease / name.replace(" ", "_").replace(",", "")
    answers = [fitted(arguments.seed + i, work / str(i)) for i in range(trial.seeds)]
    probability = np.mean([metrics.softmax(answer) for answer in answers], axis=0)[:, list(task.positive)].sum(1)
    truth, patients = np.isin(task.labels, task.positive), np.array([example.patient for example in examples])
    interval = metrics.interval_by_patient(patients, lambda i: metrics.auc(truth[i], probability[i]), draws=_DRAWS)
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "images": len(truth),
        "patients": len(set(patients)),
        "folds": arguments.folds,
        "size": recipe.size,
        "epochs": sum(stage.epochs for stage in recipe.stages),
        "auc": round(metrics.auc(truth, probability), 4),
        "auc_interval": [round(end, 4) for end in interval],
        "specificity_at_90_sensitivity": round(metrics.specificity_at(truth, probability, 0.9), 4),
        "minutes": round((time.monotonic() - begun) / 60, 1),
    }


def _recipe(arguments: argparse.Namespace) -> Recipe:
    """The disease's recipe at the trials' own size: smaller, so that many trials fit into an hour."""
    recipe = RECIPES[arguments.disease]
    stages = tuple(dataclasses.replace(stage, size=0) for stage in recipe.stages)
    return dataclasses.replace(recipe, stages=stages, size=arguments.size, momentum=0.0, average=0)


def render(told: dict[str, Any]) -> str:
    """The table as Markdown."""
    some = next(iter(told["trials"].values()))
    lines = [
        f"{diseases.get(told['disease']).name}: {some['images']} images of {some['patients']} patients, {some['folds']} folds by patient.",
        "",
        "| changed | px | epochs | AUC (95 % interval by patient) | specificity at 90 % sensitivity | measured |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, row in told["trials"].items():
        low, high = row["auc_interval"]
        lines.append(
            f"| {name} | {row['size']} | {row['epochs']} | {row['auc']:.3f} ({low:.3f} to {high:.3f}) "
            f"| {row['specificity_at_90_sensitivity']:.1%} | {row['date']} |"
        )
    return "\n".join(lines) + "\n"


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`trials` of the command line."""
    command = commands.add_parser("trials", help=run.__doc__)
    command.add_argument("--disease", required=True, choices=sorted(RECIPES))
    command.add_argument("--data", required=True, type=Path)
    command.add_argument("--backbone", default="efficientnet_lite0")
    command.add_argument("--weights", action="append", default=[], metavar="BACKBONE=FILE", help="pretrained weights; may be repeated")
    command.add_argument("--start", type=Path, help="the .keras file of an earlier fit, from which nearly all trials begin")
    command.add_argument("--pooled", type=Path, help="that of a fit with --pool, from which one trial begins")
    command.add_argument("--size", type=int, default=128, help="side of the pictures in pixels")
    command.add_argument("--folds", type=int, default=3)
    command.add_argument("--seed", type=int, default=7)
    command.add_argument("--only", action="append", metavar="TRIAL", help="only this trial; may be repeated")
    command.add_argument("--work", type=Path, default=Path("var/trials"), help="where checkpoints are kept")
    command.add_argument("--out", required=True, type=Path, help="the table, without a suffix; finished trials in it are kept")
    command.set_defaults(run=run)
