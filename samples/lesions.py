"""Synthetic dermoscopic pictures: a naevus with an even network, and a melanoma by the signs of the seven-point checklist.

The naevus is symmetric in one or two browns; the melanoma is asymmetric with a notched border, an atypical network, irregular streaks, dots
and blotches, regression and a blue-white veil (Argenziano 1998, doi:10.1001/archderm.134.12.1563). Melanin and blood take light away from
each colour channel in proportion to their amount (Beer and Lambert), so the skin is a picture of light and every pigment a map of density.
"""

import cv2
import numpy as np

from samples import paint

_OVER = 2
_SIZE = (450, 600)  # height, width
_BROWN = np.array([0.58, 1.00, 1.22])  # density of melanin for red, green, blue
_BLUE = np.array([1.05, 0.80, 0.42])  # melanin deep in the skin scatters blue back (Tyndall)
_BLOOD = np.array([0.10, 0.85, 0.62])


def benign(random: np.random.Generator) -> np.ndarray:
    """uint8 (450, 600, 3) RGB: a symmetric naevus with an even brown network on pink skin."""
    shape = (_SIZE[0] * _OVER, _SIZE[1] * _OVER)
    skin = _skin(random, shape, np.array([226, 142, 148.0]), np.array([12.0, 12, 12]))
    inside = _distance(random, shape, (random.uniform(0.13, 0.19), random.uniform(0.10, 0.13)), rough=0.05)
    body = _fade(inside, 0.030)
    network = _network(random, shape, 0.017)
    middle = np.exp(-((np.clip(1 - inside, 0, None) / 0.75) ** 2))
    even = 1 + 0.14 * paint.cloud(random, shape, 0.05, 3)
    melanin = body * (0.26 + 0.30 * middle + 0.30 * network * (0.6 + 0.4 * middle)) * even
    return _finish(random, _take(skin, (melanin, _BROWN), (0.08 * body, _BLOOD)))


def malignant(random: np.random.Generator) -> np.ndarray:
    """uint8 (450, 600, 3) RGB: an asymmetric melanoma of several colours on pale skin."""
    shape = (_SIZE[0] * _OVER, _SIZE[1] * _OVER)
    skin = _skin(random, shape, np.array([214, 168, 166.0]), np.array([8.0, 10, 10]))
    inside = _distance(random, shape, (random.uniform(0.27, 0.33), random.uniform(0.20, 0.24)), rough=0.13)
    body = _fade(inside, 0.018)
    blotches = _blobs(random, shape, 0.13, 0.2)
    network = _network(random, shape, 0.022) * _blobs(random, shape, 0.12, 0.1)
    uneven = np.clip(1 + 0.45 * paint.cloud(random, shape, 0.07, 4), 0.3, 2.2)
    melanin = body * (0.34 * uneven + 0.85 * blotches + 0.35 * network) + 0.8 * _globules(random, shape, inside)
    melanin = melanin + 0.55 * _streaks(random, shape, inside)
    veil = body * _blobs(random, shape, 0.2, 0.3) * _fade(inside - 0.3, 0.06)
    regression = body * _blobs(random, shape, 0.13, 1.0)
    blood = body * (0.06 + 0.3 * _blobs(random, shape, 0.12, 0.9))
    melanin = melanin * (1 - 0.5 * veil) * (1 - 0.7 * regression)
    picture = _take(skin, (melanin, _BROWN), (0.95 * veil, _BLUE), (blood, _BLOOD))
    milk = (0.16 * veil + 0.18 * regression)[:, :, None]
    return _finish(random, picture * (1 - milk) + np.array([200, 196, 206.0]) * milk)


def _skin(random: np.random.Generator, shape: tuple[int, int], colour: np.ndarray, spread: np.ndarray) -> np.ndarray:
    """Skin under the lens, float (h, w, 3): uneven light, blotchy redness, fine furrows, a darker rim."""
    x, y = paint.places(shape)
    middle = shape[0] / shape[1] / 2
    light = 1.04 - 0.30 * ((x - 0.5 + random.uniform(-0.06, 0.06)) ** 2 + (y - middle) ** 2)
    base = colour + random.uniform(-1, 1, 3) * spread
    redness = 0.022 * paint.cloud(random, shape, 0.12, 4)
    furrows = 0.012 * _network(random, shape, 0.035) + 0.010 * paint.cloud(random, shape, 0.008, 2)
    return _take(base * light[:, :, None], (redness, _BLOOD), (furrows, np.ones(3)))


