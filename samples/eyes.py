"""Synthetic fundus photographs of the five grades of diabetic retinopathy.

The grades are those of the international scale (ICDR, Wilkinson 2003, doi:10.1016/S0161-6420(03)00475-5): 0 none; 1 microaneurysms only;
2 more than that; 3 many haemorrhages in every quadrant, venous beading; 4 new vessels or bleeding into the vitreous. A retina is a
picture of light, and blood takes from it green and blue more than red (Beer and Lambert). The eye is a right one: its disc lies on the
right.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from samples import paint
from samples.paint import Point

_OVER = 2
_SIZE = (400, 600)  # height, width: the round opening is wider than the picture is high, as in the common cameras
_RADIUS = 0.39
_CENTRE: Point = (0.5, 1 / 3)
_BLOOD = np.array([0.28, 1.20, 1.0])  # density of blood for red, green, blue
_LIPID = np.array([238, 206, 96.0])  # colour of hard exudates
_COTTON = np.array([222, 200, 140.0])
_FIBRE = np.array([214, 178, 110.0])

# The main vessels: steps from the disc toward the macula's side, and away from it; (outward, up or down), in widths.
_TEMPORAL = [(0.0, 0.0), (0.012, 0.06), (0.07, 0.135), (0.19, 0.165), (0.33, 0.15), (0.48, 0.12)]
_NASAL = [(0.0, 0.0), (0.012, 0.05), (0.05, 0.12), (0.10, 0.20), (0.16, 0.30)]


@dataclass
class _Eye:
    """A retina while it is being drawn: light (h, w, 3), where the vessels lie, and the places of disc and macula."""

    light: np.ndarray
    vessels: np.ndarray
    disc: Point
    macula: Point

    @property
    def shape(self) -> tuple[int, int]:
        return self.light.shape[0], self.light.shape[1]

    def bleed(self, mask: np.ndarray, density: float) -> None:
        """Blood in front of the retina or in it."""
        at = paint.box(mask)
        self.light[at] *= np.exp(-(density * mask[at])[:, :, None] * _BLOOD)

    def cover(self, mask: np.ndarray, colour: np.ndarray) -> None:
        """A deposit that hides what lies behind it."""
        at = paint.box(mask)
        share = mask[at][:, :, None]
        self.light[at] = self.light[at] * (1 - share) + colour * share


def grade_0(random: np.random.Generator) -> np.ndarray:
    """uint8 (400, 600, 3) RGB: a clean retina."""
    return _finish(_eye(random), random)


def grade_1(random: np.random.Generator) -> np.ndarray:
    """uint8 (400, 600, 3) RGB: a few microaneurysms and nothing else."""
    eye = _eye(random)
    _dots(eye, random, count=int(random.integers(8, 14)))
    return _finish(eye, random)


def grade_2(random: np.random.Generator) -> np.ndarray:
    """uint8 (400, 600, 3) RGB: microaneurysms, some haemorrhages and hard exudates."""
    eye = _eye(random)
    _dots(eye, random, count=24)
    _blots(eye, random, count=int(random.integers(9, 13)), sizes=(0.005, 0.010))
    for _ in range(int(random.integers(3, 5))):
        _exudates(eye, random, count=int(random.integers(16, 28)))
    return _finish(eye, random)


def grade_3(random: np.random.Generator) -> np.ndarray:
    """uint8 (400, 600, 3) RGB: blot haemorrhages in every quadrant, beaded veins, cotton-wool spots."""
    eye = _eye(random, beading=0.55)
    _dots(eye, random, count=50)
    _blots(eye, random, count=int(random.integers(38, 52)), sizes=(0.006, 0.016))
    _cotton(eye, random, count=int(random.integers(5, 8)))
    for _ in range(2):
        _exudates(eye, random, count=14)
    return _finish(eye, random)


def grade_4(random: np.random.Generator) -> np.ndarray:
    """uint8 (400, 600, 3) RGB: new vessels at the disc and elsewhere, fibrous strands, blood in and before the vitreous."""
    eye = _eye(random, beading=0.4)
    _dots(eye, random, count=25)
    _blots(eye, random, count=18, sizes=(0.006, 0.014))
    _exudates(eye, random, count=20)
    _new_vessels(eye, random, eye.disc, reach=0.075, count=26)
    _new_vessels(eye, random, _somewhere(eye, random, 0.18, 0.26), reach=0.05, count=18)
    _strands(eye, random)
    _vitreous_blood(eye, random)
    return _finish(eye, random)


def _eye(random: np.random.Generator, beading: float = 0.0) -> _Eye:
    """A healthy retina; `beading` is how much the veins swell and narrow (share of their width)."""
    shape = (_SIZE[0] * _OVER, _SIZE[1] * _OVER)
    disc = (_CENTRE[0] + random.uniform(0.20, 0.25), _CENTRE[1] + random.uniform(-0.02, 0.01))
    macula = (disc[0] - random.uniform(0.235, 0.255), disc[1] + random.uniform(0.01, 0.03))
    eye = _Eye(_ground(random, shape, disc), np.zeros(shape, np.float32), disc, macula)
    _optic_disc(eye, random)
    _tree(eye, random, beading)
    eye.bleed(paint.disc(shape, macula, (0.045, 0.045), 0, 0.022), 0.26)
    eye.bleed(paint.disc(shape, macula, (0.012, 0.012), 0, 0.006), 0.20)
    return eye


def _ground(random: np.random.Generator, shape: tuple[int, int], disc: Point) -> np.ndarray:
    """The colour of the retina under the camera's light, float (h, w, 3): brighter about the disc, darker towards the rim, mottled."""
    x, y = paint.places(shape)
    colour = np.array([178, 90, 30.0]) + random.uniform(-1, 1, 3) * np.array([14, 10, 6.0])
    rim = ((x - _CENTRE[0]) ** 2 + (y - _CENTRE[1]) ** 2) / _RADIUS**2
    near = np.exp(-((x - disc[0]) ** 2 + (y - disc[1]) ** 2) / 0.03)
    light = 1.06 - 0.34 * rim + 0.16 * near + 0.035 * paint.cloud(random, shape, 0.25, 3)
    broad = np.abs(paint.cloud(random, shape, 0.06, 2))  # the choroid's vessels, which shine through
    grain = 1 + 0.018 * paint.cloud(random, shape, 0.010, 3) + 0.016 * (broad - broad.mean())
    tint = np.array([0.6, 1.0, 1.2]) * 0.02 * paint.cloud(random, shape, 0.15, 4)[:, :, None]
    return colour * (light * grain)[:, :, None] * (1 + tint)


