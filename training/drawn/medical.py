"""Medical pictures of another kind: ultrasound, a retina's layers, endoscopy, tissue, a whole field of blood, an eye from outside."""

import cv2
import numpy as np

from training.drawn import brush


def ultrasound(random: np.random.Generator) -> np.ndarray:
    """A speckled fan on black, with small print."""
    height, width = brush.size(random, 200, 320)
    rows, columns = np.mgrid[0:height, 0:width]
    top, middle = -height * random.uniform(0, 0.3), width / 2
    reach, angle = (np.hypot(rows - top, columns - middle), np.arctan2(columns - middle, rows - top))
    fan = (np.abs(angle) < random.uniform(0.4, 0.8)) & (reach < height * random.uniform(0.9, 1.2)) & (reach > height * 0.15)
    speckle = random.exponential(0.35, (height, width)) * (0.15 + brush.cloud(random, height, width, 1.6) ** 2)
    plane = np.where(fan, cv2.GaussianBlur(speckle, (0, 0), random.uniform(0.6, 1.6)) * random.uniform(1, 2), 0)
    for _ in range(int(random.integers(0, 4))):
        plane *= 1 - 0.9 * brush.blob(random, (height, width), random.uniform(60, 260, 2), random.uniform(10, 50, 2), 0.3)
    out = brush.grey(np.clip(plane, 0, 1))
    brush.write(random, out, 4, 14, 0.3, (200, 200, 160), cv2.FONT_HERSHEY_SIMPLEX)
    return out


def oct_scan(random: np.random.Generator) -> np.ndarray:
    """Bright wavy layers of a retina in section, on dark speckle."""
    height, width = brush.size(random, 160, 320)
    x = np.linspace(0, 1, width)
    dip = random.uniform(0, 0.15) * np.exp(-(((x - 0.5) / 0.1) ** 2)) + random.uniform(-0.15, 0.15) * (x - 0.5) ** 2
    rows = np.linspace(0, 1, height)[:, None] - dip[None] - random.uniform(0.25, 0.45)
    plane = np.full((height, width), 0.08)
    for _ in range(int(random.integers(3, 8))):
        plane += random.uniform(0.2, 0.7) * np.exp(-(((rows - random.uniform(0, 0.25)) / random.uniform(0.006, 0.03)) ** 2))
    plane *= random.gamma(4, 0.25, plane.shape)
    return brush.grey(np.clip(cv2.GaussianBlur(plane, (0, 0), 0.8), 0, 1))


# Medical pictures in colour


def endoscopy(random: np.random.Generator) -> np.ndarray:
    """A wet pink tunnel with glints and dark depth, in a frame with cut corners."""
    height, width = brush.size(random, 180, 320)
    rows, columns = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    depth = np.hypot(rows - random.uniform(-0.5, 0.5), columns - random.uniform(-0.5, 0.5))
    folds = 0.15 * np.sin(depth * random.uniform(6, 20) + 4 * brush.cloud(random, height, width, 1.5))
    plane = np.clip(depth * random.uniform(0.6, 1) + folds + 0.3 * (brush.cloud(random, height, width, 1.3) - 0.5), 0, 1).astype(np.float32)
    page = brush.tint(plane, (50, 10, 10), (random.uniform(200, 255), random.uniform(110, 170), random.uniform(90, 150)))
    for _ in range(int(random.integers(3, 25))):
        page += 255 * brush.blob(random, (height, width), random.uniform(0, 320, 2), random.uniform(1, 6, 2), 0.4)[:, :, None]
    page[(np.abs(rows) + np.abs(columns)) > random.uniform(1.2, 1.9)] = 5
    return brush.to_bytes(page)


def tissue(random: np.random.Generator) -> np.ndarray:
    """A stained section: many dark nuclei in pink ground."""
    height, width = brush.size(random)
    page = brush.tint(brush.cloud(random, height, width, 0.9), (random.uniform(170, 220), 110, 170), (245, random.uniform(200, 230), 235))
    for _ in range(int(random.integers(60, 400))):
        place, axes = (random.integers(0, 320, 2).tolist(), random.integers(2, 7, 2).tolist())
        cv2.ellipse(
            page, place, axes, random.uniform(0, 180), 0, 360, (random.uniform(60, 110), 40, random.uniform(110, 150)), -1, cv2.LINE_AA
        )
    return brush.to_bytes(page + random.normal(0, 4, page.shape))


def blood_field(random: np.random.Generator) -> np.ndarray:
    """A whole field of a smear: many cells, where the model looks at one."""
    height, width = brush.size(random, 200, 340)
    page = np.full((height, width, 3), brush.colour(random, 205, 250), np.float32)
    size, stain = (random.uniform(8, 26), np.array([random.uniform(190, 225), random.uniform(130, 180), random.uniform(150, 200)]))
    for _ in range(int(random.integers(12, 90))):
        place = random.uniform(0, 340, 2)
        cell = brush.blob(random, (height, width), place, (size, size * random.uniform(0.85, 1.1)), 0.06)
        pale = brush.blob(random, (height, width), place, (size * 0.4, size * 0.4), 0.05)
        page = page * (1 - 0.85 * cell[:, :, None]) + 0.85 * cell[:, :, None] * (stain + 22 * pale[:, :, None])
    return brush.to_bytes(page + random.normal(0, 3, page.shape))


def outer_eye(random: np.random.Generator) -> np.ndarray:
    """An eye from outside: lids, white, iris, pupil."""
    height, width = brush.size(random)
    skin = np.array([random.uniform(90, 240), random.uniform(60, 190), random.uniform(50, 170)])
    page = brush.tint(brush.cloud(random, height, width, 1.6), skin * 0.75, skin)
    middle, size = (np.array([width, height]) * random.uniform(0.4, 0.6, 2), min(height, width) * random.uniform(0.22, 0.5))
    white = brush.blob(random, (height, width), middle, (size * 1.1, size * random.uniform(0.45, 0.7)), 0.06)[:, :, None]
    page = page * (1 - white) + white * np.array([235, 225, 220])
    for radius, shade in ((0.5, np.array(brush.colour(random, 20, 170))), (0.2, np.array([12, 10, 10]))):
        disc = brush.blob(random, (height, width), middle, (size * radius, size * radius), 0.01)[:, :, None] * white
        page = page * (1 - disc) + disc * shade * (0.7 + 0.6 * brush.cloud(random, height, width, 0.8)[:, :, None])
    for _ in range(int(random.integers(0, 40))):
        start = middle + np.array([random.uniform(-size, size), -size * 0.55])
        cv2.line(
            page,
            start.astype(int).tolist(),
            (start + np.array([random.normal(0, 8), -size * 0.3])).astype(int).tolist(),
            (20, 15, 15),
            1,
            cv2.LINE_AA,
        )
    return brush.to_bytes(page)


PAINTERS = (ultrasound, oct_scan, endoscopy, tissue, blood_field, outer_eye)
