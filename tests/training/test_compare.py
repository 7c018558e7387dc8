"""`python -m training compare` on drawn cells with the smallest backbones."""

import argparse
import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("tensorflow")

from training import backbones, compare

ROOT = Path(__file__).resolve().parents[2]


def parsed(*words: str | Path) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    compare.add_command(parser.add_subparsers())
    return parser.parse_args(["compare", "--disease", "malaria", *map(str, words)])


@pytest.fixture(scope="module")
def small(cells: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[argparse.Namespace, dict[str, Any]]:
    """The arguments of a comparison of two tiny backbones, and the table that it wrote."""
    folder = tmp_path_factory.mktemp("compare")
    given = parsed("--data", cells, "--out", folder / "table", "--work", folder / "work", "--size", "32", "--images", "80")
    given.backbones, given.epochs = ["tiny", "tiny_too"], 2
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compare, "_ROUNDS", 2)
        patch.setitem(backbones.BACKBONES, "tiny_too", dataclasses.replace(backbones.BACKBONES["tiny"], name="tiny_too"))
        compare.compare(given)
    return given, json.loads((folder / "table.json").read_text())


def test_it_writes_what_each_backbone_gave_and_costs(small: tuple[argparse.Namespace, dict[str, Any]]) -> None:
    given, table = small
    assert [row["backbone"] for row in table["backbones"]] == ["tiny", "tiny_too"]
    assert table["parts"]["train"]["images"] == 80
    assert table["parts"]["validation"]["images"] == 20
    assert table["parts"]["test"]["patients"] == 8
    first, second = table["backbones"]
    assert {key: first[key] for key in ("accuracy", "auc", "parameters", "gflops")} == {
        key: second[key] for key in ("accuracy", "auc", "parameters", "gflops")
    }, "the same network, data, seed and budget"
    assert first["weights"] is None
    assert first["accuracy_interval"][0] <= first["accuracy"] <= first["accuracy_interval"][1]
    assert first["milliseconds"] > 0
    assert first["times_the_reference"] == 1
    page = given.out.with_suffix(".md").read_text()
    assert f"| tiny | none | {100 * first['accuracy']:.1f} % (" in page
    assert "compares backbones under one small budget" in page
    assert str(given.data.parent) not in page, "where the files lie on this machine is nobody's concern"


def test_a_finished_backbone_is_not_trained_again(
    small: tuple[argparse.Namespace, dict[str, Any]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given, table = small
    monkeypatch.setattr(compare, "_ROUNDS", 2)
    monkeypatch.setitem(backbones.BACKBONES, "tiny_too", dataclasses.replace(backbones.BACKBONES["tiny"], name="tiny_too"))
    trained: list[str] = []
    train = compare._trained

    def counted(disease: Any, parts: Any, pictures: Any, budget: Any, name: str, *rest: Any) -> dict[str, Any]:
        trained.append(name)
        return train(disease, parts, pictures, budget, name, *rest)

    monkeypatch.setattr(compare, "_trained", counted)
    next(given.work.glob("tiny_too-*/result.json")).unlink()
    again = argparse.Namespace(**vars(given) | {"out": tmp_path / "again"})
    compare.compare(again)
    assert trained == ["tiny_too"]
    assert "tiny: finished before" in capsys.readouterr().out
    rows = json.loads((tmp_path / "again.json").read_text())["backbones"]
    assert [row["auc"] for row in rows] == [row["auc"] for row in table["backbones"]]

    trained.clear()
    compare.compare(argparse.Namespace(**vars(again) | {"epochs": 1, "backbones": ["tiny"]}))
    assert trained == ["tiny"], "another budget is another result"


def test_operations_are_counted_from_the_graph() -> None:
    """The first convolution of the tiny backbone alone: 16 x 16 places, 12 filters of 3 x 3 x 3 numbers, two operations each."""
    import keras

    inputs = keras.Input((32, 32, 3))
    model = keras.Model(inputs, keras.layers.Conv2D(12, 3, strides=2, padding="same", use_bias=False)(inputs))
    assert compare.operations(model, 32) == 2 * 16 * 16 * 12 * 27


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--weights", "vgg16"], "say BACKBONE=FILE"),
        (["--weights", "tiny=a.npz"], "say BACKBONE=FILE"),
        (["--backbones", "alexnet"], "no backbone is called alexnet"),
        (["--weights", "vgg16=nowhere.npz", "--backbones", "tiny", "vgg16"], "nowhere.npz does not exist"),
        (["--size", "64", "--backbones", "tiny", "inception_v3"], "inception_v3 needs pictures of at least 75 px"),
        (["--images", "4", "--backbones", "tiny"], "too few images"),
    ],
)
def test_what_can_not_be_compared_is_said_before_any_training(words: list[str], says: str, cells: Path, tmp_path: Path) -> None:
    given = parsed("--data", cells, "--out", tmp_path / "table", "--work", tmp_path / "work", *words)
    with pytest.raises(compare.TrainingError, match=says):
        compare.compare(given)
    assert not list((tmp_path / "work").glob("*/state.json"))


def test_the_command_line_knows_it() -> None:
    said = subprocess.run([sys.executable, "-m", "training", "compare", "--help"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "efficientnet_lite0 mobilenet_v2 resnet50 vgg16 inception_v3" in " ".join(said.stdout.split())
