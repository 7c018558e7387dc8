"""Synthetic frontal chest films: a healthy chest, the signs of a disease added to what the beam meets, and the film's tone curve.

Signs follow the Fleischner Society's glossary (Hansell 2008, doi:10.1148/radiol.2462070712): consolidation, ground glass, cavity, nodule.
Nobody's film was copied.
"""

from dataclasses import replace

import cv2
import numpy as np

from samples import paint
from samples.chest import LEFT, RIGHT, Chest, Style, draw, film, mirrored, on_side, placed, zone
from samples.paint import Point

_ADULT = Style()
_ADULT_WIDE = Style(zoom=0.88, air=0.34, bone=0.7, contrast=4.6, exposure=0.45, blur=0.0026, grain=0.9)
_BEDSIDE = Style(
    size=(330, 360),
    zoom=1.12,
    air=0.30,
    bone=0.5,
    contrast=4.2,
    exposure=0.50,
    blur=0.0034,
    grain=1.4,
    heart=1.25,
    breath=0.86,
    tilt=4.0,
    arms=False,
)
_SICK = Style(
    size=(330, 376),
    zoom=1.13,
    air=0.29,
    bone=0.3,
    contrast=6.4,
    exposure=0.55,
    blur=0.004,
    grain=0.6,
    slope=0.55,
    heart=1.08,
    breath=0.98,
    tilt=10.0,
)
_CHILD = Style(
    size=(336, 336), zoom=0.98, air=0.34, bone=1.2, contrast=5.0, exposure=0.56, blur=0.002, grain=1.2, slope=0.6, heart=1.2, child=True
)
_SICK_CHILD = replace(_CHILD, zoom=1.05, air=0.20, bone=0.65, blur=0.003, heart=1.3, breath=0.92, tilt=6.0)


def normal(random: np.random.Generator) -> np.ndarray:
    """uint8 (360, 360, 3) RGB, grey: a clear adult film."""
    return film(draw(random, _ADULT), random)


def tuberculosis(random: np.random.Generator) -> np.ndarray:
    """uint8 (360, 360, 3) RGB, grey: patchy infiltrate, nodules, strands and a cavity in the upper lobes."""
    chest = draw(random, _ADULT)
    first = int(random.integers(2))
    for side, strength in ((first, 1.0), (1 - first, random.uniform(0.6, 0.9))):
        _infiltrate(chest, random, side, strength)
    _cavity(chest, random, first)
    return film(chest, random)


def normal_wide(random: np.random.Generator) -> np.ndarray:
    """uint8 (360, 360, 3) RGB, grey: a clear adult film with shoulders and upper abdomen, softer in tone."""
    return film(draw(random, _ADULT_WIDE), random)


def covid19(random: np.random.Generator) -> np.ndarray:
    """uint8 (330, 360, 3) RGB, grey: a bedside film with ground glass in the outer lower zones of both lungs."""
    chest = draw(random, _BEDSIDE)
    for side in (RIGHT, LEFT):
        _ground_glass(chest, random, side)
        _patches(chest, random, side, (0.25, 0.52), strength=0.6)
    return film(chest, random)


def other_pneumonia(random: np.random.Generator) -> np.ndarray:
    """uint8 (330, 376, 3) RGB, grey: an adult film with one dense lobe, the other lung clear."""
    chest = draw(random, _SICK)
    side = int(random.integers(2))
    _consolidation(chest, random, side, strength=1.15)
    _patches(chest, random, side, (0.33, 0.48), strength=0.1)
    return film(chest, random)


def child_normal(random: np.random.Generator) -> np.ndarray:
    """uint8 (336, 336, 3) RGB, grey: a small child's clear film."""
    return film(draw(random, _CHILD), random)


def child_pneumonia(random: np.random.Generator) -> np.ndarray:
    """uint8 (336, 336, 3) RGB, grey: a small child's film with a dense lobe and patches on the other side."""
    chest = draw(random, _SICK_CHILD)
    side = int(random.integers(2))
    _consolidation(chest, random, side, strength=1.3)
    _patches(chest, random, 1 - side, (0.33, 0.48), strength=0.9)
    return film(chest, random)


