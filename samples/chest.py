"""A synthetic healthy chest as a beam meets it, layer by layer, and the film that it leaves; films.py adds disease in between.

Absorption adds along a ray (Beer and Lambert), so soft tissue, air and bone are each a map, and their sum is the film. Landmarks follow a
frontal film in full inspiration (ten posterior ribs above the diaphragm, heart half the chest wide, right dome higher). All is drawn at
three times the size and averaged down.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from samples import paint
from samples.paint import Point

_OVER = 3
RIGHT, LEFT = 0, 1  # the patient's sides: the right lung is on the left of the picture


@dataclass(frozen=True)
class Style:
    """How a film is taken, and of whom: size in pixels (h, w), zoom about the chest, tone.

    `air` is how much less the lungs absorb, `bone` scales ribs and spine, `contrast` and `exposure` shape the tone curve, `blur` is in
    widths, `grain` in grey levels, `slope` lowers the lateral ends of the ribs, `heart` widens the heart, `breath` is how far the lungs are
    filled (1 is full), `tilt` how far the body may be turned in the picture (degrees); `arms` shows the gaps between body and arms.
    """

    size: tuple[int, int] = (360, 360)
    zoom: float = 0.95
    air: float = 0.36
    bone: float = 1.0
    contrast: float = 5.6
    exposure: float = 0.46
    blur: float = 0.0016
    grain: float = 1.6
    slope: float = 1.0
    heart: float = 1.0
    breath: float = 1.0
    tilt: float = 2.0
    arms: bool = True
    child: bool = False


@dataclass
class Chest:
    """The layers while a film is being drawn: absorption (h, w), the two lungs' masks and how a place maps onto the picture."""

    absorption: np.ndarray
    lungs: tuple[np.ndarray, np.ndarray]
    both: np.ndarray
    depth: np.ndarray
    style: Style
    shift: Point

    @property
    def shape(self) -> tuple[int, int]:
        return self.absorption.shape[0], self.absorption.shape[1]

    def at(self, points: list[Point] | np.ndarray) -> np.ndarray:
        """Places of the standard chest in the picture, (n, 2)."""
        middle = np.array([0.5, 0.45])
        filled = np.array(points, np.float64)
        filled[:, 1] = _APEX + (filled[:, 1] - _APEX) * self.style.breath
        return (filled - middle) * self.style.zoom + middle + np.array(self.shift)


_APEX = 0.115  # where the lungs begin, in heights of the standard chest

# Outlines of the standard chest, right side of the patient first; the left side is mirrored where no outline of its own is given.
_RIGHT_LUNG = [
    (0.370, 0.115), (0.425, 0.170), (0.445, 0.270), (0.435, 0.400), (0.415, 0.520), (0.405, 0.630), (0.395, 0.690),
    (0.300, 0.665), (0.200, 0.700), (0.115, 0.790), (0.095, 0.650), (0.105, 0.480), (0.150, 0.310), (0.220, 0.185), (0.300, 0.125),
]  # fmt: skip
_LEFT_LUNG = [
    (0.630, 0.115), (0.575, 0.170), (0.560, 0.270), (0.575, 0.380), (0.610, 0.470), (0.680, 0.580), (0.725, 0.670), (0.725, 0.705),
    (0.790, 0.700), (0.840, 0.730), (0.890, 0.800), (0.905, 0.650), (0.895, 0.480), (0.850, 0.310), (0.780, 0.185), (0.700, 0.125),
]  # fmt: skip
_HEART = [
    (0.455, 0.330), (0.430, 0.440), (0.395, 0.560), (0.400, 0.660), (0.470, 0.720), (0.600, 0.730), (0.710, 0.700), (0.715, 0.640),
    (0.670, 0.550), (0.600, 0.450), (0.570, 0.370), (0.540, 0.310),
]  # fmt: skip
_BODY = [
    (0.405, -0.100), (0.400, 0.020), (0.360, 0.065), (0.220, 0.105), (0.080, 0.150), (-0.080, 0.260), (-0.200, 0.500), (-0.060, 0.560),
    (0.030, 0.460), (0.050, 0.620), (0.070, 0.800), (0.060, 1.000), (0.050, 1.300),
]  # fmt: skip
_BODY_NO_GAP = [(0.405, -0.100), (0.400, 0.020), (0.360, 0.065), (0.200, 0.095), (0.000, 0.140), (-0.200, 0.300), (-0.300, 1.300)]


