"""Is this the kind of picture the model was made for, and can it be read?

What a picture is of is judged by a small network on some hundred simple figures of a 96-px copy (see `figures`): one probability for each
kind of picture, so that a picture of no kind at all is refused by every model. How well it was taken is judged by plain limits. Both come
from gate_model.npz, which `python -m training gate fit` writes; docs/models.md says how well they do. NumPy and OpenCV only, some
milliseconds a picture.
"""

import functools
from dataclasses import dataclass, fields
from pathlib import Path

import cv2
import numpy as np

from inference import rejection
from inference.diseases import BLOOD_SMEAR, CHEST_XRAY, DERMOSCOPY, FUNDUS, Disease
from inference.rejection import ImageRejected

MODEL = Path(__file__).parent / "gate_model.npz"
KINDS = (CHEST_XRAY, FUNDUS, DERMOSCOPY, BLOOD_SMEAR)
LEAST_SIDE = {CHEST_XRAY: 64, FUNDUS: 128, DERMOSCOPY: 64, BLOOD_SMEAR: 32}  # px: half of the smallest that the models learned from

_SIDE = 256  # px: the copy on which all is judged, so that the resolution of a camera does not matter
_WORK = 96  # px: the square copy on which the kind is judged
_CELLS, _ORIENTATIONS = 6, 8
_BACKGROUND = 12  # 8-bit: cut-outs and fundus pictures lie on black, which says nothing about the subject
_LEAST_SUBJECT = 0.02
_LEAST_CONTRAST = 2.0
_GREY = 3  # 8-bit
NO_EDGE_AT_ALL = 0.9  # of `blur`: beyond it no one can tell what a picture is of


@dataclass(frozen=True)
class Quality:
    """How a picture was taken: tones of its subject from 0 to 255, and its blur from 0 to 1 (Crete 2007)."""

    bright_tone: float
    dark_tone: float
    blur: float


@dataclass(frozen=True)
class Gate:
    """The fitted gate: a network of one hidden layer over principal components of the figures, and limits of each kind in KINDS' order.

    `mean`, `scale` (n,) and `axes` (n, k) make the components, `hidden` (k, h) and `output` (h, 4) with their `..._bias` the
    probabilities; a picture passes from `least` (4,) on. The other three (4,) limit Quality.
    """

    mean: np.ndarray
    scale: np.ndarray
    axes: np.ndarray
    hidden: np.ndarray
    hidden_bias: np.ndarray
    output: np.ndarray
    output_bias: np.ndarray
    least: np.ndarray
    darkest: np.ndarray
    brightest: np.ndarray
    most_blur: np.ndarray

    def probabilities(self, found: np.ndarray) -> np.ndarray:
        """For each kind in KINDS, how sure it is that figures (..., n) are of that kind: float32 (..., 4)."""
        components = ((found - self.mean) / self.scale) @ self.axes
        scores = np.maximum(components @ self.hidden + self.hidden_bias, 0) @ self.output + self.output_bias
        return 0.5 + 0.5 * np.tanh(scores / 2)  # the logistic function, without overflow

    def is_of(self, copy: np.ndarray, kind: str) -> bool:
        """Whether a small copy, uint8 (h, w, 3), is a picture of this kind."""
        number = KINDS.index(kind)
        return bool(self.probabilities(figures(copy))[number] >= self.least[number])

    def fault(self, pixels: np.ndarray, kind: str) -> str | None:
        """The code of what is wrong with uint8 (h, w, 3) as a picture of this kind, or None. Raises nothing."""
        copy, number = small_copy(pixels), KINDS.index(kind)
        if cv2.meanStdDev(copy)[1].max() < _LEAST_CONTRAST:
            return "blank"
        taken = quality(copy)
        if taken.bright_tone < self.darkest[number]:
            return "too_dark"
        if taken.dark_tone > self.brightest[number]:
            return "too_bright"
        if taken.blur > NO_EDGE_AT_ALL:
            return "too_blurred"
        if kind != CHEST_XRAY and is_grey(copy):
            return "wrong_modality"
        if not self.is_of(copy, kind):
            return "wrong_modality"
        if min(pixels.shape[:2]) < LEAST_SIDE[kind]:
            return "too_small"
        return "too_blurred" if taken.blur > self.most_blur[number] else None

    def likelier_kind(self, pixels: np.ndarray) -> str | None:
        """The kind that uint8 (h, w, 3) is of, if it is of any."""
        found = self.probabilities(figures(small_copy(pixels)))
        best = int((found - self.least).argmax())
        return KINDS[best] if found[best] >= self.least[best] else None

    def save(self, path: Path) -> None:
        """Write the file that `load` reads; half precision where nothing is lost by it."""
        wide = {"least", "darkest", "brightest", "most_blur"}
        values = {field.name: getattr(self, field.name).astype(np.float32 if field.name in wide else np.float16) for field in fields(self)}
        np.savez_compressed(path, **values)


