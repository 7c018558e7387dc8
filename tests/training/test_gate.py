"""The training of the gate: what it learns from, that it learns, and that it does so the same way twice."""

import argparse
import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

import samples
from inference import gate
from inference.diseases import BLOOD_SMEAR, CHEST_XRAY
from training import drawn, gate_fit, gate_looks, gate_pictures, gate_variants
from training import gate as training
from training.datasets import DataError


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one set: forty drawn cells of twenty patients."""
    folder = tmp_path_factory.mktemp("sets")
    (folder / "malaria").mkdir()
    with (folder / "malaria" / "labels.csv").open("w", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["file", "label", "patient_id", "source"])
        for seed in range(40):
            name, label = f"{seed}.png", ("parasitized", "uninfected")[seed % 2]
            (folder / "malaria" / name).write_bytes(samples.draw("malaria", label, seed))
            table.writerow([name, label, f"P{seed // 2}", f"room {seed % 3}"])
    return folder


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few pictures of each kind of other pictures."""
    for name, value in {"_DRAWN": 4, "_FOUND": 4, "_TRIED": 5}.items():
        monkeypatch.setattr(gate_looks, name, value)
    for name, value in {"_EPOCHS": 30, "_BATCH": 64}.items():
        monkeypatch.setattr(gate_fit, name, value)


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """A folder with an unpacked package: a photograph, a see-through stamp, and a file that only says it is a picture."""
    plants = tmp_path / "some-package" / "usr" / "share" / "tuxpaint" / "stamps" / "plants"
    plants.mkdir(parents=True)
    cv2.imwrite(str(plants / "tree.png"), drawn.draw("landscape", 1))
    stamp = np.zeros((90, 80, 4), np.uint8)
    cv2.circle(stamp, (40, 45), 30, (40, 200, 40, 255), -1)
    cv2.imwrite(str(plants / "leaf.png"), stamp)
    (plants / "broken.png").write_bytes(b"no picture")
    return tmp_path


def source(kind: str) -> gate_pictures.Source:
    return next(entry for entry in gate_pictures.SOURCES if entry.kind == kind)


def run(command: str, *more: object) -> None:
    parser = argparse.ArgumentParser()
    training.add_command(parser.add_subparsers())
    given = parser.parse_args(["gate", command, *(str(word) for word in more)])
    given.run(given)


@pytest.mark.usefixtures("few")
def test_a_fit_knows_its_kind_and_is_the_same_twice(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("one.npz", "two.npz"):
        run("fit", "--data", data, "--out", tmp_path / name)
    assert "no skin_cancer" in capsys.readouterr().out
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    fitted = gate.load(tmp_path / "one.npz")
    cells = [cv2.imdecode(np.frombuffer(samples.draw("malaria", "parasitized", seed), np.uint8), 1)[:, :, ::-1] for seed in range(50, 60)]
    cells = [np.ascontiguousarray(cell) for cell in cells]
    others = [drawn.draw(kind, 99) for kind in ("landscape", "text_page", "hand_film", "face", "white_noise")]
    assert np.mean([fitted.fault(cell, BLOOD_SMEAR) is None for cell in cells]) >= 0.9
    assert np.mean([fitted.fault(other, BLOOD_SMEAR) is not None for other in others]) >= 0.8
    assert all(fitted.fault(cell, CHEST_XRAY) == "wrong_modality" for cell in cells)


@pytest.mark.usefixtures("few")
def test_the_evaluation_prints_every_table(
    data: Path, packages: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate_looks, "_DRAWN", 2)
    monkeypatch.setattr(gate_fit, "_EPOCHS", 2)  # five fits, and no table says how good they are to be
    run("evaluate", "--data", data, "--packages", packages)
    told = capsys.readouterr().out
    assert "stamps_plants: 2 pictures of Debian tuxpaint-stamps-default\n" in told
    assert "stamps_food: 0 pictures of Debian tuxpaint-stamps-default: not there, done without" in told
    assert "| malaria | 40 |" in told
    assert "| malaria, room 1 |" in told
    assert "| found, not medical | 2 | " in told  # the stamps and the portal's own pages
    for way in ("jumbled", "without colour", "too_blurred: Gaussian of 4 % of the side"):
        assert f"| {way} |" in told


def test_no_patient_and_no_kind_is_learned_from_where_it_is_measured(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate_looks, "_DRAWN", 2)
    held: dict[str, set[int]] = {}
    for job in gate_looks.in_kind_jobs(data, 7) + gate_looks.other_jobs(None, 7):
        group = f"P{int(job.path.stem) // 2}" if job.path else job.name
        held.setdefault(group, set()).add(job.part)
    assert len(held) == 20 + len(drawn.PAINTERS) + 2  # the portal's own pages and drawn cells
    assert all(len(parts) == 1 for parts in held.values())
    assert {part for parts in held.values() for part in parts} == set(range(gate_looks.PARTS))


def test_pictures_of_a_package_are_read_and_broken_ones_left_out(packages: Path) -> None:
    found = gate_pictures.pictures(packages, source("stamps_plants"), 10, np.random.default_rng(1))
    assert sorted(picture.shape for picture in found) == sorted([(90, 80, 3), drawn.draw("landscape", 1).shape])
    assert gate_pictures.pictures(packages, source("head_ct"), 10, np.random.default_rng(1)) == []


def test_a_table_without_files_is_told(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("label\nx\n")
    with pytest.raises(DataError, match="lacks the columns file"):
        gate_looks.rows_of(tmp_path)


def test_check_counts_what_passes(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("check", "--disease", "malaria", "--data", data / "malaria")
    assert capsys.readouterr().out == "40 of 40 pictures pass the gate; refused: none\n"


@pytest.mark.parametrize("kind", sorted(drawn.PAINTERS))
def test_a_painter_draws_one_picture_a_seed_and_another_for_another(kind: str) -> None:
    first, again, other = (drawn.draw(kind, seed) for seed in (1, 1, 2))
    assert first.dtype == np.uint8
    assert first.shape[2] == 3
    assert (first == again).all()
    assert first.shape != other.shape or (first != other).any()


@pytest.mark.parametrize("kind", [*gate.KINDS, None])
def test_variants_and_misuses_are_pictures_again(kind: str | None) -> None:
    picture = drawn.draw("ball", 3)
    for seed in range(30):
        random = np.random.default_rng(seed)
        looks = [gate_variants.vary(picture, kind, random)]
        if kind:
            way, look = gate_variants.misuse(picture, kind, random)
            assert way in gate_variants.MISUSES
            looks.append(look)
        for look in looks:
            assert look.dtype == np.uint8
            assert look.shape[2] == 3
            assert min(look.shape[:2]) >= 16


def test_degrading_does_what_it_says() -> None:
    picture = drawn.draw("face", 3)
    assert gate_variants.degrade(picture, "too_dark", 0.25).mean() == pytest.approx(picture.mean() / 4, abs=1)
    assert gate_variants.degrade(picture, "too_bright", 3.0).mean() > picture.mean()
    softened = gate_variants.degrade(picture, "too_blurred", 2.0)
    assert np.abs(np.diff(softened.astype(float), axis=0)).mean() < np.abs(np.diff(picture.astype(float), axis=0)).mean()
