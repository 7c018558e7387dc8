"""Grey medical pictures of another part than the chest seen from the front: radiographs of limbs, skull and teeth, and slices."""

import cv2
import numpy as np

from training.drawn import brush


def _film(random: np.random.Generator, body: np.ndarray, bone: np.ndarray) -> np.ndarray:
    """A radiograph from the thickness of flesh and of bone, float (h, w) of 0 to about 1: noise, a letter, uneven light."""
    height, width = body.shape
    texture = 0.75 + 0.5 * brush.cloud(random, height, width, 1.2)
    depth = random.uniform(0.15, 0.5) * cv2.GaussianBlur(body.astype(np.float32), (0, 0), 2)
    depth = depth + random.uniform(0.35, 0.8) * cv2.GaussianBlur(bone.astype(np.float32), (0, 0), random.uniform(0.6, 1.6)) * texture
    film = random.uniform(0, 0.15) + (1 - np.exp(-1.6 * depth)) * random.uniform(0.8, 1.2)
    film = film + 0.06 * (brush.cloud(random, height, width, 2) - 0.5) + random.normal(0, random.uniform(0.003, 0.03), body.shape)
    out = brush.grey(np.clip(film, 0, 1) ** random.uniform(0.6, 1.4))
    if random.random() < 0.5:
        cv2.putText(
            out,
            str(random.choice(["L", "R"])),
            (int(width * 0.08), int(height * 0.15)),
            brush.FONTS[0],
            0.6,
            (240, 240, 240),
            1,
            cv2.LINE_AA,
        )
    return out


def _rod(mask: np.ndarray, start, end, radius: float, shade: float) -> None:
    """A bone: a shaft, brighter at its walls, with two thicker ends."""
    start, end = np.asarray(start, float), np.asarray(end, float)
    layer = np.zeros_like(mask)
    first, last = (tuple(np.round(start).astype(int).tolist()), tuple(np.round(end).astype(int).tolist()))
    cv2.line(layer, first, last, shade, max(1, round(radius * 1.5)), cv2.LINE_AA)
    cv2.line(layer, first, last, shade * 0.65, max(1, round(radius * 0.7)), cv2.LINE_AA)
    for place in (first, last):
        cv2.circle(layer, place, max(1, round(radius)), shade * 0.85, -1, cv2.LINE_AA)
    np.maximum(mask, layer, out=mask)


def hand_bones(random: np.random.Generator, body: np.ndarray, bone: np.ndarray, wrist, reach: float, turn: float) -> None:
    thick = reach * random.uniform(0.035, 0.05)
    for finger, spread in enumerate(np.linspace(-0.55, 0.5, 5) * random.uniform(0.7, 1.2)):
        direction = np.array([np.sin(spread + turn), -np.cos(spread + turn)])
        lengths = (
            np.array([0.42, 0.24, 0.15, 0.1]) * reach * (0.72 if finger == 0 else 1 - 0.07 * abs(finger - 2)) * random.uniform(0.92, 1.08)
        )
        place = np.array(wrist) + direction * reach * 0.16
        start = place.copy()
        for joint, length in enumerate(lengths[: 3 if finger == 0 else 4]):
            _rod(
                bone, place + direction * thick, place + direction * (length - thick), thick * (1.2 - 0.15 * joint), random.uniform(0.75, 1)
            )
            place = place + direction * length
        cv2.line(body, start.astype(int).tolist(), place.astype(int).tolist(), 1.0, max(2, round(thick * 4.2)), cv2.LINE_AA)


def hand_film(random: np.random.Generator) -> np.ndarray:
    """One or two hands, or a foot-like fan of bones, from in front."""
    height, width = brush.size(random, 200, 340)
    body, bone = (np.zeros((height, width), np.float32), np.zeros((height, width), np.float32))
    pair = random.random() < 0.25
    for middle in (0.27, 0.73) if pair else (random.uniform(0.4, 0.6),):
        wrist, reach = ((width * middle, height * random.uniform(0.66, 0.8)), height * (0.55 if pair else random.uniform(0.6, 0.8)))
        turn = random.uniform(-0.25, 0.25)
        np.maximum(body, brush.blob(random, body.shape, (wrist[0], wrist[1] - reach * 0.2), (reach * 0.24, reach * 0.3), 0.08), out=body)
        hand_bones(random, body, bone, wrist, reach, turn)
        for _ in range(8):
            cv2.circle(
                bone, (random.normal(wrist, reach * 0.05)).astype(int).tolist(), int(reach * 0.035), random.uniform(0.7, 1), -1, cv2.LINE_AA
            )
        for side in (-1, 1):
            foot = np.array([wrist[0] + side * reach * 0.07, wrist[1] + reach * 0.09])
            _rod(bone, foot, foot + np.array([side * reach * 0.03, reach * 0.7]), reach * 0.055, random.uniform(0.8, 1))
        cv2.line(body, [int(wrist[0]), int(wrist[1])], [int(wrist[0]), int(wrist[1] + reach)], 1.0, int(reach * 0.27))
    return _turned(random, _film(random, body, bone))


