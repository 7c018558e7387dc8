"""`python -m training`, end to end on drawn cells with the smallest backbone: seconds instead of half an hour."""

import dataclasses
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from inference import registry
from training import card

from .commands import AT_ONCE, ONE_EPOCH, ROOT, fit, fit_words, process, train


@pytest.fixture(scope="module")
def evaluated(whole: tuple[Path, Path], cells: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An artefact that was measured. Not to be written to: copy it."""
    out = tmp_path_factory.mktemp("evaluated") / "malaria" / "0.1.0"
    shutil.copytree(whole[0], out)
    told = train("evaluate", "--artefact", out, "--data", cells)
    assert told.returncode == 0, told.stderr
    return out


def test_a_fit_that_is_killed_goes_on_and_ends_as_if_nothing_had_happened(whole: tuple[Path, Path], cells: Path, tmp_path: Path) -> None:
    out, work = tmp_path / "malaria" / "0.1.0", tmp_path / "work"
    killed = process(*fit_words(cells, out, work))
    assert killed.stdout is not None
    for line in killed.stdout:
        if "epoch 2/" in line:
            killed.kill()
    assert killed.wait(60) == -9
    assert not out.exists()

    assert "Going on after epoch" in fit(cells, out, work).stdout
    assert json.loads((work / "state.json").read_text()) == json.loads((whole[1] / "state.json").read_text())
    resumed, unbroken = registry.open_folder(out).manifest, registry.open_folder(whole[0]).manifest
    changed = {"created": "", "sha256": ""}  # the file carries its time of writing
    assert dataclasses.replace(resumed, **changed) == dataclasses.replace(unbroken, **changed)


def test_a_fitted_model_is_evaluated_on_its_held_out_patients_and_gets_its_card(evaluated: Path) -> None:
    artefact = registry.load("malaria", "0.1.0", evaluated.parents[1])
    registry.verify(artefact)
    metrics, manifest = artefact.metrics, artefact.manifest
    assert metrics["auc"] > 0.8
    assert (metrics["images"], metrics["patients"]) == (manifest.training["test"]["images"], manifest.training["test"]["patients"])
    assert sum(metrics["confusion"].values()) == metrics["images"]
    for name in ("accuracy", "sensitivity", "specificity", "auc"):
        low, high = metrics[f"{name}_interval"]
        assert low <= metrics[name] <= high
    text = (evaluated / "MODEL_CARD.md").read_text()
    for words in (f"{metrics['accuracy']:.1%}", metrics["command"], manifest.sha256, "not a diagnosis", *manifest.known_limits):
        assert words in text
    unsure = dataclasses.replace(artefact, metrics=metrics | {"accuracy_outside_uncertain": None, "refused_by_the_gate": {"too_dark": 2}})
    assert "accuracy of the rest not known" in card.render(unsure)
    assert "2 too_dark" in card.render(unsure)


def test_all_of_another_set_is_measured_without_touching_the_artefact(whole: tuple[Path, Path], cells: Path) -> None:
    before = {path.name: path.read_bytes() for path in whole[0].iterdir()}
    told = train("evaluate", "--artefact", whole[0], "--data", cells, "--part", "all")
    assert told.returncode == 0, told.stderr
    figures = json.loads(told.stdout)
    assert (figures["part"], figures["images"], figures["patients"]) == ("all", 240, 40)
    assert {path.name: path.read_bytes() for path in whole[0].iterdir()} == before


@pytest.fixture(scope="module")
def crossed(cells: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cross-validated artefact, not evaluated yet. Not to be written to: copy it."""
    folder = tmp_path_factory.mktemp("crossed")
    fit(cells, folder / "malaria" / "0.2.0", folder / "work", folds=3, stages=AT_ONCE)
    return folder / "malaria" / "0.2.0"


def test_a_cross_validated_model_learns_from_all_and_is_calibrated_and_measured_by_fold(crossed: Path, cells: Path, tmp_path: Path) -> None:
    out = shutil.copytree(crossed, tmp_path / "malaria" / "0.2.0")
    artefact = registry.open_folder(out)
    assert set(artefact.manifest.training) == {"train"}
    assert artefact.manifest.training["train"]["images"] == 240
    again = train("calibrate", "--artefact", out, "--data", cells)
    assert again.returncode == 0, again.stderr
    told = registry.open_folder(out).manifest
    for name in ("temperature", "threshold", "uncertain", "bias"):  # from logits that were written with four digits
        assert getattr(told, name) == pytest.approx(getattr(artefact.manifest, name), abs=2e-3), name

    evaluated = train("evaluate", "--artefact", out, "--data", cells)
    assert evaluated.returncode == 0, evaluated.stderr
    metrics = registry.open_folder(out).metrics
    assert (metrics["part"], metrics["images"], metrics["patients"]) == ("cross-validation", 240, 40)
    assert metrics["auc"] > 0.6  # learned, by models that had not seen the patient: tiny ones, of 160 drawn cells
    card_text = (out / "MODEL_CARD.md").read_text()
    assert "it could not be measured itself" in card_text
    assert "neither the fit nor the figures above used" not in card_text
    assert (out / "roc.svg").read_text().startswith("<svg")


def test_figures_by_fold_come_from_the_folds_answers_and_not_from_the_model_that_saw_everything(
    crossed: Path, cells: Path, tmp_path: Path
) -> None:
    """With the kept answers turned round the same shipped model measures as badly as it measured well before."""

    def auc(folder: Path) -> float:
        told = train("evaluate", "--artefact", folder, "--data", cells)
        assert told.returncode == 0, told.stderr
        return float(json.loads(told.stdout)["auc"])

    turned, straight = (shutil.copytree(crossed, tmp_path / name / "0.2.0") for name in ("turned", "straight"))
    lines = (turned / "out_of_fold.csv").read_text().splitlines()
    rows = [line.split(",") for line in lines[1:]]
    turned_rows = [",".join([file, fold, second, first]) for file, fold, first, second in rows]
    (turned / "out_of_fold.csv").write_text("\n".join([lines[0], *turned_rows]) + "\n")
    assert auc(straight) > 0.6
    assert auc(turned) < 0.5


@pytest.fixture
def two_places(cells: Path, tmp_path: Path) -> Path:
    """The same cells, the first ten patients' from one place and the others' from another."""
    folder = tmp_path / "places"
    shutil.copytree(cells, folder)
    head, *lines = (cells / "labels.csv").read_text().splitlines()
    rows = [f"{line},{'north' if int(line.rpartition(',P')[2]) < 10 else 'south'}" for line in lines]
    (folder / "labels.csv").write_text("\n".join([f"{head},source", *rows]) + "\n")
    return folder


def test_each_place_is_asked_of_a_model_that_never_saw_it_and_the_card_says_how_that_went(
    evaluated: Path, cells: Path, two_places: Path, tmp_path: Path
) -> None:
    out = shutil.copytree(evaluated, tmp_path / "malaria" / "0.1.0")
    measured = train("sources", "--artefact", out, "--data", two_places, "--epochs", "2", "--work", tmp_path / "work")
    assert measured.returncode == 0, measured.stderr
    told = registry.open_folder(out).metrics["left_out"]
    assert (told["epochs"], told["size"]) == (3, 48)  # one of the head, and two of the others
    assert [(row["name"], row["images"], row["patients"], row["trained_on"]) for row in told["rows"]] == [
        ("north", 60, 10, 180),
        ("south", 180, 30, 60),
    ]
    for row in told["rows"]:
        assert row["auc_interval"][0] <= row["auc"] <= row["auc_interval"][1]
    assert "| north | 60 |" in (out / "MODEL_CARD.md").read_text()
    assert train("evaluate", "--artefact", out, "--data", cells).returncode == 0
    assert registry.open_folder(out).metrics["left_out"] == told  # another measurement does not lose it


def test_the_patients_of_another_set_can_be_left_out(cells: Path, tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file,label,patient_id\n" + "".join(f"{i}.png,parasitized,P{i}\n" for i in range(30)))
    fit(cells, tmp_path / "malaria" / "0.1.0", tmp_path / "work", "--without", tmp_path, stages=ONE_EPOCH)
    manifest = registry.open_folder(tmp_path / "malaria" / "0.1.0").manifest
    assert sum(part["patients"] for part in manifest.training.values()) == 10
    assert manifest.recipe["without"] == str(tmp_path)


def test_another_set_is_learned_from_too(cells: Path, tmp_path: Path) -> None:
    lines = (cells / "labels.csv").read_text().splitlines()
    (tmp_path / "labels.csv").write_text("\n".join([lines[0], *(line.replace(",P", ",Q") for line in lines[1:61])]))
    for label in ("parasitized", "uninfected"):
        (tmp_path / label).symlink_to(cells / label)
    fit(cells, tmp_path / "malaria" / "0.1.0", tmp_path / "work", "--pool", tmp_path, stages=ONE_EPOCH)
    manifest = registry.open_folder(tmp_path / "malaria" / "0.1.0").manifest
    assert sum(part["images"] for part in manifest.training.values()) == 300
    assert sum(part["patients"] for part in manifest.training.values()) == 50
    assert manifest.recipe["pool"] == [str(tmp_path)]


def test_what_was_measured_is_not_calibrated_again(evaluated: Path, cells: Path) -> None:
    before = (evaluated / "manifest.json").read_text()
    told = train("calibrate", "--artefact", evaluated, "--data", cells)
    assert told.returncode == 1
    assert "was measured with its calibration" in told.stderr
    assert (evaluated / "manifest.json").read_text() == before


def test_a_version_is_never_written_twice(whole: tuple[Path, Path], cells: Path) -> None:
    before = registry.checksum(whole[0] / "model.keras")
    told = train("fit", "--disease", "malaria", "--data", cells, "--backbone", "tiny", "--out", whole[0])
    assert told.returncode == 1
    assert "a version never changes" in told.stderr
    assert registry.checksum(whole[0] / "model.keras") == before


def alone(*words: str) -> subprocess.CompletedProcess[str]:
    """The command as it is typed."""
    return subprocess.run([sys.executable, "-m", "training", *words], cwd=ROOT, capture_output=True, text=True, check=False)


def test_evaluating_on_other_data_is_refused(cells: Path) -> None:
    artefact = registry.latest("malaria")
    assert artefact is not None
    told = alone("evaluate", "--artefact", str(artefact.path), "--data", str(cells))
    assert told.returncode == 1
    assert "not the data" in told.stderr
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize(
    ("backbone", "out", "message"),
    [("none", "1.0.0", "the backbone is one of"), ("tiny", "newest", "ends with the version")],
)
def test_a_misused_command_is_exit_code_2(tmp_path: Path, backbone: str, out: str, message: str) -> None:
    told = train("fit", "--disease", "malaria", "--data", tmp_path, "--backbone", backbone, "--out", tmp_path / out)
    assert told.returncode == 2
    assert message in told.stderr


def test_misuse_is_the_exit_code_of_the_process_and_does_not_wait_for_tensorflow(tmp_path: Path) -> None:
    words = ["fit", "--disease", "malaria", "--data", ".", "--backbone", "tiny", "--out", "newest"]
    script = "import sys; from training import __main__ as command\ntry: command.main()\nfinally: print('tensorflow' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", script, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout) == (2, "False\n"), told.stderr


def test_missing_weights_are_told_in_a_sentence(cells: Path, tmp_path: Path) -> None:
    words = ["fit", "--disease", "malaria", "--data", cells, "--out", tmp_path / "1.0.0", "--work", tmp_path / "work"]
    told = train(*words, "--backbone", "efficientnet_lite0", "--weights", tmp_path / "none.keras")
    assert told.returncode == 1
    assert told.stderr.splitlines()[-1] == f"error: {tmp_path / 'none.keras'} does not exist"


def test_the_gate_is_tried_on_a_folder(cells: Path) -> None:
    told = train("gate", "check", "--disease", "malaria", "--data", cells)
    assert told.stdout.strip() == "240 of 240 pictures pass the gate; refused: none"