def _optic_disc(eye: _Eye, random: np.random.Generator) -> None:
    size = random.uniform(0.040, 0.046)
    face = paint.disc(eye.shape, eye.disc, (size * 0.92, size), 0, 0.004)
    cup = paint.disc(eye.shape, (eye.disc[0] - 0.004, eye.disc[1]), (size * 0.45, size * 0.5), 0, 0.008)
    eye.cover(0.75 * face, np.array([236, 158, 76.0]))
    eye.cover(0.65 * cup, np.array([248, 200, 122.0]))


def _tree(eye: _Eye, random: np.random.Generator, beading: float) -> None:
    """Four arcades, each an artery and a wider, darker vein, and small vessels that reach for the macula."""
    for is_vein in (True, False):
        mask = np.zeros(eye.shape, np.float32)
        width = 0.0095 if is_vein else 0.0066
        for down in (-1, 1):
            for is_temporal in (True, False):
                arc = _arcade(eye, random, down, is_temporal, offset=0.012 if is_vein else -0.006)
                _vessel(mask, random, arc, width if is_temporal else width * 0.75, beading if is_vein else 0.0, depth=3)
            ends = [(eye.disc[0] - left, eye.disc[1] + down * 0.04 + random.uniform(-0.01, 0.01)) for left in (0.12, 0.17)]
            _vessel(mask, random, paint.spline([eye.disc, *ends]), width * 0.3, 0.0, depth=1)
        mask = paint.soften(mask, 0.0010)
        eye.vessels = np.maximum(eye.vessels, mask)
        eye.bleed(mask, 0.46 if is_vein else 0.32)


def _arcade(eye: _Eye, random: np.random.Generator, down: int, is_temporal: bool, offset: float) -> np.ndarray:
    """A main vessel from the disc, (n, 2): about the macula on the temporal side, straight outward on the other."""
    side = -1 if is_temporal else 1
    points = [eye.disc]
    for dx, dy in (_TEMPORAL if is_temporal else _NASAL)[1:]:
        outward, along = dx + random.uniform(-0.02, 0.02), dy + offset + random.uniform(-0.012, 0.012)
        points.append((eye.disc[0] + side * outward, eye.disc[1] + down * along))
    return paint.spline(points, steps=14)


