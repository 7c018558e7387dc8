"""What a telephone is pointed at: faces, landscapes, houses, cloth, animals, balls, meals and flowers, and fingers."""

import cv2
import numpy as np

from training.drawn import brush, films


def face(random: np.random.Generator) -> np.ndarray:
    """A head and shoulders before a ground."""
    height, width = brush.size(random)
    page = brush.tint(brush.cloud(random, height, width, 1.6), brush.colour(random), brush.colour(random))
    skin = np.array([random.uniform(90, 245), random.uniform(60, 200), random.uniform(45, 180)])
    middle, size = (np.array([width * random.uniform(0.4, 0.6), height * 0.42]), min(height, width) * random.uniform(0.2, 0.38))
    for place, radii, shade in (
        ((0, 2.2), (1.7, 1.2), np.array(brush.colour(random))),
        ((0, -0.15), (0.95, 1.25), np.array(brush.colour(random, 5, 120))),
        ((0, 0.1), (0.75, 1.05), skin),
        ((-0.3, -0.1), (0.13, 0.07), np.array([240, 240, 240])),
        ((0.3, -0.1), (0.13, 0.07), np.array([240, 240, 240])),
        ((-0.3, -0.1), (0.06, 0.06), np.array([30, 25, 20])),
        ((0.3, -0.1), (0.06, 0.06), np.array([30, 25, 20])),
        ((0, 0.25), (0.09, 0.2), skin * 0.88),
        ((0, 0.6), (0.28, 0.07), np.array([170, 70, 70])),
    ):
        mask = brush.blob(random, (height, width), middle + size * np.array(place), size * np.array(radii), 0.06)[:, :, None]
        page = page * (1 - mask) + mask * shade * (0.85 + 0.3 * brush.cloud(random, height, width, 1.8)[:, :, None])
    return brush.to_bytes(page)


def landscape(random: np.random.Generator) -> np.ndarray:
    """Sky, hills one behind the other, ground or water, a sun at times."""
    height, width = brush.size(random)
    sky = brush.tint(
        np.linspace(0, 1, height, dtype=np.float32)[:, None].repeat(width, 1), brush.colour(random, 60), brush.colour(random, 150)
    )
    page = sky + 40 * (brush.cloud(random, height, width, 1.7)[:, :, None] - 0.5)
    if random.random() < 0.4:
        sun = brush.blob(random, (height, width), random.uniform(0, 200, 2), (18, 18), 0)[:, :, None]
        page = page * (1 - sun) + sun * np.array([255, 240, 200])
    for horizon in np.sort(random.uniform(0.25, 0.9, int(random.integers(1, 5)))):
        ridge = height * horizon + (brush.cloud(random, 2, width, random.uniform(1, 2))[0] - 0.5) * height * random.uniform(0, 0.4)
        below = np.arange(height)[:, None] > ridge[None]
        ground = brush.tint(
            brush.cloud(random, height, width, random.uniform(0.5, 1.5)), brush.colour(random, 0, 120), brush.colour(random, 30, 200)
        )
        page = np.where(below[:, :, None], ground, page)
    return brush.to_bytes(page)


