"""Drawn pictures to try and test the portal with: synthetic, from this code alone, of nobody.

`images/` holds those that are shipped; `python -m samples draw` draws them again, `python -m samples check` asks the models.
"""

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
        f"grade_{i}": painter for i, painter in enumerate((eyes.grade_0, eyes.grade_1, eyes.grade_2, eyes.grade_3, eyes.grade_4))
    },
}


def draw(disease: str, label: str, seed: int = 1) -> bytes:
    """A PNG of a synthetic picture of this class; the same seed draws the same picture. Raises KeyError for what can not be drawn."""
    pixels = PAINTERS[disease][label](np.random.default_rng(seed))
    is_grey = (pixels == pixels[:, :, :1]).all()
    written, png = cv2.imencode(".png", pixels[:, :, 0] if is_grey else cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    if not written:
        raise RuntimeError("OpenCV could not write the sample as PNG")
    return png.tobytes()


def paths(disease: str) -> list[Path]:
    """The shipped sample images of a disease, by name; empty if it has none yet."""
    return sorted((IMAGES / disease).glob("*_synthetic.png"))


def label(path: Path) -> str:
    """The class that a shipped sample shows, by its name."""
    return path.name.removesuffix("_synthetic.png")
