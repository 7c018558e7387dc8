"""Is this picture good enough to read, and can it be the kind of picture the model was made for?

Simple figures on a copy of at most 256 px, with thresholds set on real pictures: `python -m training gate` prints how many pass.
"""

import cv2
import numpy as np

from inference.diseases import BLOOD_SMEAR, CHEST_XRAY, DERMOSCOPY, FUNDUS, Disease
from inference.rejection import ImageRejected

_SIDE = 256
_BACKGROUND = 12  # 8-bit: cut-outs and fundus pictures lie on black, which says nothing about the subject
_LEAST_SUBJECT = 0.02
_LEAST_CONTRAST = 2.0
_DARK, _BRIGHT = 35.0, 250.0
_LEAST_SHARPNESS = 0.02  # the softest of 3,800 real pictures of all diseases has 0.054
_LEAST_COLOUR = 1.0  # the palest stained cells have 1.06, grey films at most 0.04; the tint of a scanned film is not judged
_MOST_FILM_COLOUR = 20.0


def check(pixels: np.ndarray, disease: Disease) -> None:
    """Judge uint8 (h, w, 3) RGB. Raises ImageRejected with blank, too_dark, too_bright, too_blurred or wrong_modality."""
    height, width = pixels.shape[:2]
    scale = min(1.0, _SIDE / max(height, width))
    small = cv2.resize(pixels, (max(1, round(width * scale)), max(1, round(height * scale))), interpolation=cv2.INTER_AREA)
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
    subject = grey > _BACKGROUND
    if small.reshape(-1, 3).std(axis=0).max() < _LEAST_CONTRAST:
        raise ImageRejected("blank")
    if subject.mean() < _LEAST_SUBJECT or np.percentile(grey[subject], 90) < _DARK:
        raise ImageRejected("too_dark")
    if np.percentile(grey[subject], 10) > _BRIGHT:
        raise ImageRejected("too_bright")
    _check_colour(small, subject, disease)
    if sharpness(grey) < _LEAST_SHARPNESS:
        raise ImageRejected("too_blurred")


def colourfulness(pixels: np.ndarray, subject: np.ndarray) -> float:
    """Mean chroma of the subject in CIELAB units (0 is grey): uint8 (h, w, 3) RGB and a bool (h, w) mask."""
    lab = cv2.cvtColor(pixels.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB)
    return float(np.hypot(lab[:, :, 1], lab[:, :, 2])[subject].mean())


def sharpness(grey: np.ndarray) -> float:
    """The steepest edges of uint8 (h, w), as a share of its tonal range: 99.5th percentile of the gradient over the 1-99 % range."""
    smooth = grey.astype(np.float32)
    steps = np.hypot(cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=0.125), cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=0.125))
    low, high = np.percentile(smooth, [1, 99])
    return float(np.percentile(steps, 99.5) / max(1.0, high - low))


def _check_colour(pixels: np.ndarray, subject: np.ndarray, disease: Disease) -> None:
    colour = colourfulness(pixels, subject)
    if disease.modality in (BLOOD_SMEAR, DERMOSCOPY, FUNDUS) and colour < _LEAST_COLOUR:
        raise ImageRejected(
            "wrong_modality",
            f"This picture has no colour, but a {disease.picture} has. Please send it in colour.",
        )
    if disease.modality == CHEST_XRAY and colour > _MOST_FILM_COLOUR:
        raise ImageRejected(
            "wrong_modality", f"This is a colour picture, but a {disease.picture} is black and white. Please check the file."
        )