@functools.cache
def load(path: Path = MODEL) -> Gate:
    """The gate in a file, read once a process."""
    with np.load(path, allow_pickle=False) as file:
        return Gate(**{field.name: file[field.name].astype(np.float32) for field in fields(Gate)})


def check(pixels: np.ndarray, disease: Disease) -> None:
    """Judge uint8 (h, w, 3) RGB, upright. Raises ImageRejected: blank, too_small, too_dark, too_bright, too_blurred or wrong_modality."""
    gate, kind = load(), disease.modality
    code = gate.fault(pixels, kind)
    if code == "too_small":
        raise rejection.too_small(kind, LEAST_SIDE[kind])
    if code == "wrong_modality":
        raise _what_it_is_instead(gate, pixels, kind)
    if code is not None:
        raise rejection.advice(code, kind)


def _what_it_is_instead(gate: Gate, pixels: np.ndarray, kind: str) -> ImageRejected:
    copy = small_copy(pixels)
    if kind == CHEST_XRAY:  # the only kind with an upright position and with negatives
        if any(gate.is_of(np.rot90(copy, turns), CHEST_XRAY) for turns in (1, 2, 3)):
            return ImageRejected("wrong_modality", rejection.NOT_UPRIGHT)
        if gate.is_of(255 - copy, CHEST_XRAY):
            return ImageRejected("wrong_modality", rejection.NEGATIVE)
    elif is_grey(copy):
        return rejection.no_colour(kind)
    seen = gate.likelier_kind(copy)
    return rejection.wrong_kind(kind, seen if seen != kind else None)


def is_grey(copy: np.ndarray) -> bool:
    """Whether uint8 (h, w, 3) has no colour but what JPEG leaves: a colour picture of the palest cell has many times as much."""
    red, green, blue = cv2.split(copy)
    spread = cv2.subtract(cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue))
    counts = np.bincount(spread.ravel(), minlength=_GREY)
    return int(counts[:_GREY].sum()) > 0.95 * (spread.size - 1)  # the 95th percentile is below


def quality(copy: np.ndarray) -> Quality:
    """Judge how a small copy, uint8 (h, w, 3), was taken. A picture without any subject has a bright tone of 0."""
    grey = cv2.cvtColor(copy, cv2.COLOR_RGB2GRAY)
    subject = grey > _BACKGROUND
    if subject.mean() < _LEAST_SUBJECT:
        return Quality(0.0, 0.0, 0.0)
    tones = np.cumsum(np.bincount(grey[subject], minlength=256)) / subject.sum()
    dark, bright = np.searchsorted(tones, [0.1, 0.95])
    return Quality(float(bright), float(dark), blur(cv2.cvtColor(small_copy(copy, 128), cv2.COLOR_RGB2GRAY)))


def blur(grey: np.ndarray) -> float:
    """How little a picture changes when it is blurred again, 0 (sharp) to 1: uint8 (h, w).

    Crete et al. 2007 (The blur effect), inside the subject, so that the outline of a cut-out does not count as sharpness.
    """
    subject = cv2.medianBlur((grey > _BACKGROUND).astype(np.uint8), 5)
    inside = cv2.erode(subject, np.ones((9, 9), np.uint8), borderType=cv2.BORDER_REPLICATE) > 0
    if inside.mean() < _LEAST_SUBJECT:
        inside = np.ones_like(inside)
    plane, found = grey.astype(np.float32), []
    for axis, window in ((0, (1, 9)), (1, (9, 1))):
        here = inside[1:] if axis == 0 else inside[:, 1:]
        steps = np.abs(np.diff(plane, axis=axis))[here]
        softer = np.abs(np.diff(cv2.blur(plane, window), axis=axis))[here]
        found.append(1 - float(np.maximum(0, steps - softer).sum()) / max(1.0, float(steps.sum())))
    return max(found)


