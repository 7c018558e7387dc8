"""What a model sees of a picture, by the kind of picture. Training and serving share it, so there is no skew between them.

Every way ends in a square of the model's size and a box that says where the whole picture lies in it; where something was cut away, the
picture reaches beyond the square, and the box beyond 0 to 1.
"""

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import cv2
import numpy as np
from threadpoolctl import ThreadpoolController

_DARKEST_BORDER, _BRIGHTEST_BORDER, _FLAT = 18, 240, 12
_MOST_CUT = 0.3  # of a side: what would cut deeper is not a border
_ENOUGH_OF_A_LINE = 448  # px: of a longer line every second pixel, or third ... says as well whether it is flat
_FEW_LINES = 16
_FILM_MARGIN = 0.04  # corners and rims hold burnt-in letters, which tell the hospital and not the disease
_APERTURE = 14  # 8-bit: darker lies outside the round opening of a fundus camera


@dataclass(frozen=True)
class Box:
    """Where the picture lies in the square, as fractions of the square's side."""

    left: float
    top: float
    width: float
    height: float


def plain(pixels: np.ndarray, size: int) -> tuple[np.ndarray, Box]:
    """Pad uint8 (h, w, 3) with black to a centred square and resize it to (size, size, 3).

    Shrinking averages areas, enlarging is bilinear, so that nothing aliases and the result is the same everywhere.
    """
    height, width = pixels.shape[:2]
    side = max(height, width)
    new_height, new_width = max(1, round(height * size / side)), max(1, round(width * size / side))
    resized = _resize(pixels, new_width, new_height)
    top, left = (size - new_height) // 2, (size - new_width) // 2
    canvas = np.zeros((size, size, 3), np.uint8)
    canvas[top : top + new_height, left : left + new_width] = resized
    return canvas, Box(left / size, top / size, new_width / size, new_height / size)


def lesion(pixels: np.ndarray, size: int) -> tuple[np.ndarray, Box]:
    """A skin spot: the whole picture, stretched to the square, so that no black bars take the place of skin."""
    height, width = pixels.shape[:2]
    return _cut(pixels, (0, 0, width, height), size)


