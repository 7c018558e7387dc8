"""Drawn pictures to try and test the portal with: synthetic, from this code alone, of nobody.

`images/` holds those that are shipped; `python -m samples draw` draws them again, `python -m samples check` asks the models about them.
Films and cells are PNG; skin and eye are JPEG, as cameras write them: their grain would make a PNG five times as large.
"""

import functools
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from samples import cells, eyes, films, lesions

IMAGES = Path(__file__).parent / "images"

Painter = Callable[[np.random.Generator], np.ndarray]

PAINTERS: dict[str, dict[str, Painter]] = {
    "tuberculosis": {"normal": films.normal, "tuberculosis": films.tuberculosis},
    "skin_cancer": {"benign": lesions.benign, "malignant": lesions.malignant},
    "malaria": {"parasitized": cells.parasitized, "uninfected": cells.uninfected},
    "covid19": {"normal": films.normal_wide, "covid19": films.covid19, "other_pneumonia": films.other_pneumonia},
    "pneumonia": {"normal": films.child_normal, "pneumonia": films.child_pneumonia},
    "diabetic_retinopathy": {
        "grade_0": eyes.grade_0,
        "grade_1": eyes.grade_1,
        "grade_2": eyes.grade_2,
        "grade_3": eyes.grade_3,
        "grade_4": eyes.grade_4,
    },
}

# The seed of a shipped sample where it is not 1: a drawing is of one patient, and not every drawn patient is a clear case.
SEEDS: dict[tuple[str, str], int] = {
    ("covid19", "normal"): 21,
    ("pneumonia", "pneumonia"): 2,
    ("diabetic_retinopathy", "grade_0"): 16,
    ("diabetic_retinopathy", "grade_1"): 23,
    ("diabetic_retinopathy", "grade_3"): 12,
    ("diabetic_retinopathy", "grade_4"): 13,
}

# Which of two is drawn, as DICOM (0020,0062) has it.
LATERALITY: dict[str, str] = {"diabetic_retinopathy": "R"}

_PHOTOGRAPHS = ("skin_cancer", "diabetic_retinopathy")
_ENDING = "_synthetic"


@functools.lru_cache(maxsize=128)  # about a second for a chest film, and under 100 kB to keep
def draw(disease: str, label: str, seed: int | None = None) -> bytes:
    """The file of a synthetic picture of this class; the same seed draws the same picture, and without one it is the shipped picture.

    A PNG (grey if the picture is), or a JPEG of a skin spot or an eye. Raises KeyError for what can not be drawn.
    """
    pixels = PAINTERS[disease][label](np.random.default_rng(SEEDS.get((disease, label), 1) if seed is None else seed))
    is_grey = bool((pixels == pixels[:, :, :1]).all())
    order = pixels[:, :, 0] if is_grey else cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    written, file = cv2.imencode(suffix(disease), order, [cv2.IMWRITE_JPEG_QUALITY, 93] if disease in _PHOTOGRAPHS else [])
    if not written:
        raise RuntimeError("OpenCV could not write the sample")
    return file.tobytes()


def suffix(disease: str) -> str:
    """How the names of a disease's sample files end."""
    return ".jpg" if disease in _PHOTOGRAPHS else ".png"


def path(disease: str, label: str) -> Path:
    """Where the shipped sample of a class lies."""
    return IMAGES / disease / f"{label}{_ENDING}{suffix(disease)}"


def paths(disease: str) -> list[Path]:
    """The shipped sample images of a disease, by name; empty if it has none."""
    return sorted((IMAGES / disease).glob(f"*{_ENDING}{suffix(disease)}"))


def label(sample: Path) -> str:
    """The class that a shipped sample shows."""
    return sample.stem.removesuffix(_ENDING)
