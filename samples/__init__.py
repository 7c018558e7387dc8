"""Drawn pictures to try and test the portal with: synthetic, from this code alone, of nobody.

`images/` holds those that are shipped; `python -m samples draw` draws them again.
"""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from samples import cells

IMAGES = Path(__file__).parent / "images"

Painter = Callable[[np.random.Generator], np.ndarray]

PAINTERS: dict[str, dict[str, Painter]] = {
    "malaria": {"parasitized": cells.parasitized, "uninfected": cells.uninfected},
}


def draw(disease: str, label: str, seed: int = 1) -> bytes:
    """A PNG of a synthetic picture of this class; the same seed draws the same picture. Raises KeyError for what can not be drawn yet."""
    pixels = PAINTERS[disease][label](np.random.default_rng(seed))
    written, png = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    if not written:
        raise RuntimeError("OpenCV could not write the sample as PNG")
    return png.tobytes()


def paths(disease: str) -> list[Path]:
    """The shipped sample images of a disease, by name; empty if it has none yet."""
    return sorted((IMAGES / disease).glob("*_synthetic.png"))