def film(pixels: np.ndarray, size: int) -> tuple[np.ndarray, Box]:
    """A chest film: grey, without flat borders and the outermost rim, exposure equalised, stretched to the square.

    Sources differ in borders, letters, aspect and exposure, and a model learns the source from them instead of the lungs (DeGrave 2021).
    The 2nd and 98th percentile of the middle become black and white.
    """
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    left, top, right, bottom = _without_borders(grey)
    dx, dy = round((right - left) * _FILM_MARGIN), round((bottom - top) * _FILM_MARGIN)
    square, box = _cut(grey, (left + dx, top + dy, right - dx, bottom - dy), size)
    middle = square[size // 8 : size - size // 8, size // 8 : size - size // 8]
    low, high = _percentiles_by_count(middle, (2, 98))
    stretched = np.clip((square.astype(np.float32) - np.float32(low)) * np.float32(255 / max(8.0, high - low)), 0, 255)
    return np.repeat(np.round(stretched).astype(np.uint8)[:, :, None], 3, axis=2), box


def soft_film(pixels: np.ndarray, size: int) -> tuple[np.ndarray, Box]:
    """As film, at the sharpness of a 128-pixel film: for a model whose training films had no more (Shenzhen as it was to be had)."""
    square, box = film(pixels, size)
    if min(pixels.shape[:2]) > _SOFT_SIDE:
        square = cv2.resize(
            cv2.resize(square, (_SOFT_SIDE, _SOFT_SIDE), interpolation=cv2.INTER_AREA), (size, size), interpolation=cv2.INTER_LINEAR
        )
    return square, box


_SOFT_SIDE = 128


def fundus(pixels: np.ndarray, size: int) -> tuple[np.ndarray, Box]:
    """A fundus photograph: cut to the round opening, padded to its square, and illumination evened out.

    The mean of the neighbourhood is taken away (half of it), which makes small lesions stand out alike in dark and bright pictures
    (Graham 2015, winner of the Kaggle retinopathy competition).
    """
    inside = cv2.threshold(_brightest(pixels), _APERTURE, 1, cv2.THRESH_BINARY)[1]
    height, width = inside.shape
    columns = np.flatnonzero(cv2.reduce(inside, 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[0] > 0.02 * height)
    rows = np.flatnonzero(cv2.reduce(inside, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S)[:, 0] > 0.02 * width)
    rect = (0, 0, width, height)
    if len(columns) > width * 0.3 and len(rows) > height * 0.3:
        rect = (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    left, top, right, bottom = rect
    square, inner = plain(pixels[top:bottom, left:right], size)
    scale_x, scale_y = inner.width / (right - left), inner.height / (bottom - top)
    box = Box(inner.left - left * scale_x, inner.top - top * scale_y, width * scale_x, height * scale_y)
    mask = cv2.threshold(_brightest(square), _APERTURE, 1, cv2.THRESH_BINARY)[1]
    channels = cv2.split(square)
    with _on_one_thread():
        out, into = _wide_blur(size, size / 12)
        weight, *nears = out @ (into @ np.stack([mask, *channels]).astype(np.float32) @ into.T) @ out.T
    weight = np.maximum(weight, np.float32(0.1))
    evened = []
    for channel, near in zip(channels, (near / weight for near in nears), strict=True):
        # 2.2 (x - near) + 0.35 near + 83; rounding to 8 bits clips
        evened.append(cv2.multiply(cv2.addWeighted(channel, 2.2, near, -1.85, 83, dtype=cv2.CV_8U), mask))
    return cv2.merge(evened), box


def _brightest(pixels: np.ndarray) -> np.ndarray:
    """The largest channel of uint8 (h, w, 3): uint8 (h, w)."""
    red, green, blue = cv2.split(pixels)
    return np.asarray(cv2.max(cv2.max(red, green), blue))


@contextmanager
def _on_one_thread() -> Iterator[None]:
    """OpenBLAS's threads go on spinning for 20 ms after a product, on the processor that the model wants next; and two of them sum in
    another order than one. The limit is the whole process's: of two who set it at once, one would give it back while the other computes."""
    with _ONE_LIMIT, _blas().limit(limits=1, user_api="blas"):
        yield


_ONE_LIMIT = threading.Lock()


@functools.cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController()


@functools.cache
def _wide_blur(size: int, sigma: float) -> tuple[np.ndarray, np.ndarray]:
    """float32 A (size, r) and B (r, size), so that A B x B' A' is x under a Gaussian, mirrored at the edges as OpenCV does.

    A wide Gaussian lets few waves through: of the whole matrix's singular values (Eckart & Young 1936) those below a hundred-thousandth of
    the largest change no grey level by a thousandth, and without them the products have a quarter of the multiplications.
    """
    kernel = cv2.getGaussianKernel(round(sigma * 8 + 1) | 1, sigma, cv2.CV_64F).ravel()
    places = np.arange(size)[:, None] + np.arange(len(kernel))[None, :] - len(kernel) // 2
    around = np.abs(places) % (2 * size - 2)
    matrix = np.zeros((size, size))
    np.add.at(matrix, (np.arange(size)[:, None], np.minimum(around, 2 * size - 2 - around)), kernel)
    left, values, right = np.linalg.svd(matrix)
    kept = values > 1e-5 * values[0]
    return (left * values)[:, kept].astype(np.float32), right[kept].astype(np.float32)


WAYS: dict[str, Callable[[np.ndarray, int], tuple[np.ndarray, Box]]] = {
    "plain": plain,
    "film": film,
    "soft_film": soft_film,
    "fundus": fundus,
    "lesion": lesion,
}


def _resize(pixels: np.ndarray, width: int, height: int) -> np.ndarray:
    shrinks = pixels.shape[0] > height or pixels.shape[1] > width
    return cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


def _cut(pixels: np.ndarray, rect: tuple[int, int, int, int], size: int) -> tuple[np.ndarray, Box]:
    """Stretch a rectangle (left, top, right, bottom) of the picture to the square."""
    left, top, right, bottom = rect
    height, width = pixels.shape[:2]
    part = np.ascontiguousarray(pixels[top:bottom, left:right])
    across, down = right - left, bottom - top
    return _resize(part, size, size), Box(-left / across, -top / down, width / across, height / down)


def _percentiles(rows: np.ndarray, wanted: tuple[float, ...]) -> np.ndarray:
    """Percentiles of each row of uint8 (n, m), as np.percentile has them: short numbers sort ten times as fast as it selects."""
    ordered = np.sort(rows.astype(np.int16), axis=1)
    places = np.array(wanted) / 100 * (ordered.shape[1] - 1)
    below = np.floor(places).astype(np.int64)
    above = np.minimum(below + 1, ordered.shape[1] - 1)
    low, high = ordered[:, below].astype(np.float64), ordered[:, above].astype(np.float64)
    return (low + (high - low) * (places - below)).T


def _percentiles_by_count(values: np.ndarray, wanted: tuple[float, ...]) -> np.ndarray:
    """The same of all of uint8 (h, w): of many numbers, counting each value is quicker still."""
    upto = cv2.calcHist([values], [0], None, [256], [0, 256]).ravel().cumsum(dtype=np.float64)
    places = np.array(wanted) / 100 * (values.size - 1)
    below = np.floor(places)
    low, high = np.searchsorted(upto, below, side="right"), np.searchsorted(upto, np.minimum(below + 1, values.size - 1), side="right")
    return np.asarray(low + (high - low) * (places - below))


def _without_borders(grey: np.ndarray) -> tuple[int, int, int, int]:
    """(left, top, right, bottom) of uint8 (h, w) without flat dark or bright bars at its edges."""

    def flat(lines: np.ndarray) -> np.ndarray:
        low, middle, high = _percentiles(lines[:, :: max(1, lines.shape[1] // _ENOUGH_OF_A_LINE)], (10, 50, 90))
        return ((middle < _DARKEST_BORDER) | (middle > _BRIGHTEST_BORDER)) & (high - low < _FLAT)

    def first(lines: np.ndarray) -> int | None:
        """The first line that is not flat, a few at a time: most pictures have no border, or a thin one."""
        for start in range(0, len(lines), _FEW_LINES):
            content = np.flatnonzero(~flat(lines[start : start + _FEW_LINES]))
            if len(content):
                return start + int(content[0])
        return None

    def bounds(lines: np.ndarray) -> tuple[int, int]:
        most, begin = int(len(lines) * _MOST_CUT), first(lines)
        if begin is None:
            return 0, len(lines)
        return min(begin, most), max(len(lines) - (first(lines[::-1]) or 0), len(lines) - most)

    top, bottom = bounds(grey)
    left, right = bounds(grey[top:bottom].T)
    return left, top, right, bottom
