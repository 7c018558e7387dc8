"""One thing changed at a time: the table of trials, on drawn cells with the smallest backbone."""

import argparse
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from training import datasets, recipes, trials
from training import fit as fitting

from .commands import AT_ONCE, train

NAMES = ("the recipe", "mirror image averaged", "weights of the last 4 epochs averaged", "two fits distilled into one")


@pytest.fixture(scope="module")
def words(cells: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str | Path]:
    folder = tmp_path_factory.mktemp("trials")
    given: list[str | Path] = ["trials", "--disease", "malaria", "--data", cells, "--backbone", "tiny", "--size", "48", "--folds", "2"]
    return [*given, "--work", folder / "work", "--out", folder / "table"]


def test_trials_are_measured_by_patient_out_of_fold_and_finished_ones_are_kept(words: list[str | Path]) -> None:
    for _ in range(2):
        run = train(*words, *(word for name in NAMES for word in ("--only", name)), stages=AT_ONCE)
        assert run.returncode == 0, run.stderr
    assert "epoch" not in run.stdout  # nothing was fitted again
    out = Path(words[-1])
    told = json.loads(out.with_suffix(".json").read_text())["trials"]
    assert list(told) == list(NAMES)
    for row in told.values():
        assert (row["images"], row["patients"], row["folds"], row["epochs"]) == (240, 40, 2, 5)
        assert 0 < row["accuracy"] < 1
        assert list(row["sources"].values()) == [row["auc"]]  # one source
        assert row["auc_interval"][0] <= row["auc"] <= row["auc_interval"][1]
    assert len({row["auc"] for row in told.values()}) > 1
    assert "gain" not in told["the recipe"]
    for name in NAMES[1:]:
        assert told[name]["gain"] == pytest.approx(told[name]["auc"] - told["the recipe"]["auc"], abs=2e-4)
        assert told[name]["gain_interval"][0] <= told[name]["gain"] <= told[name]["gain_interval"][1]
    work = Path(words[words.index("--work") + 1]) / "malaria"
    fits = sorted(path.parent.relative_to(work).as_posix() for path in work.rglob("state.json"))
    assert fits == [  # mirrored answers need no fit of their own, nor does the first teacher
        *(f"the_recipe/{seed}/fold{fold}" for seed in (7, 8) for fold in (0, 1)),
        *(f"two_fits_distilled_into_one/answers7/fold{fold}" for fold in (0, 1)),
        *(f"weights_of_the_last_4_epochs_averaged/7/fold{fold}" for fold in (0, 1)),
    ]
    assert "| mirror image averaged | 48 |" in out.with_suffix(".md").read_text()


def test_a_trial_that_there_is_not_is_told(words: list[str | Path]) -> None:
    told = train(*words, "--only", "luck")
    assert "no trial is called luck" in told.stderr
    assert told.returncode == 1


def test_pictures_are_drawn_evenly_from_the_sources_and_patients_stay_whole() -> None:
    examples = [
        datasets.Example(Path(f"{source}{i}.png"), label, f"{source}{i // 2}", source)
        for source, count in (("large", 200), ("small", 20))
        for i in range(count)
        for label in [("a", "b")[i // 2 % 2]]
    ]
    drawn = trials._drawn(examples, 80, seed=7)
    by = Counter(example.source for example in drawn)
    assert by["small"] == 20
    assert abs(by["large"] - 60) <= 4
    assert set(Counter(example.patient for example in drawn).values()) == {2}
    assert abs(sum(example.label == "a" for example in drawn) - 40) <= 4
    assert trials._drawn(examples, 0, seed=7) == trials._drawn(examples, 220, seed=7) == examples


def test_a_recipe_is_shortened_stage_by_stage() -> None:
    given = argparse.Namespace(disease="malaria", size=96, epochs=8)
    assert [stage.epochs for stage in trials._recipe(given).stages] == [1, 1, 7]
    given.epochs = 0
    assert trials._recipe(given).stages == recipes.RECIPES["malaria"].stages
    assert trials._recipe(given).momentum == 0  # the backbone's own


@pytest.mark.parametrize("name", list(trials.TRIALS))
def test_a_trial_differs_from_the_recipe_in_one_thing(name: str) -> None:
    trial, recipe = trials.TRIALS[name], recipes.RECIPES["tuberculosis"]
    changed = [field for field in recipe.__dataclass_fields__ if getattr(trial.recipe(recipe), field) != getattr(recipe, field)]
    others = [trial.backbone != "", trial.start != "start", trial.looks > 1, trial.seeds > 1, trial.teachers > 0, not trial.weighed]
    assert len(changed) <= 1
    assert (
        name in ("the recipe", "MobileNetV2, from ImageNet", "192 px", "mixup") or len(changed) + sum(others) == 1
    )  # the recipe itself is of 192 px, and has mixup


def test_averaged_weights_are_the_mean_of_the_files(tmp_path: Path) -> None:
    import keras

    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    files = []
    for i, value in enumerate((1.0, 2.0, 6.0)):
        model.set_weights([np.full((2, 1), value), np.full(1, -value)])
        files.append(tmp_path / f"{i}.weights.h5")
        model.save_weights(files[-1])
    kernel, bias = fitting._averaged(model, files).get_weights()
    assert kernel == pytest.approx(np.full((2, 1), 3.0))
    assert bias == pytest.approx(-3.0)
