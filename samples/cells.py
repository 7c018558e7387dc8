"""Synthetic red blood cells of a Giemsa-stained thin smear, cut out on black as screening sets have them.

A cell is a wobbly disc, pinkish, paler in the middle, uneven in stain; a ring-form trophozoite of P. falciparum is a thin violet ring
of cytoplasm about a pale vacuole, with one or two magenta chromatin dots (WHO, Basic malaria
microscopy, 2010). All is drawn at four times the size and averaged down,
then cut out in steps, close about the cell, as a segmentation on a coarser grid does it.
"""

import cv2
import numpy as np

_OVER = 4
_STEP = 2  # pixels of the picture to one of the grid on which the cell is cut out


def uninfected(random: np.random.Generator) -> np.ndarray:
    """uint8 (h, w, 3) RGB, about 130 px a side: a clean cell."""
    picture, inside, _, _ = _cell(random)
    return _finish(picture, inside, random)


def parasitized(random: np.random.Generator) -> np.ndarray:
    """uint8 (h, w, 3) RGB, about 130 px a side: a cell with two ring forms, as P. falciparum often has."""
    picture, inside, centre, radius = _cell(random)
    angle = random.uniform(0, 2 * np.pi)
    for turn in (0.0, random.uniform(2.2, 4.0)):
        _ring_form(picture, random, centre, radius, angle + turn)
    return _finish(picture, inside, random)


def _ring_form(picture: np.ndarray, random: np.random.Generator, centre: np.ndarray, radius: float, angle: float) -> None:
    """Draw a parasite into the cell, in the direction of `angle` (radians) from its centre."""
    middle = centre + radius * random.uniform(0.35, 0.55) * np.array([np.cos(angle), np.sin(angle)])
    ring = radius * random.uniform(0.17, 0.22)
    turn = np.degrees(random.uniform(0, np.pi))
    cytoplasm, vacuole, chromatin = np.array([186, 112, 160.0]), np.array([232, 196, 202.0]), np.array([158, 12, 116.0])
    _blend(picture, _ellipse(picture, middle, (ring, ring * 0.85), turn), vacuole, 0.6)
    _blend(picture, _ellipse(picture, middle, (ring, ring * 0.85), turn, thickness=max(2, int(ring * 0.25))), cytoplasm, 0.6)
    for at, size in ((2.0, 0.56), (3.3, 0.42)):
        dot = middle + ring * np.array([np.cos(angle + at), np.sin(angle + at)])
        _blend(picture, _ellipse(picture, dot, (ring * size, ring * size * 0.75), turn + 50), chromatin, 0.95)


def _cell(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Float (h, w, 3) picture of a cell, how far out each pixel lies (1 is its edge), its centre (x, y) and its radius, in fine pixels."""
    side = int(random.integers(124, 142)) * _OVER
    radius = side * 0.47
    centre = np.array([side / 2, side / 2])
    y, x = np.mgrid[0:side, 0:side].astype(np.float32)
    dx, dy = x - centre[0], y - centre[1]
    angle, distance = np.arctan2(dy, dx), np.hypot(dx, dy)
    wobble = sum(random.uniform(0, 0.02) * np.cos(k * angle + random.uniform(0, 2 * np.pi)) for k in (2, 3, 4, 5, 7, 9))
    share = distance / (radius * (0.96 + wobble))
    stain = np.array([214, 160, 176.0]) + random.uniform(-8, 8, 3)
    pallor = np.exp(-((share / 0.55) ** 2))[:, :, None] * np.array([10, 16, 12.0])
    rim = np.clip((share - 0.82) / 0.18, 0, 1)[:, :, None] * np.array([10, 22, 16.0])
    uneven = cv2.resize(random.normal(0, 3.5, (9, 9, 1)).astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC)[:, :, None]
    picture = stain + pallor - rim + uneven
    return picture.astype(np.float32), share.astype(np.float32), centre, radius


def _ellipse(picture: np.ndarray, centre: np.ndarray, axes: tuple[float, float], turn: float, thickness: int = -1) -> np.ndarray:
    mask = np.zeros(picture.shape[:2], np.float32)
    cv2.ellipse(mask, tuple(map(round, centre)), tuple(map(round, axes)), turn, 0, 360, 1.0, thickness, cv2.LINE_AA)
    return cv2.GaussianBlur(mask, (0, 0), _OVER * 0.9)


def _blend(picture: np.ndarray, mask: np.ndarray, colour: np.ndarray, strength: float) -> None:
    share = (mask * strength)[:, :, None]
    picture[:] = picture * (1 - share) + colour * share


def _finish(picture: np.ndarray, outward: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Average down, add the camera's grain, and cut the cell out on black."""
    side = picture.shape[0] // _OVER
    small = cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA)
    grid = side // _STEP
    coarse = cv2.resize(outward, (grid, grid), interpolation=cv2.INTER_AREA) + random.normal(0, 0.012, (grid, grid))
    inside = cv2.resize((coarse < 1).astype(np.uint8), (side, side), interpolation=cv2.INTER_NEAREST)
    inside = _largest(inside)
    cut = np.clip(np.round(small + random.normal(0, 2.0, (side, side, 1))), 0, 255).astype(np.uint8) * inside[:, :, None]
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    return np.ascontiguousarray(cut[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])


def _largest(mask: np.ndarray) -> np.ndarray:
    """The largest connected part of a mask of 0 and 1."""
    _, labels, figures, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    return (labels == 1 + int(figures[1:, cv2.CC_STAT_AREA].argmax())).astype(np.uint8)