def mirrored(points: list[Point]) -> list[Point]:
    """The same places on the other side."""
    return [(1 - x, y) for x, y in points]


def _vary(random: np.random.Generator, points: list[Point], amount: float = 0.006) -> list[Point]:
    return [(x + random.uniform(-amount, amount), y + random.uniform(-amount, amount)) for x, y in points]


def draw(random: np.random.Generator, style: Style) -> Chest:
    """A healthy chest, layer by layer."""
    height, width = style.size[0] * _OVER, style.size[1] * _OVER
    empty = np.zeros((height, width), np.float32)
    shift = (float(random.uniform(-0.012, 0.012)), float(random.uniform(-0.01, 0.02)))
    chest = Chest(empty, (empty, empty), empty, empty, style, shift)
    chest.lungs = _lungs(chest, random)
    chest.both = np.maximum(*chest.lungs)
    chest.depth = _depth(chest.both)
    _soft_tissue(chest, random)
    _middle(chest, random)
    _spine(chest)
    for side in (RIGHT, LEFT):
        _ribs(chest, random, side)
        _shoulder(chest, random, side)
        _vessels(chest, random, side)
    return chest


def _lungs(chest: Chest, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    outlines = [_RIGHT_LUNG, _LEFT_LUNG]
    if chest.style.child:  # wider at the bottom, narrower at the top, flat domes
        outlines = [[(x + np.sign(0.5 - x) * (0.05 - 0.055 * (y - 0.1)), y * 0.93 + 0.05) for x, y in outline] for outline in outlines]
    stretch = random.uniform(0.97, 1.03)
    drawn = [[(0.5 + (x - 0.5) * stretch, y) for x, y in _vary(random, outline)] for outline in outlines]
    right, left = (paint.area(chest.shape, chest.at(outline), 0.004) for outline in drawn)
    return right, left


def _depth(lungs: np.ndarray) -> np.ndarray:
    """How much air the beam crosses, 0 to 1: little at the edge, most in the middle."""
    away = cv2.distanceTransform((lungs > 0.5).astype(np.uint8), cv2.DIST_L2, 5) / lungs.shape[1]
    return (lungs * (1 - 0.6 * np.exp(-away / 0.035))).astype(np.float32)


def _soft_tissue(chest: Chest, random: np.random.Generator) -> None:
    half = _BODY if chest.style.arms else _BODY_NO_GAP
    outline = [*_vary(random, half), *reversed(_vary(random, mirrored(half)))]
    body = paint.area(chest.shape, chest.at(outline), 0.003)
    away = cv2.distanceTransform((body > 0.5).astype(np.uint8), cv2.DIST_L2, 5) / chest.shape[1]
    wall = body * (0.30 + 0.38 * (1 - np.exp(-away / 0.07)))
    _, y = paint.places(chest.shape)
    low = (y - chest.at([(0.5, 0.72)])[0, 1]) / 0.1
    belly = body / (1 + np.exp(-4 * low)) * 0.19
    bubble = paint.disc(chest.shape, placed(chest, 0.70 + random.uniform(-0.03, 0.03), 0.80), (0.05, 0.028), -8, 0.006)
    uneven = (paint.cloud(random, chest.shape, 0.3, 4) * 0.014 + paint.cloud(random, chest.shape, 0.02, 3) * 0.006) * body
    chest.absorption = wall + belly - random.uniform(0.04, 0.12) * bubble * body + uneven - chest.style.air * chest.depth
    breast = sum(paint.disc(chest.shape, placed(chest, x, 0.60), (0.15, 0.13), 0, 0.02) for x in (0.24, 0.76))
    chest.absorption += breast * body * random.uniform(0.0, 0.05)


def _middle(chest: Chest, random: np.random.Generator) -> None:
    """Heart, great vessels, windpipe and the roots of the lungs."""
    wide = chest.style.heart
    heart = [(0.5 + (x - 0.5) * wide * random.uniform(0.97, 1.03), y) for x, y in _HEART]
    chest.absorption += 0.10 * paint.area(chest.shape, chest.at(heart), 0.007)
    trunk = [
        (0.455, 0.06), (0.44, 0.2), (0.435, 0.36), (0.44, 0.6), (0.46, 0.74),
        (0.54, 0.74), (0.565, 0.6), (0.57, 0.36), (0.575, 0.25), (0.555, 0.2),
        (0.545, 0.06),
    ]  # fmt: skip
    chest.absorption += 0.10 * paint.area(chest.shape, chest.at(_vary(random, trunk, 0.004)), 0.008)
    if not chest.style.child:
        knob = paint.disc(chest.shape, placed(chest, 0.56, 0.25 + random.uniform(-0.01, 0.01)), (0.032, 0.04), 0, 0.004)
        chest.absorption += 0.09 * knob
    else:
        thymus = [(0.45, 0.15), (0.43, 0.25), (0.41, 0.37), (0.60, 0.37), (0.59, 0.25), (0.56, 0.15)]
        chest.absorption += 0.09 * paint.area(chest.shape, chest.at(_vary(random, thymus)), 0.008)
    for x, y in ((0.43, 0.39), (0.575, 0.37)):
        chest.absorption += 0.08 * paint.disc(chest.shape, placed(chest, x, y), (0.035, 0.06), 12 if x < 0.5 else -12, 0.014)
    pipe = paint.stroke(chest.shape, chest.at([(0.5, -0.02), (0.497, 0.12), (0.493, 0.3)]), 0.034 * chest.style.zoom, 0.03, 0.005)
    bronchi = [paint.stroke(chest.shape, chest.at([(0.493, 0.29), end]), 0.022, 0.014, 0.005) for end in ((0.44, 0.36), (0.56, 0.37))]
    chest.absorption -= 0.10 * np.maximum(pipe, np.maximum(*bronchi))


def _spine(chest: Chest) -> None:
    x, y = paint.places(chest.shape)
    centre = chest.at([(0.5, 0.5)])[0, 0]
    across = np.exp(-(((x - centre) / (0.036 * chest.style.zoom)) ** 4))
    gap = 0.052 * chest.style.zoom
    blocks = 0.045 + 0.022 * np.cos(2 * np.pi * y / gap)
    processes = np.exp(-(((x - centre) / 0.007) ** 2)) * 0.02 * (1 + np.cos(2 * np.pi * y / gap + 1))
    chest.absorption += (chest.style.bone * across * (blocks + processes)).astype(np.float32)


def _ribs(chest: Chest, random: np.random.Generator, side: int) -> None:
    """Ten ribs a side: from the spine outward, down along the wall, and faintly forward again."""
    style = chest.style
    edge = _RIGHT_LUNG if style.slope else _LEFT_LUNG
    heights, walls = zip(*sorted((y, x) for x, y in edge[9:]), strict=True)
    for number in range(10):
        top = 0.105 + number * (0.058 if not style.child else 0.061) + random.uniform(-0.003, 0.003)
        drop = (0.055 + 0.010 * number) * style.slope
        wall = float(np.interp(top + drop, heights, walls)) - 0.012
        if style.child:
            wall += 0.05 - 0.055 * (top + drop - 0.1)
        bow = 0.02 + 0.004 * number
        back = [
            (0.475, top),
            (0.42, top - bow * 0.7),
            ((0.42 + wall) / 2 + 0.01, top - bow * 0.2),
            (wall + 0.03, top + drop * 0.55),
            (wall, top + drop),
        ]
        front = [
            (wall, top + drop),
            (wall + 0.015, top + drop + 0.03),
            (wall + 0.07, top + drop + 0.075),
            (wall + 0.15, top + drop + 0.115),
        ]
        for line, thick, strength in ((back, 0.026, 0.115), (front, 0.025, 0.06)):
            _bone(chest, random, line if side == RIGHT else mirrored(line), thick * style.zoom, strength * style.bone)


def _bone(chest: Chest, random: np.random.Generator, line: list[Point], thick: float, strength: float) -> None:
    """A tube: the beam crosses more bone along its two edges than in its middle."""
    course = chest.at(_vary(random, line, 0.002))
    outer = paint.stroke(chest.shape, course, thick, thick * 0.85, 0.002)
    inner = paint.stroke(chest.shape, course, thick * 0.55, thick * 0.45, 0.003)
    at = paint.box(outer)
    chest.absorption[at] += strength * (outer[at] - 0.4 * inner[at])


def _shoulder(chest: Chest, random: np.random.Generator, side: int) -> None:
    """Collar bone, shoulder blade and the head of the arm bone."""
    lift = random.uniform(-0.012, 0.012)
    collar = [(0.465, 0.195), (0.40, 0.185 + lift), (0.30, 0.165 + lift), (0.20, 0.130 + lift), (0.09, 0.135 + lift)]
    blade = [(0.07, 0.14), (0.20, 0.19), (0.185, 0.30), (0.150, 0.43), (0.115, 0.36), (0.075, 0.24)]
    arm = [(0.035, 0.185), (0.02, 0.23), (-0.04, 0.38), (-0.08, 0.55)]
    if side == LEFT:
        collar, blade, arm = mirrored(collar), mirrored(blade), mirrored(arm)
    bone = chest.style.bone
    _bone(chest, random, collar, 0.027 * chest.style.zoom, 0.17 * bone)
    _bone(chest, random, arm, 0.06 * chest.style.zoom, 0.12 * bone)
    flat = paint.area(chest.shape, chest.at(blade), 0.004)
    rim = np.abs(flat - paint.soften(flat, 0.008))
    chest.absorption += bone * (0.04 * flat + 0.10 * rim)


def _vessels(chest: Chest, random: np.random.Generator, side: int) -> None:
    """The branching arteries of one lung, thinning outward from its root."""
    mask = np.zeros(chest.shape, np.float32)
    root = np.array([0.43, 0.40])
    for angle in np.linspace(-1.3, 1.3, 8):
        _branch(chest, random, mask, root, np.pi - angle + random.uniform(-0.12, 0.12), 0.013 if abs(angle) < 1.0 else 0.009, 5, side)
    chest.absorption += 0.06 * paint.soften(mask, 0.0022) * chest.both


def _branch(
    chest: Chest, random: np.random.Generator, mask: np.ndarray, start: np.ndarray, angle: float, thick: float, left: int, side: int
) -> None:
    if left == 0 or thick < 0.0012:
        return
    length = random.uniform(0.05, 0.08)
    bend = angle + random.uniform(-0.2, 0.2)
    middle = start + 0.5 * length * np.array([np.cos(angle), np.sin(angle)])
    end = middle + 0.5 * length * np.array([np.cos(bend), np.sin(bend)])
    line = np.array([start, middle, end])
    if side == LEFT:
        line[:, 0] = 1 - line[:, 0]
    paint.trace(mask, paint.spline(chest.at(line), steps=4), thick, thick * 0.75)
    for turn in (random.uniform(0.1, 0.4), -random.uniform(0.1, 0.45)):
        _branch(chest, random, mask, end, bend + turn, thick * random.uniform(0.5, 0.7), left - 1, side)


def zone(chest: Chest, side: int, centre: Point, radii: Point, blur: float) -> np.ndarray:
    """Part of one lung: a soft ellipse cut to it. The centre is given for the right side."""
    return paint.disc(chest.shape, on_side(chest, *centre, side), radii, 0, blur) * chest.lungs[side]


def placed(chest: Chest, x: float, y: float) -> Point:
    """A place of the standard chest in the picture."""
    place = chest.at([(x, y)])[0]
    return float(place[0]), float(place[1])


def on_side(chest: Chest, x: float, y: float, side: int) -> Point:
    """A place that is given for the right side, on either side of the picture."""
    return placed(chest, x if side == RIGHT else 1 - x, y)


def film(chest: Chest, random: np.random.Generator) -> np.ndarray:
    """Tone curve, the detector's blur and grain, and down to the film's size."""
    style = chest.style
    turned = _warp(chest.absorption.astype(np.float32), random, style.tilt)
    small = cv2.resize(paint.soften(turned, style.blur), (style.size[1], style.size[0]), interpolation=cv2.INTER_AREA)
    exposure = style.exposure + random.uniform(-0.02, 0.02)
    grey = 250 / (1 + np.exp(-style.contrast * (small - exposure)))
    levels = np.clip(np.round(grey + random.normal(0, style.grain, small.shape)), 0, 255).astype(np.uint8)
    return np.repeat(levels[:, :, None], 3, axis=2)


def _warp(absorption: np.ndarray, random: np.random.Generator, tilt: float) -> np.ndarray:
    """Turned a little, and bent by a smooth random field: no body is the standard one."""
    x, y = paint.places((absorption.shape[0], absorption.shape[1]))
    angle = np.radians(random.uniform(-tilt, tilt))
    dx, dy = x - 0.5, y - 0.45
    bent_x = 0.5 + dx * np.cos(angle) - dy * np.sin(angle) + 0.007 * paint.cloud(random, x.shape, 0.35, 2)
    bent_y = 0.45 + dx * np.sin(angle) + dy * np.cos(angle) + 0.007 * paint.cloud(random, x.shape, 0.35, 2)
    width = absorption.shape[1]
    columns, rows = (bent_x * width - 0.5).astype(np.float32), (bent_y * width - 0.5).astype(np.float32)
    return cv2.remap(absorption, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
