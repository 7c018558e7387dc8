"""The brushes that the painters share: smooth outlines, tapering strokes, clouds.

A place is (x, y) in units of the picture's width, x to the right and y downward; a mask is float32 (h, w) from 0 to 1.
"""

import itertools
from collections.abc import Sequence

import cv2
import numpy as np

Point = tuple[float, float]

_FRACTION = 4  # bits of a pixel's fraction that OpenCV draws with


def spline(points: Sequence[Point] | np.ndarray, closed: bool = False, steps: int = 12) -> np.ndarray:
    """Float (n, 2): a uniform Catmull-Rom curve through the points (Catmull and Rom 1974), `steps` to a piece."""
    given = np.asarray(points, np.float64)
    padded = np.vstack([given[-1:], given, given[:2]]) if closed else np.vstack([given[:1], given, given[-1:]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    a, b, c, d = (padded[at : len(padded) - 3 + at, None] for at in range(4))
    pieces = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    return np.vstack([pieces.reshape(-1, 2), given[:0] if closed else given[-1:]])


def area(shape: tuple[int, int], outline: Sequence[Point] | np.ndarray, blur: float = 0.0) -> np.ndarray:
    """Mask of the inside of a closed smooth outline; `blur` is the softness of its edge in widths (sigma)."""
    mask = np.zeros(shape, np.float32)
    cv2.fillPoly(mask, [_fixed(spline(outline, closed=True), shape)], 1.0, cv2.LINE_AA, _FRACTION)
    return soften(mask, blur)


def stroke(shape: tuple[int, int], points: Sequence[Point] | np.ndarray, start: float, end: float, blur: float = 0.0) -> np.ndarray:
    """Mask of a smooth line through the points whose thickness runs from `start` to `end` (widths)."""
    mask = np.zeros(shape, np.float32)
    trace(mask, spline(points), start, end)
    return soften(mask, blur)


def trace(mask: np.ndarray, line: np.ndarray, start: float, end: float) -> None:
    """Draw a line (n, 2) into a mask with a thickness that runs from `start` to `end` (widths); thinner than a pixel is fainter."""
    width, ends = mask.shape[1], _fixed(line, mask.shape[:2]).tolist()
    for at, (a, b) in enumerate(itertools.pairwise(ends)):
        thickness = width * (start + (end - start) * at / max(1, len(line) - 2))
        value = float(min(1.0, max(0.15, thickness)))
        cv2.line(mask, a, b, value, max(1, round(thickness)), cv2.LINE_AA, _FRACTION)


def disc(shape: tuple[int, int], centre: Point, radii: Point, turn: float = 0.0, blur: float = 0.0) -> np.ndarray:
    """Mask of an ellipse: radii in widths, turn in degrees clockwise."""
    angle = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    along, across = radii[0] * np.cos(angle), radii[1] * np.sin(angle)
    cos, sin = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    return area(shape, np.stack([centre[0] + along * cos - across * sin, centre[1] + along * sin + across * cos], axis=1), blur)


def soften(mask: np.ndarray, blur: float) -> np.ndarray:
    """The mask or picture under a Gaussian of sigma `blur` widths. Of a mask only what lies about its shape is worked on."""
    sigma = blur * mask.shape[1]
    if sigma <= 0.2:
        return mask
    if mask.ndim > 2:
        return cv2.GaussianBlur(mask, (0, 0), sigma)
    about, softened = box(mask, margin=int(4 * sigma) + 2), np.zeros_like(mask)
    if mask[about].size:
        softened[about] = cv2.GaussianBlur(mask[about], (0, 0), sigma)
    return softened


def box(mask: np.ndarray, margin: int = 0) -> tuple[slice, slice]:
    """Rows and columns (h, w) that hold all of a mask that is not 0, and `margin` pixels about them."""
    x, y, width, height = cv2.boundingRect((mask != 0).view(np.uint8))
    return slice(max(0, y - margin), y + height + margin), slice(max(0, x - margin), x + width + margin)


def cloud(random: np.random.Generator, shape: tuple[int, int], size: float, octaves: int = 3) -> np.ndarray:
    """Float32 (h, w) value noise of mean 0 and deviation about 1: features of `size` widths, each further octave half of it."""
    height, width = shape
    total, weight = np.zeros(shape, np.float32), 1.0
    for _ in range(octaves):
        cells = max(2, round(height / width / size) + 2), max(2, round(1 / size) + 2)
        total += weight * cv2.resize(random.normal(0, 1, cells).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
        weight, size = weight / 2, size / 2
    return (total - total.mean()) / max(1e-6, float(total.std()))


def places(shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """x and y of every pixel, float32 (h, w), in widths."""
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    return (x + 0.5) / shape[1], (y + 0.5) / shape[1]


def _fixed(line: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Places (n, 2) in OpenCV's fixed-point pixels."""
    return np.round((line * shape[1] - 0.5) * (1 << _FRACTION)).astype(np.int32)
