"""Synthetic fundus photographs of a right eye, by the International Clinical Diabetic Retinopathy scale (Wilkinson 2003).

Grade 0 is clean; 1 has microaneurysms only; 2 also blot haemorrhages and hard exudates; 3 haemorrhages in every quadrant, beaded veins and
cotton-wool spots; 4 new vessels at the disc and a bleeding before the retina. Light from the retina is an orange field, brighter about
the disc; blood takes green and blue away, exudates give back nearly all of it.
"""

from collections.abc import Iterable

import cv2
import numpy as np

from samples import paint
from samples.paint import Point

_OVER = 2
_SIZE = 400
_OPENING = 0.47  # radius in widths
_DISC: Point = (0.70, 0.48)
_MACULA: Point = (0.43, 0.51)
_BLOOD = np.array([0.35, 1.3, 1.1])  # density for red, green, blue
_VESSEL = np.array([0.28, 1.05, 0.9])
_EXUDATE, _WOOL, _PALE = np.array([246, 216, 120.0]), np.array([232, 196, 150.0]), np.array([250, 214, 146.0])


def grade_0(random: np.random.Generator) -> np.ndarray:
    """uint8 (400, 400, 3) RGB: a clear retina."""
    return _eye(random)


def grade_1(random: np.random.Generator) -> np.ndarray:
    """uint8 (400, 400, 3) RGB: a few microaneurysms."""
    return _eye(random, aneurysms=7)


def grade_2(random: np.random.Generator) -> np.ndarray:
    """uint8 (400, 400, 3) RGB: microaneurysms, some blot haemorrhages, hard exudates near the macula."""
    return _eye(random, aneurysms=26, blots=14, exudates=60)


def grade_3(random: np.random.Generator) -> np.ndarray:
    """uint8 (400, 400, 3) RGB: haemorrhages everywhere, beaded veins, cotton-wool spots, hard exudates."""
    return _eye(random, aneurysms=50, blots=52, exudates=90, wool=6, beaded=True)


def grade_4(random: np.random.Generator) -> np.ndarray:
    """uint8 (400, 400, 3) RGB: new vessels on the disc and a bleeding that lies before the retina."""
    return _eye(random, aneurysms=40, blots=40, exudates=60, wool=4, beaded=True, proliferates=True)


def _eye(
    random: np.random.Generator,
    *,
    aneurysms: int = 0,
    blots: int = 0,
    exudates: int = 0,
    wool: int = 0,
    beaded: bool = False,
    proliferates: bool = False,
) -> np.ndarray:
    side = _SIZE * _OVER
    shape = (side, side)
    light = _retina(random, shape)
    vessels = _vessels(random, shape, beaded)
    light *= np.exp(-vessels[:, :, None] * _VESSEL)
    blood = _spots(random, shape, aneurysms, 0.0035, 0.0055) + _spots(random, shape, blots, 0.007, 0.017)
    if proliferates:
        blood += _new_vessels(random, shape) + _bleeding(random, shape)
    light *= np.exp(-np.minimum(blood, 1.2)[:, :, None] * _BLOOD)
    _cover(light, _hard(random, shape, exudates), _EXUDATE, 0.95)
    _cover(light, paint.soften(_spots(random, shape, wool, 0.018, 0.030), 0.008), _WOOL, 0.75)
    return _finish(random, light)