def _turned(random: np.random.Generator, film: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.rot90(film, int(random.choice([0, 0, 0, 1, 2, 3]))))


def limb_film(random: np.random.Generator) -> np.ndarray:
    """Forearm, upper arm, thigh or lower leg, straight or bent at a joint, some with plates."""
    height, width = brush.size(random, 180, 340)
    body, bone = (np.zeros((height, width), np.float32), np.zeros((height, width), np.float32))
    size = min(height, width)
    joint = np.array([width, height]) * random.uniform(0.35, 0.65, 2)
    paired = random.random() < 0.5
    thick = size * random.uniform(0.04, 0.1)
    for turn in (random.uniform(-0.4, 0.4), np.pi + random.uniform(-1.2, 1.2)):
        along = np.array([np.sin(turn), np.cos(turn)])
        across = np.array([along[1], -along[0]])
        far = joint + along * size
        cv2.line(body, joint.astype(int).tolist(), far.astype(int).tolist(), 1.0, int(thick * random.uniform(4, 7)), cv2.LINE_AA)
        for side in (-1, 1) if paired else (0,):
            shift = across * side * thick * 1.3
            _rod(bone, joint + shift + along * thick, far + shift, thick, random.uniform(0.75, 1))
    cv2.circle(body, joint.astype(int).tolist(), int(thick * 3), 1.0, -1)
    if random.random() < 0.2:
        cv2.line(bone, joint.astype(int).tolist(), (joint + np.array([0, size * 0.4])).astype(int).tolist(), 1.6, int(thick * 0.5))
    return _turned(random, _film(random, body, bone))


def skull_film(random: np.random.Generator) -> np.ndarray:
    """A head from the side or in front."""
    height, width = brush.size(random, 200, 320)
    size, middle = (min(height, width), (width * random.uniform(0.42, 0.58), height * random.uniform(0.38, 0.5)))
    radii = size * random.uniform(0.32, 0.42), size * random.uniform(0.33, 0.44)
    body = brush.blob(random, (height, width), (middle[0], middle[1] + size * 0.1), (radii[0] * 1.05, radii[1] * 1.25), 0.06)
    outer = brush.blob(random, (height, width), middle, radii, 0.05)
    inner = cv2.resize(outer, None, fx=0.92, fy=0.92, interpolation=cv2.INTER_AREA)
    hole = np.zeros_like(outer)
    top, left = int(middle[1] * 0.08), int(middle[0] * 0.08)
    hole[top : top + inner.shape[0], left : left + inner.shape[1]] = inner[: height - top, : width - left]
    bone = np.clip(outer - 0.55 * hole, 0, 1)
    for side in (-1, 1) if random.random() < 0.5 else (random.choice([-1, 1]),):
        bone -= 0.3 * brush.blob(
            random, (height, width), (middle[0] + side * radii[0] * 0.45, middle[1] + radii[1] * 0.4), (size * 0.09, size * 0.08), 0.1
        )
    bone = np.maximum(bone, 0.8 * brush.blob(random, (height, width), (middle[0], middle[1] + radii[1]), (size * 0.17, size * 0.13), 0.15))
    for row in (0, 1):
        for tooth in range(-4, 5):
            place = (int(middle[0] + tooth * size * 0.035), int(middle[1] + radii[1] * (0.95 + 0.1 * row)))
            cv2.ellipse(bone, place, (int(size * 0.013), int(size * 0.03)), 0, 0, 360, 1.1, -1)
    for i in range(5):
        place = (int(middle[0] - size * 0.02 * i * random.uniform(-1, 1)), int(middle[1] + radii[1] + size * (0.12 + 0.08 * i)))
        cv2.ellipse(bone, place, (int(size * 0.08), int(size * 0.033)), 0, 0, 360, 0.75, -1)
    return _film(random, np.maximum(body, 0), np.maximum(bone, 0))


