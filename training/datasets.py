"""Folders of labelled pictures in; a split by patient and arrays out."""

import csv
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from tqdm import tqdm

from inference import imaging, preprocess
from inference.diseases import DISEASES, Disease
from inference.registry import Manifest
from training.errors import TrainingError

PARTS = {"train": 0.65, "validation": 0.15, "test": 0.20}


class DataError(TrainingError):
    """The data folder is not what the training needs; the message says what is wrong."""


@dataclass(frozen=True)
class Example:
    """One labelled picture; `label` is a class of the disease, and pictures of one patient share `patient`.

    `source`, `age` (in decades) and `sex` are empty where they are not known.
    """

    path: Path
    label: str
    patient: str
    source: str = ""
    age: str = ""
    sex: str = ""


def table(folder: Path, *columns: str) -> list[dict[str, str]]:
    """The rows of folder/labels.csv, which has at least these columns. Raises DataError."""
    path = folder / "labels.csv"
    if not path.is_file():
        raise DataError(f"{path} does not exist")
    with path.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    missing = set(columns) - set(rows[0] if rows else ())
    if missing:
        raise DataError(f"{path} lacks the columns {', '.join(sorted(missing))}, or has no rows")
    return rows


def patients(folder: Path) -> set[str]:
    """Every patient named in folder/labels.csv. Raises DataError."""
    return {row["patient_id"] for row in table(folder, "patient_id")} - {""}


def read_labels(folder: Path, disease: Disease) -> list[Example]:
    """The rows of folder/labels.csv (columns file, label, patient_id at least), sorted by file. Raises DataError.

    Where a class of the disease is a grade, the label is that of the column grade.
    """
    rows = table(folder, "file", "label", "patient_id")
    if "grade" in rows[0] and "grade_0" in disease.classes:
        for row in rows:
            row["label"] = f"grade_{row['grade']}"
    strange = {row["label"] for row in rows} - set(disease.classes)
    if strange:
        raise DataError(f"{folder / 'labels.csv'} has labels that {disease.code} does not know: {', '.join(sorted(strange))}")
    return _examples(folder, rows)


def read_pooled(folder: Path, disease: Disease) -> list[Example]:
    """The rows of another disease's set as this one's: its healthy pictures, and all its others as the one positive class.

    Raises DataError, also when this disease has more than two classes.
    """
    if len(disease.classes) != 2:
        raise DataError(f"{disease.code} has {len(disease.classes)} classes, and other sets can only be pooled as healthy or not")
    healthy = {other.healthy for other in DISEASES.values() if other.modality == disease.modality}
    rows = table(folder, "file", "label", "patient_id")
    for row in rows:
        row["label"] = disease.healthy if row["label"] in healthy else disease.positive[0]
    return _examples(folder, rows)


def _examples(folder: Path, rows: list[dict[str, str]]) -> list[Example]:
    """Labelled rows as examples, sorted by file."""
    examples = [
        Example(
            path=folder / row["file"],
            label=row["label"],
            patient=row["patient_id"] or row["file"],
            source=row.get("source") or "",
            age=_decade(row.get("age") or ""),
            sex=row.get("sex") or "",
        )
        for row in rows
    ]
    return sorted(examples, key=lambda example: str(example.path))


def _decade(age: str) -> str:
    """The age in years as "20 to 39", "40 to 59" ...; empty where it is not known."""
    try:
        low = int(float(age)) // 20 * 20
    except ValueError:
        return ""
    return f"{low} to {low + 19}"


def split(examples: list[Example], seed: int, parts: dict[str, float] = PARTS) -> dict[str, list[Example]]:
    """Deal whole patients into the parts so that each gets its share of patients and of every class.

    Greedy, largest patient first in a seeded order (the idea of scikit-learn's StratifiedGroupKFold): each patient goes where the
    squared distance from the wanted shares grows least. The same seed and examples give the same parts, in the order of `examples`.
    """
    held: dict[str, Counter[str]] = {}
    for example in examples:
        held.setdefault(example.patient, Counter())[example.label] += 1
    totals: Counter[str] = sum(held.values(), Counter())
    totals[""] = len(held)  # patients are dealt like one more class, so that a part is not made of few large ones
    patients = sorted(held)
    np.random.default_rng(seed).shuffle(patients)
    patients.sort(key=lambda patient: -held[patient].total())
    dealt = {part: Counter[str]() for part in parts}
    where: dict[str, str] = {}
    for patient in patients:
        more = held[patient] + Counter({"": 1})

        def cost(part: str, more: Counter[str] = more) -> float:
            before = {kind: dealt[part][kind] / (totals[kind] * parts[part]) for kind in more}
            return sum(n / totals[kind] * (2 * before[kind] + n / (totals[kind] * parts[part])) for kind, n in more.items())

        where[patient] = min(parts, key=cost)
        dealt[where[patient]].update(more)
    return {part: [example for example in examples if where[example.patient] == part] for part in parts}


def counts(examples: list[Example]) -> dict[str, int]:
    """Images per class, in all, and patients: what manifest and metrics state."""
    labels = Counter(example.label for example in examples)
    return dict(sorted(labels.items())) | {"images": len(examples), "patients": len({example.patient for example in examples})}


def load_squares(examples: list[Example], size: int, way: str = "plain") -> np.ndarray:
    """Decode all pictures as serving does: uint8 (n, size, size, 3). Raises DataError naming the file that can not be read."""
    squares = np.empty((len(examples), size, size, 3), np.uint8)
    for i, example in enumerate(tqdm(examples, desc="reading", unit="image", leave=False, disable=None)):
        try:
            squares[i] = preprocess.WAYS[way](imaging.decode(example.path.read_bytes()).pixels, size)[0]
        except (OSError, imaging.ImageRejected) as error:
            raise DataError(f"{example.path}: {error}") from error
    return squares


def label_numbers(examples: list[Example], classes: tuple[str, ...]) -> np.ndarray:
    """Labels as class numbers in the model's order: int64 (n,)."""
    return np.array([classes.index(example.label) for example in examples], np.int64)


def weights(examples: list[Example], *, balance: bool) -> np.ndarray:
    """How much each picture counts in the loss, float32 (n,) with mean 1.

    Classes weigh the same; with `balance`, each class of each source weighs by the square root of its share, so that neither a large
    source nor the class that one source has most of decides alone.
    """
    keys = [(example.source if balance else "", example.label) for example in examples]
    sizes = Counter(keys)
    power = 0.5 if balance else 1.0
    values = np.array([(1 / sizes[key]) ** power for key in keys])
    return (values / values.mean()).astype(np.float32)


def parts_of(manifest: Manifest, examples: list[Example]) -> dict[str, list[Example]]:
    """The split that a model was made with. Raises DataError when the data is not that which was split."""
    shares = manifest.recipe.get("parts") or tuple(PARTS.values())
    parts = split(examples, manifest.seed, dict(zip(PARTS, shares, strict=True)))
    if {name: counts(rows) for name, rows in parts.items()} != manifest.training:
        raise DataError("this is not the data that the model's split was made of; use --part all for another set")
    return parts


def held_out(manifest: Manifest, examples: list[Example]) -> list[Example]:
    """The test patients of the split that a model was made with. Raises DataError as parts_of."""
    return parts_of(manifest, examples)["test"]