def _vessel(mask: np.ndarray, random: np.random.Generator, line: np.ndarray, width: float, beading: float, depth: int) -> None:
    """A winding vessel that thins along its way, and its branches; beads are swellings of its width."""
    sway = np.cumsum(random.normal(0, 0.0007, line.shape), axis=0)
    line = line + sway - np.linspace(0, 1, len(line))[:, None] * sway[-1] * 0.5
    phase = random.uniform(0, 2 * np.pi)
    widths = width * (1 - 0.55 * np.arange(len(line)) / len(line))
    for at in range(len(line) - 1):
        here = widths[at] * (1 + beading * np.sin(phase + at * 1.1))
        paint.trace(mask, line[at : at + 2], here, here)
    if depth == 0 or width < 0.0016 or len(line) <= 14:
        return
    turn = 1 if random.uniform() < 0.5 else -1
    for at in sorted(random.choice(np.arange(8, len(line) - 4), size=min(len(line) // 8, 6), replace=False)):
        turn = -turn
        ahead = line[at + 2] - line[at]
        angle = np.arctan2(ahead[1], ahead[0]) + turn * random.uniform(0.45, 0.9)
        curl = angle - turn * random.uniform(0.2, 0.6)
        length = random.uniform(0.06, 0.15) * (0.6 + 0.2 * depth)
        middle = line[at] + length / 2 * np.array([np.cos(angle), np.sin(angle)])
        end = middle + length / 2 * np.array([np.cos(curl), np.sin(curl)])
        branch = paint.spline(np.array([line[at], middle, end]), steps=9)
        _vessel(mask, random, branch, widths[at] * random.uniform(0.4, 0.6), 0.0, depth - 1)


def _somewhere(eye: _Eye, random: np.random.Generator, least: float, most: float) -> Point:
    """A place in the open part of the picture, `least` to `most` widths from its middle, off the disc."""
    while True:
        angle, away = random.uniform(0, 2 * np.pi), np.sqrt(random.uniform(least**2, most**2))
        place = (float(_CENTRE[0] + away * np.cos(angle)), float(_CENTRE[1] + away * np.sin(angle)))
        if abs(place[1] - _CENTRE[1]) < 0.30 and np.hypot(place[0] - eye.disc[0], place[1] - eye.disc[1]) > 0.065:
            return place


def _dots(eye: _Eye, random: np.random.Generator, count: int) -> None:
    """Microaneurysms: small round dark red dots off the larger vessels, most of them about the macula."""
    mask = np.zeros(eye.shape, np.float32)
    while count:
        x, y = _somewhere(eye, random, 0.0, 0.25)
        column, row = int(x * eye.shape[1]), int(y * eye.shape[1])
        if eye.vessels[row, column] < 0.2:
            radius = max(2, round(random.uniform(0.0023, 0.0038) * eye.shape[1]))
            cv2.circle(mask, (column, row), radius, float(random.uniform(0.7, 1)), -1)
            count -= 1
    eye.bleed(paint.soften(mask, 0.0011), 0.65)


def _blots(eye: _Eye, random: np.random.Generator, count: int, sizes: tuple[float, float]) -> None:
    """Haemorrhages in the retina: blots with a wavy outline, spread over all quadrants."""
    mask = np.zeros(eye.shape, np.float32)
    angle = np.linspace(0, 2 * np.pi, 9, endpoint=False)
    for _ in range(count):
        x, y = _somewhere(eye, random, 0.06, 0.33)
        away = random.uniform(*sizes) * random.uniform(0.55, 1.15, 9)
        outline = np.stack([x + away * np.cos(angle), y + away * np.sin(angle) * random.uniform(0.6, 1)], axis=1)
        mask = np.maximum(mask, paint.area(eye.shape, outline) * random.uniform(0.6, 1))
    eye.bleed(paint.soften(mask, 0.0020), 0.65)


def _exudates(eye: _Eye, random: np.random.Generator, count: int) -> None:
    """Hard exudates: a cluster of small sharp yellow specks, in part of a ring."""
    x, y = _somewhere(eye, random, 0.03, 0.22)
    radius, start = random.uniform(0.02, 0.04), random.uniform(0, 2 * np.pi)
    mask = np.zeros(eye.shape, np.float32)
    for _ in range(count):
        angle, away = start + random.uniform(0, 3.6), radius * random.uniform(0.5, 1.2)
        size = random.uniform(0.0018, 0.0050)
        place = (x + away * np.cos(angle), y + away * np.sin(angle))
        mask = np.maximum(mask, paint.disc(eye.shape, place, (size, size * random.uniform(0.6, 1)), random.uniform(0, 180)))
    eye.cover(0.8 * paint.soften(mask, 0.0010), _LIPID)


def _cotton(eye: _Eye, random: np.random.Generator, count: int) -> None:
    """Cotton-wool spots: pale, soft-edged swellings of the nerve fibres."""
    for _ in range(count):
        place, size = _somewhere(eye, random, 0.12, 0.26), random.uniform(0.010, 0.018)
        spot = paint.disc(eye.shape, place, (size, size * random.uniform(0.55, 0.8)), random.uniform(0, 180), 0.005)
        eye.cover(0.5 * spot, _COTTON)


def _new_vessels(eye: _Eye, random: np.random.Generator, centre: Point, reach: float, count: int) -> None:
    """A tangle of fine looping vessels."""
    mask = np.zeros(eye.shape, np.float32)
    for _ in range(count):
        angle = random.uniform(0, 2 * np.pi) + np.cumsum(random.normal(0, 0.75, 5))
        steps = reach / 3.5 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        line = np.vstack([[centre], np.array(centre) + np.cumsum(steps, axis=0)])
        paint.trace(mask, paint.spline(line, steps=8), 0.0034, 0.0018)
    eye.bleed(paint.soften(mask, 0.0010), 0.5)


def _strands(eye: _Eye, random: np.random.Generator) -> None:
    """Fibrous tissue that grows with the new vessels: pale bands along the arcades, from the disc."""
    for down in (-1, 1):
        ends = [(0.02, 0.05), (random.uniform(0.06, 0.1), 0.10), (random.uniform(0.15, 0.22), 0.13)]
        line = [eye.disc, *((eye.disc[0] - dx, eye.disc[1] + down * (dy + random.uniform(-0.02, 0.02))) for dx, dy in ends)]
        band = paint.stroke(eye.shape, line, 0.034, 0.010, 0.007) * np.clip(0.8 + 0.4 * paint.cloud(random, eye.shape, 0.04, 3), 0, 1)
        eye.cover(0.5 * band, _FIBRE)


def _vitreous_blood(eye: _Eye, random: np.random.Generator) -> None:
    """A boat-shaped pool before the retina, level on top, and a reddish veil of blood that has got into the vitreous."""
    x, y = eye.macula[0] + random.uniform(-0.06, 0.06), eye.macula[1] + random.uniform(0.08, 0.12)
    wide, deep = random.uniform(0.07, 0.10), random.uniform(0.035, 0.05)
    boat = [
        (x - wide, y),
        (x, y + 0.004),
        (x + wide, y),
        (x + wide * 0.7, y + deep * 0.75),
        (x, y + deep),
        (x - wide * 0.7, y + deep * 0.75),
    ]
    eye.bleed(paint.area(eye.shape, boat, 0.003), 1.1)
    veil = np.clip(paint.cloud(random, eye.shape, 0.16, 4) - 0.2, 0, 2)
    eye.bleed(paint.soften(veil.astype(np.float32), 0.010), 0.28)


def _finish(eye: _Eye, random: np.random.Generator) -> np.ndarray:
    """The round opening on black, the lens's blur, down to size, and the sensor's grain."""
    opening = paint.disc(eye.shape, _CENTRE, (_RADIUS, _RADIUS), 0, 0.0012)[:, :, None]
    seen = paint.soften(eye.light.astype(np.float32), 0.0010) * opening
    small = cv2.resize(seen, (_SIZE[1], _SIZE[0]), interpolation=cv2.INTER_AREA)
    inside = cv2.resize(opening, (_SIZE[1], _SIZE[0]), interpolation=cv2.INTER_AREA)[:, :, None]
    grain = (random.normal(0, 1.0, (*_SIZE, 1)) + random.normal(0, 0.5, (*_SIZE, 3))) * inside
    return np.clip(np.round(small + grain), 0, 255).astype(np.uint8)
