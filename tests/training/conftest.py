"""A labelled folder of drawn cells, as training reads it, and a model that learned from it."""

import csv
import functools
from pathlib import Path

import cv2
import numpy as np
import pytest

import samples

from .commands import fit


@functools.cache
def drawn(label: str, seed: int) -> bytes:
    return samples.draw("malaria", label, seed)


@pytest.fixture(scope="session")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 drawn patients of six cells each, as a labelled folder."""
    folder = tmp_path_factory.mktemp("cells")
    with (folder / "labels.csv").open("w", newline="") as lines:
        table = csv.writer(lines)
        table.writerow(["file", "label", "patient_id"])
        for i in range(240):
            label, seed, turns = ("parasitized", "uninfected")[i % 2], i % 60, i // 60  # drawing is slow, turning is not
            cell = cv2.imdecode(np.frombuffer(drawn(label, seed), np.uint8), cv2.IMREAD_COLOR)
            file = f"{label}/{i}.png"
            (folder / label).mkdir(exist_ok=True)
            (folder / file).write_bytes(cv2.imencode(".png", np.rot90(cell, turns))[1].tobytes())
            table.writerow([file, label, f"P{i // 6}"])
    return folder


@pytest.fixture(scope="session")
def whole(cells: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An artefact of an unbroken fit, not evaluated yet, and the fit's work folder. Not to be written to: copy it."""
    folder = tmp_path_factory.mktemp("whole")
    out, work = folder / "malaria" / "0.1.0", folder / "work"
    fit(cells, out, work)
    return out, work