def _distance(random: np.random.Generator, shape: tuple[int, int], radii: tuple[float, float], rough: float) -> np.ndarray:
    """How far inside the lesion each pixel lies: 1 in its middle, 0 on its border, less outside, float32 (h, w).

    `rough` is how far the border strays, as a share of the radius.
    """
    x, y = paint.places(shape)
    turn = random.uniform(0, np.pi)
    dx, dy = x - 0.5 - random.uniform(-0.03, 0.03), y - shape[0] / shape[1] / 2 - random.uniform(-0.02, 0.02)
    along, across = (dx * np.cos(turn) + dy * np.sin(turn)) / radii[0], (dy * np.cos(turn) - dx * np.sin(turn)) / radii[1]
    stray = paint.cloud(random, shape, 0.16, 4)
    return (1 - np.hypot(along, across) + rough * stray).astype(np.float32)


def _fade(inside: np.ndarray, softness: float) -> np.ndarray:
    """Mask of a lesion whose border is `softness` wide in shares of the radius times four."""
    return (1 / (1 + np.exp(-np.clip(inside / (softness * 2), -30, 30)))).astype(np.float32)


def _blobs(random: np.random.Generator, shape: tuple[int, int], size: float, above: float) -> np.ndarray:
    """Soft-edged islands where a cloud rises above a level (in deviations)."""
    return np.clip((paint.cloud(random, shape, size, 4) - above) / 0.9, 0, 1)


def _network(random: np.random.Generator, shape: tuple[int, int], size: float) -> np.ndarray:
    """A honeycomb, 1 on its lines and 0 in its holes: the ridges between scattered seeds `size` widths apart."""
    height, width = shape
    step = size * width
    rows, columns = int(height / step) + 3, int(width / step) + 3
    seeds = np.ones(shape, np.uint8)
    jitter = random.uniform(-0.3, 0.3, (rows, columns, 2))
    for row in range(rows):
        for column in range(columns):
            y, x = step * (row - 0.5 + jitter[row, column, 0]), step * (column - 0.5 + row % 2 / 2 + jitter[row, column, 1])
            if 0 <= y < height and 0 <= x < width:
                seeds[int(y), int(x)] = 0
    away = cv2.distanceTransform(seeds, cv2.DIST_L2, 5) / step
    return paint.soften(np.clip((away - 0.28) / 0.25, 0, 1).astype(np.float32), size * 0.12)


def _globules(random: np.random.Generator, shape: tuple[int, int], inside: np.ndarray) -> np.ndarray:
    """Dots of uneven size, crowded towards one part of the border."""
    mask = np.zeros(shape, np.float32)
    band = np.argwhere((inside > -0.02) & (inside < 0.45))
    crowd = band[random.integers(len(band))]
    for _ in range(70):
        row, column = band[random.integers(len(band))]
        if random.uniform() < np.exp(-(((row - crowd[0]) ** 2 + (column - crowd[1]) ** 2) / (0.22 * shape[1]) ** 2)) + 0.15:
            radius = random.uniform(0.003, 0.008) * shape[1]
            cv2.circle(mask, (int(column), int(row)), round(radius), float(random.uniform(0.5, 1)), -1)
    return paint.soften(mask, 0.0018)


def _streaks(random: np.random.Generator, shape: tuple[int, int], inside: np.ndarray) -> np.ndarray:
    """Fingers that run outward from a part of the border."""
    mask = np.zeros(shape, np.float32)
    rim = np.argwhere(np.abs(inside) < 0.03)
    middle = np.array([shape[0] / 2, shape[1] / 2])
    crowd = rim[random.integers(len(rim))]
    near = rim[np.hypot(*(rim - crowd).T) < 0.16 * shape[1]]
    for _ in range(18):
        start = near[random.integers(len(near))].astype(np.float64)
        outward = (start - middle) / max(1.0, float(np.hypot(*(start - middle))))
        bend = outward + random.uniform(-0.3, 0.3, 2)
        line = np.array([start - 50 * outward, start, start + bend * random.uniform(8, 32)])[:, ::-1] / shape[1]
        paint.trace(mask, paint.spline(line, steps=6), 0.010, 0.002)
    return paint.soften(mask, 0.004)


def _take(light: np.ndarray, *pigments: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Light (h, w, 3) after pigments, each a density (h, w) and its absorption of red, green and blue."""
    density = sum(amount[:, :, None] * absorption for amount, absorption in pigments)
    return light * np.exp(-np.asarray(density))


def _finish(random: np.random.Generator, picture: np.ndarray) -> np.ndarray:
    """The lens's blur, down to size, and the sensor's grain."""
    small = cv2.resize(paint.soften(picture.astype(np.float32), 0.0018), (_SIZE[1], _SIZE[0]), interpolation=cv2.INTER_AREA)
    grain = random.normal(0, 1.6, (*_SIZE, 1)) + random.normal(0, 0.7, (*_SIZE, 3))
    return np.clip(np.round(small + grain), 0, 255).astype(np.uint8)