def _retina(random: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Float (h, w, 3): the field of light, the disc with its cup, the darker macula, the choroid's mottle."""
    x, y = paint.places(shape)
    colour = np.array([198, 104, 50.0]) + random.uniform(-10, 10, 3)
    away = np.hypot(x - 0.5, y - 0.5)
    near_disc = np.exp(-(((x - _DISC[0]) ** 2 + (y - _DISC[1]) ** 2) / 0.05))
    shade = 1.04 - 0.9 * away**2 + 0.14 * near_disc + 0.025 * paint.cloud(random, shape, 0.06)
    light = colour * shade[:, :, None]
    macula = np.exp(-(((x - _MACULA[0]) ** 2 + (y - _MACULA[1]) ** 2) / 0.0042))
    light *= (1 - macula[:, :, None] * np.array([0.30, 0.38, 0.34])).astype(np.float32)
    _cover(light, paint.disc(shape, _DISC, (0.058, 0.066), blur=0.005), _PALE, 0.85)
    _cover(light, paint.disc(shape, (_DISC[0] + 0.006, _DISC[1]), (0.026, 0.030), blur=0.006), np.array([255, 240, 196.0]), 0.8)
    return light


def _arcade(random: np.random.Generator, up: int, outward: int, reach: float) -> list[Point]:
    """One main vessel from the disc, bending about the macula (outward -1) or away to the nose (outward 1)."""
    x, y = _DISC
    jitter = random.normal(0, 0.008, (5, 2))
    if outward < 0:
        line = [
            (x, y),
            (x - 0.06, y + up * 0.13),
            (x - 0.19, y + up * reach),
            (x - 0.38, y + up * reach * 1.05),
            (x - 0.56, y + up * reach * 0.85),
        ]
    else:
        line = [(x, y), (x + 0.04, y + up * 0.10), (x + 0.09, y + up * 0.18), (x + 0.14, y + up * 0.25), (x + 0.19, y + up * 0.30)]
    return [(a + float(da), b + float(db)) for (a, b), (da, db) in zip(line, jitter * np.linspace(0, 1.5, 5)[:, None], strict=True)]


def _vessels(random: np.random.Generator, shape: tuple[int, int], beaded: bool) -> np.ndarray:
    """Density of arteries and veins, float (h, w); veins are wider, and uneven like beads where `beaded`."""
    density = np.zeros(shape, np.float32)
    for up in (-1, 1):
        for outward in (-1, 1):
            for wide, strength, reach in ((0.0125, 0.62, 0.235), (0.009, 0.45, 0.205)):
                line = paint.spline(_arcade(random, up, outward, reach + float(random.uniform(-0.01, 0.01))))
                mask = np.zeros(shape, np.float32)
                paint.trace(mask, line, wide, wide * 0.45)
                if beaded and wide > 0.01:
                    for at in line[8::5]:
                        mask = np.maximum(mask, paint.disc(shape, (float(at[0]), float(at[1])), (wide * 0.75, wide * 0.75)))
                _twigs(random, mask, line, wide * 0.55)
                density = np.maximum(density, mask * strength)
    return paint.soften(density, 0.0012)


def _twigs(random: np.random.Generator, mask: np.ndarray, line: np.ndarray, wide: float) -> None:
    """Side branches, thinner than what they leave, that curve away from it."""
    for at in range(10, len(line) - 4, 5):
        along = line[min(at + 2, len(line) - 1)] - line[at]
        turn = float(random.choice([-1, 1]) * random.uniform(0.5, 1.1))
        step = along / max(1e-6, float(np.hypot(*along))) * random.uniform(0.03, 0.05)
        points = [line[at]]
        for bend in np.linspace(turn, turn * 0.2, 4):
            cos, sin = np.cos(bend), np.sin(bend)
            points.append(points[-1] + np.array([cos * step[0] - sin * step[1], sin * step[0] + cos * step[1]]))
        paint.trace(mask, paint.spline(np.array(points)), wide, wide * 0.3)


def _somewhere(random: np.random.Generator, count: int) -> Iterable[Point]:
    """Places in the opening, off the disc, and more of them toward the macula."""
    while count > 0:
        angle, away = random.uniform(0, 2 * np.pi), 0.40 * np.sqrt(random.uniform(0.01, 1))
        x, y = 0.48 + away * np.cos(angle), 0.5 + away * np.sin(angle)
        if np.hypot(x - _DISC[0], y - _DISC[1]) > 0.09:
            count -= 1
            yield float(x), float(y)


def _spots(random: np.random.Generator, shape: tuple[int, int], count: int, smallest: float, largest: float) -> np.ndarray:
    """Round to oval spots of radius `smallest` to `largest` (widths), float (h, w)."""
    mask = np.zeros(shape, np.float32)
    for place in _somewhere(random, count):
        radius = float(random.uniform(smallest, largest))
        radii = (radius, radius * float(random.uniform(0.6, 1.0)))
        mask = np.maximum(mask, paint.disc(shape, place, radii, turn=float(random.uniform(0, 180)), blur=radius * 0.25))
    return mask


def _hard(random: np.random.Generator, shape: tuple[int, int], count: int) -> np.ndarray:
    """Hard exudates: small sharp-edged grains in clusters."""
    mask = np.zeros(shape, np.float32)
    centres = list(_somewhere(random, max(1, count // 18))) if count else []
    for i in range(count):
        x, y = centres[i % len(centres)]
        place = (x + float(random.normal(0, 0.026)), y + float(random.normal(0, 0.026)))
        mask = np.maximum(mask, paint.disc(shape, place, (float(random.uniform(0.003, 0.009)),) * 2, blur=0.001))
    return mask


def _new_vessels(random: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """A net of fine curled vessels that grows out of the disc, float (h, w)."""
    mask = np.zeros(shape, np.float32)
    for _ in range(26):
        points = [np.array(_DISC) + random.normal(0, 0.02, 2)]
        angle = float(random.uniform(0, 2 * np.pi))
        for _ in range(6):
            angle += float(random.normal(0, 0.9))
            points.append(points[-1] + 0.022 * np.array([np.cos(angle), np.sin(angle)]))
        paint.trace(mask, paint.spline(np.array(points)), 0.004, 0.0025)
    return mask * 0.8


def _bleeding(random: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """A bleeding before the retina: boat-shaped, its upper edge level, float (h, w)."""
    x, y = float(random.uniform(0.38, 0.5)), float(random.uniform(0.70, 0.74))
    boat = paint.disc(shape, (x, y), (0.15, 0.085), blur=0.004)
    return boat * paint.soften((paint.places(shape)[1] > y - 0.012).astype(np.float32), 0.003) * 1.1


def _cover(light: np.ndarray, mask: np.ndarray, colour: np.ndarray, strength: float) -> None:
    share = (mask * strength)[:, :, None]
    light[:] = light * (1 - share) + colour * share


def _finish(random: np.random.Generator, light: np.ndarray) -> np.ndarray:
    """The camera's opening, its blur, down to size, and its grain."""
    opening = paint.disc(light.shape[:2], (0.5, 0.5), (_OPENING, _OPENING), blur=0.002)
    seen = paint.soften((light * opening[:, :, None]).astype(np.float32), 0.0012)
    small = cv2.resize(seen, (_SIZE, _SIZE), interpolation=cv2.INTER_AREA)
    grain = random.normal(0, 1.2, (_SIZE, _SIZE, 1)) * (small.max(axis=2, keepdims=True) > 20)
    return np.clip(np.round(small + grain), 0, 255).astype(np.uint8)