def small_copy(pixels: np.ndarray, side: int = _SIDE) -> np.ndarray:
    """uint8 (h, w, 3), shrunk by averaging areas so that the longer side has at most `side` pixels."""
    height, width = pixels.shape[:2]
    scale = min(1.0, side / max(height, width))
    if scale == 1.0:
        return pixels
    return cv2.resize(pixels, (max(1, round(width * scale)), max(1, round(height * scale))), interpolation=cv2.INTER_AREA)


def without_border(pixels: np.ndarray) -> np.ndarray:
    """Cut rows and columns of one flat colour off the edges of uint8 (h, w, 3): letter boxes, slides, scanner lids."""
    height, width = pixels.shape[:2]
    sample = cv2.resize(pixels, (min(width, 96), min(height, 96)), interpolation=cv2.INTER_AREA)
    red, green, blue = cv2.split(sample)
    high, low = cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue)
    edges = []
    for axis, length in ((1, height), (0, width)):
        count = sample.shape[axis]
        top = np.partition(high, count - 3, axis=axis).take(count - 3, axis=axis).astype(np.int16)
        full = np.flatnonzero(top - np.partition(low, 2, axis=axis).take(2, axis=axis) >= 12)
        scale = length / sample.shape[1 - axis]
        edges.append((int(full[0] * scale), int(np.ceil((full[-1] + 1) * scale))) if len(full) else (0, length))
    (top, bottom), (left, right) = edges
    return pixels if (bottom - top) * 4 < height or (right - left) * 4 < width else pixels[top:bottom, left:right]