def pelvis_film(random: np.random.Generator) -> np.ndarray:
    """Hips from in front: two wings, two sockets, two thigh bones."""
    height, width = brush.size(random, 190, 320)
    body = brush.blob(random, (height, width), (width / 2, height / 2), (width * 0.5, height * 0.6), 0.05)
    bone = np.zeros((height, width), np.float32)
    for side in (-1, 1):
        hip = np.array([width * (0.5 + side * random.uniform(0.24, 0.3)), height * random.uniform(0.52, 0.6)])
        wing = brush.blob(
            random, (height, width), (hip[0] - side * width * 0.02, hip[1] - height * 0.27), (width * 0.16, height * 0.2), 0.2
        )
        np.maximum(bone, 0.6 * wing, out=bone)
        cv2.circle(bone, hip.astype(int).tolist(), int(width * 0.06), 0.95, -1, cv2.LINE_AA)
        ring = (int(hip[0] - side * width * 0.13), int(hip[1] + height * 0.13))
        cv2.ellipse(bone, ring, (int(width * 0.07), int(height * 0.08)), 0, 0, 360, 0.75, int(width * 0.03), cv2.LINE_AA)
        knee = hip + np.array([side * width * 0.09, height * 0.18])
        _rod(bone, hip, knee, width * 0.04, 0.9)
        _rod(bone, knee, knee + np.array([side * width * 0.02, height * 0.5]), width * 0.045, 0.95)
    for i in range(7):
        place = (width // 2, int(height * (0.06 * i)))
        cv2.ellipse(bone, place, (int(width * 0.06), int(height * 0.025)), 0, 0, 360, 0.8, -1)
    return _film(random, body, bone)


def spine_film(random: np.random.Generator) -> np.ndarray:
    """Neck or lower back, from in front or from the side: a bent column of blocks."""
    height, width = brush.size(random, 180, 340)
    body = brush.blob(random, (height, width), (width / 2, height / 2), (width * random.uniform(0.3, 0.6), height * 0.9), 0.1)
    bone = np.zeros((height, width), np.float32)
    count, bend, wide = (int(random.integers(5, 9)), random.normal(0, 0.12), width * random.uniform(0.09, 0.17))
    for i in range(count + 1):
        share = i / count
        place = (int(width * (0.5 + bend * np.sin(np.pi * share))), int(height * share))
        angle = np.degrees(np.arctan(bend * np.pi * np.cos(np.pi * share)))
        box = cv2.boxPoints((place, (wide * 2 * (0.8 + 0.4 * share), height / count * 0.72), -angle))
        cv2.fillPoly(bone, [np.round(box).astype(np.int32)], random.uniform(0.6, 0.8))
        cv2.polylines(bone, [np.round(box).astype(np.int32)], True, 1.0, 2, cv2.LINE_AA)
        behind = (int(place[0] + wide * random.uniform(1.3, 1.6)), place[1] + 5)
        cv2.ellipse(bone, behind, (int(wide * 0.5), int(height / count * 0.2)), 30, 0, 360, 0.6, -1)
    return _film(random, body, bone)


def teeth_film(random: np.random.Generator) -> np.ndarray:
    """Two rows of teeth along a curve."""
    height, width = int(random.integers(140, 220)), int(random.integers(220, 360))
    body = np.full((height, width), 0.8, np.float32) * (0.6 + 0.4 * brush.cloud(random, height, width, 2))
    bone = 0.45 * brush.blob(random, (height, width), (width / 2, height * 0.6), (width * 0.45, height * 0.42), 0.1)
    count, bow = int(random.integers(4, 15)), random.uniform(-0.2, 0.35)
    for i in range(count):
        share = (i + 0.5) / count - 0.5
        x, curve = width * (0.5 + share * 0.85), height * bow * (0.25 - share**2)
        for side in (-1, 1):
            place = (int(x), int(height * 0.5 + curve + side * height * 0.15))
            axes = (int(width * 0.32 / count), int(height * random.uniform(0.11, 0.15)))
            cv2.ellipse(bone, place, axes, side * share * 30, 0, 360, random.uniform(0.8, 1.1), -1, cv2.LINE_AA)
            if random.random() < 0.15:
                cv2.circle(bone, (place[0], place[1] - side * axes[1]), max(2, axes[0] // 2), 1.7, -1)
    return _film(random, body, bone)


def mammogram(random: np.random.Generator) -> np.ndarray:
    """A bright half disc from one edge of a black film."""
    height, width = brush.size(random, 200, 340)
    shape = brush.blob(
        random,
        (height, width),
        (0, height * random.uniform(0.4, 0.6)),
        (width * random.uniform(0.5, 0.85), height * random.uniform(0.32, 0.48)),
        0.08,
    )
    tissue = shape * (0.25 + 0.75 * brush.cloud(random, height, width, 1.5) * cv2.GaussianBlur(shape, (0, 0), 25))
    picture = brush.grey(np.clip(tissue * random.uniform(0.8, 1.3), 0, 1))
    return np.ascontiguousarray(picture[:, :: random.choice([-1, 1])])


def _slice(random: np.random.Generator, wide: float, high: float) -> tuple[np.ndarray, tuple[int, int], tuple[float, float], np.ndarray]:
    side = int(random.integers(160, 320))
    size, middle = (side, int(side * random.uniform(1, 1.25))), (side * 0.5, side * 0.5)
    middle = (size[1] / 2, size[0] / 2)
    radii = (side * wide * random.uniform(0.9, 1.05), side * high * random.uniform(0.9, 1.05))
    return brush.blob(random, size, middle, radii, 0.06), size, middle, np.array(radii)


def chest_slice(random: np.random.Generator) -> np.ndarray:
    """A CT slice through the chest: an oval with two dark lungs, a heart, a vertebra, rib dots."""
    body, size, middle, radii = _slice(random, 0.47, 0.36)
    plane = body * random.uniform(0.4, 0.6)
    for side in (-1, 1):
        lung = brush.blob(random, size, (middle[0] + side * radii[0] * 0.45, middle[1]), (radii[0] * 0.34, radii[1] * 0.68), 0.15)
        plane = plane * (1 - lung) + lung * (random.uniform(0.02, 0.25) + 0.25 * brush.cloud(random, *size, 0.8) ** 4)
    heart = brush.blob(random, size, (middle[0] - radii[0] * 0.1, middle[1] - radii[1] * 0.2), radii * 0.3, 0.2)
    plane = plane * (1 - heart) + heart * random.uniform(0.5, 0.75)
    for angle in np.linspace(0, 2 * np.pi, int(random.integers(10, 18)), endpoint=False):
        place = (int(middle[0] + radii[0] * 0.9 * np.cos(angle)), int(middle[1] + radii[1] * 0.88 * np.sin(angle)))
        cv2.ellipse(plane, place, (int(radii[0] * 0.09), 3), np.degrees(angle) + 90, 0, 360, 0.95, -1, cv2.LINE_AA)
    cv2.circle(plane, (int(middle[0]), int(middle[1] + radii[1] * 0.6)), int(radii[0] * 0.13), 0.95, -1, cv2.LINE_AA)
    return brush.grey(np.clip(plane + random.normal(0, random.uniform(0.005, 0.04), size), 0, 1))


def belly_slice(random: np.random.Generator) -> np.ndarray:
    """A CT slice through the belly: liver, kidneys, gas, a vertebra."""
    body, size, middle, radii = _slice(random, 0.46, 0.34)
    plane = body * random.uniform(0.25, 0.4)
    inner = cv2.erode(body, np.ones((9, 9), np.uint8))
    plane = np.maximum(plane, inner * random.uniform(0.35, 0.5))
    for place, share, shade in (
        ((-0.4, -0.15), 0.42, 0.62),
        ((0.5, -0.1), 0.25, 0.6),
        ((-0.35, 0.45), 0.17, 0.75),
        ((0.35, 0.45), 0.17, 0.75),
    ):
        organ = brush.blob(random, size, middle + radii * np.array(place), radii * share, 0.25)
        plane = plane * (1 - organ) + organ * (shade + random.normal(0, 0.05))
    for _ in range(int(random.integers(1, 8))):
        gas = brush.blob(random, size, middle + radii * random.uniform(-0.5, 0.4, 2), radii * random.uniform(0.04, 0.12), 0.4)
        plane = plane * (1 - gas) + gas * random.choice([0.03, 0.9])
    cv2.circle(plane, (int(middle[0]), int(middle[1] + radii[1] * 0.55)), int(radii[0] * 0.12), 0.95, -1, cv2.LINE_AA)
    return brush.grey(np.clip(plane + random.normal(0, random.uniform(0.005, 0.05), size), 0, 1))


def head_slice(random: np.random.Generator) -> np.ndarray:
    """A CT or MR slice through the head: skull ring, folded brain, dark middle."""
    body, size, middle, radii = _slice(random, 0.36, 0.45)
    ring = body - brush.blob(random, size, middle, radii * random.uniform(0.86, 0.93), 0.04)
    folds = np.abs(brush.cloud(random, *size, 1.1) - 0.5) * 2
    plane = body * (random.uniform(0.3, 0.5) + random.uniform(0.1, 0.5) * folds) + np.clip(ring, 0, 1) * random.choice([0.6, 0.3, -0.3])
    for side in (-1, 1):
        pool = brush.blob(random, size, (middle[0] + side * radii[0] * 0.15, middle[1]), (radii[0] * 0.1, radii[1] * 0.25), 0.3)
        plane = plane * (1 - pool) + pool * random.choice([0.08, 0.9])
    return brush.grey(np.clip(plane + random.normal(0, random.uniform(0.005, 0.03), size), 0, 1))


PAINTERS = (hand_film, limb_film, skull_film, pelvis_film, spine_film, teeth_film, mammogram, chest_slice, belly_slice, head_slice)
