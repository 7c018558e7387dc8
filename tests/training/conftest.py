"""A labelled folder of drawn cells, as training reads it."""

import csv
from pathlib import Path

import pytest

import samples


@pytest.fixture(scope="session")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 drawn patients of six cells each, as a labelled folder."""
    folder = tmp_path_factory.mktemp("cells")
    with (folder / "labels.csv").open("w", newline="") as lines:
        table = csv.writer(lines)
        table.writerow(["file", "label", "patient_id"])
        for i in range(240):
            label = ("parasitized", "uninfected")[i % 2]
            file = f"{label}/{i}.png"
            (folder / label).mkdir(exist_ok=True)
            (folder / file).write_bytes(samples.draw("malaria", label, i))
            table.writerow([file, label, f"P{i // 6}"])
    return folder