def figures(copy: np.ndarray) -> np.ndarray:
    """What the network sees of a small copy, uint8 (h, w, 3) RGB: float32 (n,).

    In order: thumbnails of light and colour; histograms of light and of hue; gradient directions in cells (Dalal and Triggs 2005);
    light and colour by distance from the middle, and in the corners; energy by scale (Burt and Adelson 1983); local binary patterns
    (Ojala 2002); likeness to its mirror images; shape. Light is stretched to the picture's own range, so that exposure counts little.
    """
    cut = without_border(np.ascontiguousarray(copy))
    work = cv2.resize(cut, (_WORK, _WORK), interpolation=cv2.INTER_AREA if max(cut.shape[:2]) > _WORK else cv2.INTER_LINEAR)
    lab = cv2.cvtColor(work.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB)
    light, green, blue = cv2.split(lab)
    ordered = np.sort(light, axis=None)
    low, high = (float(ordered[ordered.size // 100]), float(ordered[-ordered.size // 100]))
    even = np.clip((light - np.float32(low)) / np.float32(max(high - low, 4.0)), 0, 1)
    chroma = np.hypot(green, blue)
    parts = [
        cv2.resize(even, (16, 16), interpolation=cv2.INTER_AREA).ravel() - 0.5,
        cv2.resize(green, (8, 8), interpolation=cv2.INTER_AREA).ravel() / 30,
        cv2.resize(blue, (8, 8), interpolation=cv2.INTER_AREA).ravel() / 30,
        *_tones(light, even, green, blue, chroma, low, high),
        _directions(even),
        *_rings(even, chroma),
        *_scales(even, chroma),
        _patterns(even),
        _mirrors(even),
        np.array([np.log(copy.shape[1] / copy.shape[0]), np.log(cut.shape[1] / cut.shape[0])]).clip(-1, 1),
    ]
    return np.concatenate([np.asarray(part, np.float32).ravel() for part in parts])


def _tones(
    light: np.ndarray, even: np.ndarray, green: np.ndarray, blue: np.ndarray, chroma: np.ndarray, low: float, high: float
) -> list[np.ndarray]:
    tones = cv2.calcHist([even], [0], None, [16], [0, 1.0001]).ravel() / even.size
    fine = np.sort(cv2.calcHist([even], [0], None, [128], [0, 1.0001]).ravel())[::-1] / even.size  # documents have few tones
    hue = np.arctan2(blue, green)
    bins = np.clip(((hue + np.pi) * (12 / (2 * np.pi))).astype(np.int32), 0, 11)
    hues = np.bincount(bins.ravel(), np.minimum(chroma, 40).ravel(), 12) / (np.minimum(chroma, 40).sum() + 2 * even.size)
    shares = [np.count_nonzero(chroma > limit) / chroma.size for limit in (2.0, 5.0, 10.0, 20.0, 40.0)]
    lit = cv2.inRange(even, 0.1, 2.0)
    colour = [cv2.mean(c, lit)[0] / 20 for c in (green, blue, chroma)] + [cv2.meanStdDev(c)[1][0, 0] / 20 for c in (green, blue, chroma)]
    return [
        np.sqrt(tones),
        np.sqrt([fine[0], fine[:3].sum(), fine[:10].sum(), fine[:30].sum()]),
        np.sqrt(hues),
        np.array(shares),
        np.array(colour),
        np.array([low / 100, high / 100, *(value[0, 0] for value in cv2.meanStdDev(even))]),
    ]


def _directions(even: np.ndarray) -> np.ndarray:
    across, down = cv2.Sobel(even, cv2.CV_32F, 1, 0), cv2.Sobel(even, cv2.CV_32F, 0, 1)
    strength, angle = cv2.cartToPolar(across, down)
    bins = ((angle * np.float32(_ORIENTATIONS / np.pi)).astype(np.int32)) % _ORIENTATIONS  # a line has no front: half turns are one
    cell = np.arange(_WORK) * _CELLS // _WORK
    where = (cell[:, None] * _CELLS + cell[None, :]) * _ORIENTATIONS + bins
    counts = np.bincount(where.ravel(), strength.ravel(), _CELLS * _CELLS * _ORIENTATIONS).reshape(_CELLS, _CELLS, _ORIENTATIONS)
    shares = counts / (_WORK / _CELLS) ** 2
    return np.concatenate([np.sqrt(shares).ravel(), np.sqrt(shares.mean(axis=(0, 1))) * 2])


def _rings(even: np.ndarray, chroma: np.ndarray) -> list[np.ndarray]:
    ring, sizes = _ring_numbers()
    light = np.bincount(ring, even.ravel(), 12) / sizes
    spread = np.sqrt(np.maximum(np.bincount(ring, even.ravel() ** 2, 12) / sizes - light**2, 0))
    colour = np.bincount(ring, np.minimum(chroma, 60).ravel(), 12) / sizes / 30
    corners = [even[rows, columns].mean() for rows in (slice(0, 8), slice(-8, None)) for columns in (slice(0, 8), slice(-8, None))]
    edge = np.concatenate([even[0], even[-1], even[:, 0], even[:, -1]])
    return [
        light - 0.5,
        spread * 2,
        colour,
        np.array(corners) - 0.5,
        np.array([np.mean(edge < 0.06), np.mean(edge > 0.94), edge.std() * 2]),
    ]


@functools.cache
def _ring_numbers() -> tuple[np.ndarray, np.ndarray]:
    place = (np.arange(_WORK) - (_WORK - 1) / 2) / (_WORK / 2)
    distance = np.hypot(place[:, None], place[None, :]) / np.sqrt(2)
    numbers = np.minimum((distance * 12).astype(np.int64), 11).ravel()
    return numbers, np.bincount(numbers, minlength=12)


def _scales(even: np.ndarray, chroma: np.ndarray) -> list[np.ndarray]:
    found = []
    for plane, unit in ((even, 1.0), (chroma, 30.0)):
        level: np.ndarray = plane / np.float32(unit)
        for _ in range(4):
            smaller = cv2.pyrDown(level)
            band = level - cv2.pyrUp(smaller, dstsize=(level.shape[1], level.shape[0]))
            size = np.abs(band)
            found += [np.log(np.sqrt(np.mean(band * band)) + 1e-3) / 2 + 2]
            found += [np.count_nonzero(size > limit) / size.size for limit in (0.01, 0.1)]
            level = smaller
    return [np.array(found)]


def _patterns(even: np.ndarray) -> np.ndarray:
    found = []
    for step, plane in ((1, even), (1, cv2.resize(even, (48, 48), interpolation=cv2.INTER_AREA))):
        centre = plane[step:-step, step:-step]
        around = [(-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1)]
        side = plane.shape[0]
        bits = np.stack([plane[step + y : side - step + y, step + x : side - step + x] > centre + 0.008 for y, x in around])
        ones, turns = bits.sum(axis=0), (bits != np.roll(bits, 1, axis=0)).sum(axis=0)
        found.append(np.sqrt(np.bincount(np.where(turns <= 2, ones, 9).ravel(), minlength=10) / centre.size))
    return np.concatenate(found)


def _mirrors(even: np.ndarray) -> np.ndarray:
    soft = cv2.resize(even, (24, 24), interpolation=cv2.INTER_AREA)
    centred = soft - soft.mean()
    power = float((centred**2).sum()) + 1e-3
    return np.array([float((centred * other).sum()) / power for other in (centred[:, ::-1], centred[::-1], centred[::-1, ::-1], centred.T)])