def buildings(random: np.random.Generator) -> np.ndarray:
    """House fronts with windows, by day or by night."""
    height, width = brush.size(random)
    page = np.full((height, width, 3), brush.colour(random), np.float32)
    for left in range(0, width, int(random.integers(30, 90))):
        wall, top = brush.colour(random), int(random.uniform(0, 0.6) * height)
        right = left + int(random.integers(30, 100))
        cv2.rectangle(page, (left, top), (right, height), wall, -1)
        step, pane = int(random.integers(10, 26)), brush.colour(random)
        for y in range(top + 6, height - 6, step):
            for x in range(left + 5, right - 6, step):
                cv2.rectangle(page, (x, y), (x + step // 2, y + step // 2), pane if random.random() < 0.8 else brush.colour(random), -1)
    return brush.to_bytes(page * (0.7 + 0.5 * brush.cloud(random, height, width, 1.5)[:, :, None]))


def weave(random: np.random.Generator) -> np.ndarray:
    """Cloth, brick, tiles: a ground that repeats."""
    height, width = brush.size(random)
    rows, columns = np.mgrid[0:height, 0:width]
    high, wide = random.integers(4, 40), random.integers(4, 60)
    line = rows // high
    brick = ((columns + (line % 2) * wide // 2) // wide + line * 31) % 97
    shade = random.uniform(0.5, 1, 97)[brick] * (0.7 + 0.5 * brush.cloud(random, height, width, 0.6))
    joint = ((rows % high) < 2) | (((columns + (line % 2) * wide // 2) % wide) < 2)
    page = brush.tint(np.clip(shade, 0, 1).astype(np.float32), brush.colour(random, 0, 120), brush.colour(random, 60))
    page[joint] = brush.colour(random)
    return brush.to_bytes(page)


def wood(random: np.random.Generator) -> np.ndarray:
    """Grain along one direction, in browns and greys."""
    height, width = brush.size(random)
    plane = cv2.resize(brush.cloud(random, height, 12, 0.7), (width, height), interpolation=cv2.INTER_CUBIC)
    rings = 0.5 + 0.5 * np.sin(plane * random.uniform(10, 50) + brush.cloud(random, height, width, 1.8) * 6)
    page = brush.tint(
        rings.astype(np.float32),
        brush.colour(random, 20, 130),
        (random.uniform(120, 240), random.uniform(90, 190), random.uniform(50, 150)),
    )
    return brush.to_bytes(np.rot90(page, int(random.integers(0, 2))))


def blades(random: np.random.Generator) -> np.ndarray:
    """Grass, hair, fur, leaves: many strokes."""
    height, width = brush.size(random)
    page = np.full((height, width, 3), brush.colour(random, 0, 140), np.uint8)
    base, lean = np.array(brush.colour(random, 40)), random.uniform(-1, 1)
    for _ in range(int(random.integers(200, 900))):
        start = random.uniform(0, 340, 2)
        end = start + np.array([lean * 20 + random.normal(0, 6), -random.uniform(8, 45)])
        shade = (base * random.uniform(0.4, 1.2)).clip(0, 255)
        cv2.line(page, start.astype(int).tolist(), end.astype(int).tolist(), shade.tolist(), int(random.integers(1, 4)), cv2.LINE_AA)
    return page


def animal(random: np.random.Generator) -> np.ndarray:
    """A furry head with ears, eyes and a nose, before a ground."""
    height, width = brush.size(random)
    page = brush.tint(brush.cloud(random, height, width, 1.3), brush.colour(random), brush.colour(random))
    fur = np.array([random.uniform(40, 240), random.uniform(30, 210), random.uniform(20, 190)])
    middle, size = (np.array([width, height]) * random.uniform(0.4, 0.6, 2), min(height, width) * random.uniform(0.25, 0.45))
    for place, radii, shade in (
        ((0, 1.4), (1.1, 1), fur * 0.9),
        ((-0.6, -0.7), (0.28, 0.5), fur * 0.8),
        ((0.6, -0.7), (0.28, 0.5), fur * 0.8),
        ((0, 0), (0.95, 0.85), fur),
        ((-0.35, -0.1), (0.16, 0.13), np.array(brush.colour(random, 60))),
        ((0.35, -0.1), (0.16, 0.13), np.array(brush.colour(random, 60))),
        ((-0.35, -0.1), (0.06, 0.12), np.array([10, 10, 10])),
        ((0.35, -0.1), (0.06, 0.12), np.array([10, 10, 10])),
        ((0, 0.3), (0.12, 0.08), np.array([200, 120, 120]) * random.uniform(0.2, 1)),
    ):
        mask = brush.blob(random, (height, width), middle + size * np.array(place), size * np.array(radii), 0.1)[:, :, None]
        page = page * (1 - mask) + mask * shade * (0.6 + 0.7 * brush.cloud(random, height, width, random.uniform(0.4, 0.9))[:, :, None])
    return brush.grey(page.mean(axis=2) / 255) if random.random() < 0.15 else brush.to_bytes(page)


def ball(random: np.random.Generator) -> np.ndarray:
    """One lit round thing: fruit, planet, ball, coin, plate; on black, white, or a ground."""
    height, width = brush.size(random)
    ground = random.choice(["black", "white", "cloud"])
    page = np.zeros((height, width, 3), np.float32) + (250 if ground == "white" else 3)
    if ground == "cloud":
        page = brush.tint(brush.cloud(random, height, width, 1.5), brush.colour(random), brush.colour(random))
    middle, size = (np.array([width, height]) * random.uniform(0.42, 0.58, 2), min(height, width) * random.uniform(0.25, 0.5))
    rows, columns = np.mgrid[0:height, 0:width]
    light = (
        1
        - 0.6 * np.hypot(columns - middle[0] + size * random.uniform(-0.6, 0.6), rows - middle[1] + size * random.uniform(-0.6, 0.6)) / size
    )
    disc = brush.blob(random, (height, width), middle, (size, size), random.uniform(0, 0.12))[:, :, None]
    look = random.integers(0, 4)
    skin = brush.tint(brush.cloud(random, height, width, random.uniform(0.6, 2)), brush.colour(random), brush.colour(random, 80))
    if look == 0:
        skin = brush.tint(
            (0.5 + 0.5 * np.sin(rows / random.uniform(3, 20) + 2 * brush.cloud(random, height, width, 1.5))).astype(np.float32),
            brush.colour(random),
            brush.colour(random),
        )
    if look == 1:
        skin = np.full((height, width, 3), brush.colour(random, 60), np.float32) * (
            0.94 + 0.12 * brush.cloud(random, height, width, 0.3)[:, :, None]
        )
    if look == 2:
        for _ in range(int(random.integers(2, 30))):
            spot = brush.blob(random, (height, width), middle + random.normal(0, size / 2, 2), random.uniform(2, size / 3, 2), 0.3)[
                :, :, None
            ]
            skin = skin * (1 - spot) + spot * np.array(brush.colour(random))
    return brush.to_bytes(page * (1 - disc) + disc * skin * np.clip(light, 0.15, 1.1)[:, :, None])


def meal(random: np.random.Generator) -> np.ndarray:
    """Food on a plate: many coloured lumps on a disc."""
    height, width = brush.size(random)
    page = brush.tint(brush.cloud(random, height, width, 1.3), brush.colour(random, 30, 150), brush.colour(random, 80))
    middle, size = (np.array([width, height]) / 2, min(height, width) * random.uniform(0.35, 0.5))
    plate = brush.blob(random, (height, width), middle, (size, size), 0.01)[:, :, None]
    page = page * (1 - plate) + plate * random.uniform(200, 250)
    for _ in range(int(random.integers(6, 40))):
        lump = brush.blob(random, (height, width), middle + random.normal(0, size / 3, 2), random.uniform(4, size / 3, 2), 0.4)[:, :, None]
        colour = np.array([random.uniform(60, 240), random.uniform(30, 200), random.uniform(10, 120)])
        page = page * (1 - lump) + lump * colour * (0.6 + 0.6 * brush.cloud(random, height, width, 0.9)[:, :, None])
    return brush.to_bytes(page)


def flower(random: np.random.Generator) -> np.ndarray:
    """Petals around a middle, before leaves."""
    height, width = brush.size(random)
    page = brush.tint(
        brush.cloud(random, height, width, 1.2), (10, random.uniform(20, 90), 10), (random.uniform(60, 140), random.uniform(110, 200), 60)
    )
    middle, size = (np.array([width, height]) * random.uniform(0.4, 0.6, 2), min(height, width) * random.uniform(0.12, 0.28))
    petal, count = np.array(brush.colour(random, 60)), int(random.integers(4, 16))
    for angle in np.linspace(0, 2 * np.pi, count, endpoint=False):
        centre = middle + size * np.array([np.cos(angle), np.sin(angle)])
        mask = brush.blob(random, (height, width), centre, (size * 0.6, size * 0.6), 0.2)[:, :, None]
        page = page * (1 - mask) + mask * petal * (0.55 + 0.55 * brush.cloud(random, height, width, 1.2)[:, :, None])
    core = brush.blob(random, (height, width), middle, (size * 0.4, size * 0.4), 0.1)[:, :, None]
    return brush.to_bytes(page * (1 - core) + core * np.array(brush.colour(random, 40)))


def lights(random: np.random.Generator) -> np.ndarray:
    """Points and discs of light in the dark: night, stars, out-of-focus lamps."""
    height, width = brush.size(random)
    page = np.zeros((height, width, 3), np.float32) + np.array(brush.colour(random, 0, 30))
    for _ in range(int(random.integers(10, 200))):
        place, size = (random.integers(0, 320, 2).tolist(), int(random.choice([1, 1, 2, 3, 8, 16])))
        cv2.circle(page, place, size, (np.array(brush.colour(random, 90)) * random.uniform(0.3, 1)).tolist(), -1, cv2.LINE_AA)
    return brush.to_bytes(cv2.GaussianBlur(page, (0, 0), random.uniform(0.5, 3)))


def fingers(random: np.random.Generator) -> np.ndarray:
    """A hand or arm photographed on a ground, from far: skin, but no spot close up."""
    height, width = brush.size(random)
    page = brush.tint(brush.cloud(random, height, width, 1.4), brush.colour(random, 0, 140), brush.colour(random, 60, 256))
    skin = np.array([random.uniform(110, 245), random.uniform(80, 200), random.uniform(60, 180)])
    body, bone = (np.zeros((height, width), np.float32), np.zeros((height, width), np.float32))
    wrist, reach = (width / 2, height * 0.75), height * random.uniform(0.5, 0.8)
    films.hand_bones(random, body, bone, wrist, reach, random.uniform(-0.6, 0.6))
    np.maximum(body, brush.blob(random, body.shape, (wrist[0], wrist[1] - reach * 0.15), (reach * 0.25, reach * 0.35), 0.05), out=body)
    shade = (0.75 + 0.35 * cv2.GaussianBlur(body, (0, 0), 8) - 0.1 * bone)[:, :, None] * (
        0.9 + 0.2 * brush.cloud(random, height, width, 1)[:, :, None]
    )
    body = cv2.GaussianBlur(body, (0, 0), 1)[:, :, None].clip(0, 1)
    return brush.to_bytes(page * (1 - body) + body * skin * shade)


# The world


PAINTERS = (face, landscape, buildings, weave, wood, blades, animal, ball, meal, flower, lights, fingers)
