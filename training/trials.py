"""What each choice of a recipe is worth: `python -m training trials` changes one thing at a time and cross-validates.

Every trial deals the patients into the same folds, starts from the same seed and is measured by the same figures, so that the rows of
the table differ in one thing. One seed and small sets leave some hundredths of AUC to chance: the intervals say so. The difference to
the recipe is measured on the same patients, drawn together, and is known better than either figure.
"""

import argparse
import dataclasses
import datetime
import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from inference import diseases
from training import card, crossval, datasets, metrics
from training.compare import weights_of
from training.errors import TrainingError
from training.recipes import RECIPES, Recipe, Stage

_DRAWS = 1000
_PLAIN = "the recipe"
_CHANCES = "chances.npy"


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
    _PLAIN: Trial(),
    "head only": Trial(_stages(lambda stage: dataclasses.replace(stage, depth="head"))),
    "all layers": Trial(_stages(lambda stage: dataclasses.replace(stage, depth="all" if stage.depth == "upper" else stage.depth))),
    "rate that does not fall": Trial(_stages(lambda stage: dataclasses.replace(stage, last_rate=stage.rate))),
    "twice as many epochs": Trial(_stages(lambda stage: dataclasses.replace(stage, epochs=2 * stage.epochs))),
    "half as many epochs": Trial(_stages(lambda stage: dataclasses.replace(stage, epochs=max(1, stage.epochs // 2)))),
    "no augmentation": Trial(_with(augmentation="none")),
    "no mixup": Trial(_with(mixup=0.0)),
    "mixup": Trial(_with(mixup=0.2)),
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
    "128 px": Trial(_with(size=128)),
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
        if name != _PLAIN and _fits_as_the_recipe(TRIALS[name], _recipe(arguments)) and _measured_as_the_recipe(TRIALS[name]):
            print(f"{name}: left out, as that is what the recipe does")
            continue
        told["trials"][name] = measure(name, arguments, weights)
        path.write_text(json.dumps(told, indent=1) + "\n")
        arguments.out.with_suffix(".md").write_text(render(told))
        print(render(told), flush=True)


def _fits_as_the_recipe(trial: Trial, recipe: Recipe) -> bool:
    return trial.recipe(recipe) == recipe and not trial.backbone and trial.start == "start" and trial.weighed


def _measured_as_the_recipe(trial: Trial) -> bool:
    return (trial.looks, trial.seeds, trial.teachers) == (1, 1, 0)


def measure(name: str, arguments: argparse.Namespace, weights: dict[str, str]) -> dict[str, Any]:
    """The figures of one trial, out of fold: AUC with its interval by patient, its difference to the recipe's if that was measured
    before, AUC inside each source, accuracy, and specificity at 90 % sensitivity."""
    from training.task import Task

    trial, disease = TRIALS[name], diseases.get(arguments.disease)
    plain = _recipe(arguments)
    recipe, backbone = trial.recipe(plain), trial.backbone or arguments.backbone
    examples = _drawn(datasets.read_labels(arguments.data, disease), arguments.images, arguments.seed)
    start = getattr(arguments, trial.start) if trial.start else None
    task = Task.read(disease, examples, recipe, backbone, weights.get(backbone), start)
    fold = crossval.folds(examples, arguments.folds, arguments.seed)
    begun, work = time.monotonic(), arguments.work / arguments.disease
    here, shared = work / _folder(name), work / _folder(_PLAIN if _fits_as_the_recipe(trial, plain) else name)

    def logits(model: Any, rows: np.ndarray) -> np.ndarray:
        return np.mean([task.logits(model, rows, mirrored=bool(look)) for look in range(trial.looks)], axis=0)

    def one(rows: np.ndarray, number: str, seed: int) -> Any:
        return task.fit(task.labelled(rows, weighed=trial.weighed), shared / str(seed) / number, seed)

    def answers(seed: int) -> np.ndarray:
        def fit_rows(rows: np.ndarray, folder: Path) -> Any:
            teachers = [one(rows, folder.name, seed + i) for i in range(trial.teachers)]
            if not teachers:
                return one(rows, folder.name, seed)
            said = np.mean([metrics.softmax(logits(teacher, rows)) for teacher in teachers], axis=0)
            halves = (said + np.eye(len(task.classes))[task.labels[rows]]) / 2
            return task.fit(task.labelled(rows)._replace(targets=halves.astype(np.float32)), folder, seed)

        return crossval.out_of_fold(fold, fit_rows, logits, here / f"answers{seed}")

    chances = np.mean([metrics.softmax(answers(arguments.seed + i)) for i in range(trial.seeds)], axis=0)
    np.save(here / _CHANCES, chances)
    probability, truth = chances[:, list(task.positive)].sum(1), np.isin(task.labels, task.positive)
    patients, sources = (np.array([getattr(example, field) for example in examples]) for field in ("patient", "source"))

    def interval(score: Callable[[np.ndarray], float]) -> list[float]:
        return [round(end, 4) for end in metrics.interval_by_patient(patients, score, draws=_DRAWS)]

    told = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "images": len(truth),
        "patients": len(set(patients)),
        "folds": arguments.folds,
        "size": recipe.size,
        "epochs": sum(stage.epochs for stage in recipe.stages),
        "auc": round(metrics.auc(truth, probability), 4),
        "auc_interval": interval(lambda i: metrics.auc(truth[i], probability[i])),
        "accuracy": round(float(np.mean(chances.argmax(1) == task.labels)), 4),
        "specificity_at_90_sensitivity": round(metrics.specificity_at(truth, probability, 0.9), 4),
        "sources": {
            source: round(metrics.auc(truth[sources == source], probability[sources == source]), 4)
            for source in sorted(set(sources))
            if len(set(truth[sources == source])) > 1
        },
        "minutes": round((time.monotonic() - begun) / 60, 1),
    }
    before = work / _folder(_PLAIN) / _CHANCES
    if name != _PLAIN and before.is_file():
        recipes = np.load(before)[:, list(task.positive)].sum(1)
        told["gain"] = round(told["auc"] - metrics.auc(truth, recipes), 4)
        told["gain_interval"] = interval(lambda i: metrics.auc(truth[i], probability[i]) - metrics.auc(truth[i], recipes[i]))
    return told


def _folder(name: str) -> str:
    return name.replace(" ", "_").replace(",", "")


def _drawn(examples: list[datasets.Example], most: int, seed: int) -> list[datasets.Example]:
    """Whole patients with about `most` pictures in all (0: all of them), as evenly from the sources as these allow."""
    if not most or most >= len(examples):
        return examples
    counts = Counter(example.source for example in examples)
    share, left = {}, most
    for rank, (source, count) in enumerate(sorted(counts.items(), key=lambda item: item[1])):
        share[source] = min(count, left // (len(counts) - rank))
        left -= share[source]
    kept: set[str] = set()
    for source, count in counts.items():
        members = [example for example in examples if example.source == source]
        wanted = share[source] / count
        parts = {"kept": wanted, "left": 1 - wanted} if wanted < 1 else {"kept": 1.0}
        kept |= {example.patient for example in datasets.split(members, seed, parts)["kept"]}
    return [example for example in examples if example.patient in kept]


def _recipe(arguments: argparse.Namespace) -> Recipe:
    """The disease's recipe at the trials' own size: smaller, so that many trials fit into an hour."""
    recipe = RECIPES[arguments.disease]
    share = min(1.0, arguments.epochs / sum(stage.epochs for stage in recipe.stages)) if arguments.epochs else 1.0
    stages = tuple(dataclasses.replace(stage, size=0, epochs=max(1, round(stage.epochs * share))) for stage in recipe.stages)
    # so few steps do not bring the backbone's own slow running statistics to rest
    momentum = 0.9 if arguments.epochs else 0.0
    return dataclasses.replace(recipe, stages=stages, size=arguments.size, momentum=momentum, average=0)


def render(told: dict[str, Any]) -> str:
    """The table as Markdown."""
    rows = told["trials"]
    some = next(iter(rows.values()))
    sources = sorted({source for row in rows.values() for source in row.get("sources", ())})
    columns = ["changed", "px", "epochs", "AUC (95 % interval by patient)"]
    compared = any("gain" in row for row in rows.values())
    columns += ["against the recipe (95 %)"] * compared
    columns += [f"AUC inside {source}" for source in sources] if len(sources) > 1 else []
    columns += ["accuracy"] * any("accuracy" in row for row in rows.values()) + ["specificity at 90 % sensitivity", "measured"]
    cells = []
    for name, row in rows.items():
        cell = {
            "changed": name,
            "px": row["size"],
            "epochs": row["epochs"],
            columns[3]: f"{row['auc']:.3f} ({row['auc_interval'][0]:.3f} to {row['auc_interval'][1]:.3f})",
            "accuracy": f"{row['accuracy']:.1%}" if "accuracy" in row else "",
            "specificity at 90 % sensitivity": f"{row['specificity_at_90_sensitivity']:.1%}",
            "measured": row["date"],
        }
        cell |= {f"AUC inside {source}": f"{value:.3f}" for source, value in row.get("sources", {}).items()}
        if "gain" in row:
            cell[columns[4]] = f"{row['gain']:+.3f} ({row['gain_interval'][0]:+.3f} to {row['gain_interval'][1]:+.3f})"
        cells.append([str(cell.get(column, "")) for column in columns])
    over = f"{some['images']} images of {some['patients']} patients, {some['folds']} folds by patient"
    return "\n".join([f"{diseases.get(told['disease']).name}: {over}.", "", *card.table(tuple(columns), cells), ""])


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
    command.add_argument("--images", type=int, default=0, help="about so many pictures, evenly from the sources (0: all)")
    command.add_argument("--epochs", type=int, default=0, help="the recipe's stages shortened to about so many epochs (0: as they are)")
    command.add_argument("--folds", type=int, default=3)
    command.add_argument("--seed", type=int, default=7)
    command.add_argument("--only", action="append", metavar="TRIAL", help="only this trial; may be repeated")
    command.add_argument("--work", type=Path, default=Path("var/trials"), help="where checkpoints are kept")
    command.add_argument("--out", required=True, type=Path, help="the table, without a suffix; finished trials in it are kept")
    command.set_defaults(run=run)