def _infiltrate(chest: Chest, random: np.random.Generator, side: int, strength: float) -> None:
    """Patches, nodules and strands in the upper lobe of one side."""
    upper = zone(chest, side, (0.30, 0.25), (0.13, 0.12), 0.035)
    patchy = np.clip(paint.cloud(random, chest.shape, 0.05, 4) + 0.35, 0, 2.2)
    chest.absorption += strength * 0.11 * upper * patchy
    for _ in range(22):
        x, y = random.uniform(0.17, 0.42), random.uniform(0.15, 0.42)
        size = random.uniform(0.004, 0.011)
        spot = paint.disc(chest.shape, on_side(chest, x, y, side), (size, size * random.uniform(0.7, 1)), random.uniform(0, 180), 0.003)
        at = paint.box(spot)
        chest.absorption[at] += strength * 0.12 * spot[at] * chest.lungs[side][at]
    for _ in range(5):
        y = random.uniform(0.16, 0.34)
        line = [(0.42, 0.38), (0.36 + random.uniform(-0.03, 0.03), (y + 0.36) / 2), (random.uniform(0.2, 0.33), y)]
        strand = paint.stroke(chest.shape, chest.at(line if side == RIGHT else mirrored(line)), 0.008, 0.003, 0.002)
        chest.absorption += strength * 0.10 * strand * chest.lungs[side]


def _cavity(chest: Chest, random: np.random.Generator, side: int) -> None:
    """A hole with a thick uneven wall in the upper lobe."""
    place = on_side(chest, random.uniform(0.26, 0.33), random.uniform(0.21, 0.28), side)
    size, turn = random.uniform(0.032, 0.045), random.uniform(0, 180)
    outer = paint.disc(chest.shape, place, (size, size * 0.85), turn, 0.004)
    inner = paint.disc(chest.shape, place, (size * 0.66, size * 0.54), turn, 0.003)
    chest.absorption += chest.lungs[side] * (0.15 * outer - 0.21 * inner)


def _consolidation(chest: Chest, random: np.random.Generator, side: int, strength: float) -> None:
    """A dense lobe that hides the vessels and the border it lies against; some air tubes stay open in it."""
    y = random.uniform(0.50, 0.58)
    shade = np.clip(1 + 0.14 * paint.cloud(random, chest.shape, 0.07, 4), 0.5, 1.2)
    lobe = zone(chest, side, (0.28, y), (0.20, 0.16), 0.028) * shade
    for _ in range(3):
        line = [(0.40, y - 0.08), (0.33, y + random.uniform(-0.05, 0.02)), (0.24, y + random.uniform(-0.05, 0.09))]
        lobe *= 1 - 0.2 * paint.stroke(chest.shape, chest.at(line if side == RIGHT else mirrored(line)), 0.009, 0.003, 0.002)
    _fill(chest, strength * lobe)


def _patches(chest: Chest, random: np.random.Generator, side: int, centre: Point, strength: float) -> None:
    """Soft patches in one lung about a place (given for the right side)."""
    part = zone(chest, side, centre, (0.14, 0.20), 0.045)
    _fill(chest, strength * part * np.clip(paint.cloud(random, chest.shape, 0.07, 3) + 0.5, 0, 2))


def _fill(chest: Chest, share: np.ndarray) -> None:
    """Fluid in place of a share of the air: a lung that is full of it takes as much as the wall does, and no more."""
    chest.absorption += (chest.style.air * share * chest.depth).astype(np.float32)


def _ground_glass(chest: Chest, random: np.random.Generator, side: int) -> None:
    """A haze along the outer wall, thickest in the lower zone, through which vessels still show."""
    lung = chest.lungs[side]
    away = cv2.distanceTransform((lung > 0.5).astype(np.uint8), cv2.DIST_L2, 5) / chest.shape[1]
    _, y = paint.places(chest.shape)
    middle = placed(chest, 0.5, 0.42)[1]
    low = 1 / (1 + np.exp(-(y - middle) / 0.05))
    rind = 0.35 + 0.65 * np.exp(-((away / 0.09) ** 2))
    haze = np.clip(0.75 + 0.35 * paint.cloud(random, chest.shape, 0.09, 5), 0.1, 1.5)
    _fill(chest, random.uniform(0.8, 1.0) * lung * rind * (0.2 + 0.8 * low) * haze)
