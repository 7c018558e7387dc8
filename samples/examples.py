"""Drawn examples of a good picture and of bad ones, for the page where people take theirs: the gate refuses each bad one for its reason."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

import samples
from inference import imaging
from inference.diseases import BLOOD_SMEAR, CHEST_XRAY, DERMOSCOPY, FUNDUS

FOLDER = Path(__file__).parents[1] / "static" / "img" / "examples"
GOOD = "good"
SIDE = 240  # px: twice what a page shows

_OF: dict[str, tuple[str, str]] = {
    CHEST_XRAY: ("tuberculosis", "normal"),
    DERMOSCOPY: ("skin_cancer", "benign"),
    BLOOD_SMEAR: ("malaria", "parasitized"),
    FUNDUS: ("diabetic_retinopathy", "grade_0"),
}


def _dark(pixels: np.ndarray) -> np.ndarray:
    return (pixels * 0.1).astype(np.uint8)


def _bright(pixels: np.ndarray) -> np.ndarray:
    return (255 - (255 - pixels.astype(np.float32)) * 0.12).astype(np.uint8)


def _blurred(pixels: np.ndarray) -> np.ndarray:
    return cv2.GaussianBlur(pixels, (0, 0), max(pixels.shape) / 36)


FAULTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {"too_dark": _dark, "too_blurred": _blurred, "too_bright": _bright}


def pictures(modality: str) -> dict[str, np.ndarray]:
    """uint8 (h, w, 3) RGB: a good picture of this kind, and it again with each fault, by the gate's code."""
    good = imaging.decode(samples.draw(*_OF[modality])).pixels
    return {GOOD: good} | {code: fault(good) for code, fault in FAULTS.items()}


def path(modality: str, code: str) -> Path:
    """Where the page finds it."""
    return FOLDER / modality / f"{code}.jpg"


def draw() -> list[Path]:
    """Write all of them, small."""
    written = []
    for modality in _OF:
        for code, pixels in pictures(modality).items():
            side = min(pixels.shape[:2])
            top, left = (pixels.shape[0] - side) // 2, (pixels.shape[1] - side) // 2
            small = cv2.resize(pixels[top : top + side, left : left + side], (SIDE, SIDE), interpolation=cv2.INTER_AREA)
            place = path(modality, code)
            place.parent.mkdir(parents=True, exist_ok=True)
            cv2.imwrite(str(place), cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 80])
            written.append(place)
    return written
