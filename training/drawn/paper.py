"""Documents, screens and patterns: pages of words, charts, maps, strips of an ECG, noise, stripes and shapes."""

import cv2
import numpy as np

from training.drawn import brush


def text_page(random: np.random.Generator) -> np.ndarray:
    """Lines of print, dark on light or light on dark."""
    height, width = brush.size(random, 200, 420)
    light, dark = brush.colour(random, 200), brush.colour(random, 0, 80)
    paper, ink = (light, dark) if random.random() < 0.8 else (dark, light)
    page = np.full((height, width, 3), paper, np.uint8)
    scale, font, margin = (random.uniform(0.25, 0.9), int(random.choice(brush.FONTS)), int(random.uniform(0.02, 0.12) * width))
    for top in range(margin + 10, height - margin, max(8, int(scale * random.uniform(26, 40)))):
        if random.random() < 0.9:
            brush.write(random, page, margin, top, scale, ink, font)
    page[:, width - margin :] = paper
    return page


def few_words(random: np.random.Generator) -> np.ndarray:
    """A sign, a title, a sticky note: some large words on one colour."""
    height, width = brush.size(random)
    page = np.full((height, width, 3), brush.colour(random), np.uint8)
    for _ in range(int(random.integers(1, 5))):
        brush.write(
            random,
            page,
            int(random.integers(0, width // 2)),
            int(random.integers(20, height)),
            random.uniform(0.6, 3),
            brush.colour(random),
        )
    return page


def form(random: np.random.Generator) -> np.ndarray:
    """A printed form or table, photographed on a table or scanned."""
    height, width = brush.size(random, 220, 400)
    page = np.full((height, width, 3), brush.colour(random, 215), np.uint8)
    ink = brush.colour(random, 0, 110)
    rows, columns = int(random.integers(4, 16)), int(random.integers(1, 6))
    for row in range(rows + 1):
        y = 20 + row * (height - 40) // rows
        cv2.line(page, (12, y), (width - 12, y), ink, 1)
        for column in range(columns):
            x = 12 + column * (width - 24) // columns
            cv2.line(page, (x, 20), (x, height - 20), ink, 1)
            if random.random() < 0.7:
                cv2.putText(
                    page,
                    brush.words(random)[: 60 // columns // 2],
                    (x + 4, y - 4),
                    int(random.choice(brush.FONTS)),
                    0.3,
                    ink,
                    1,
                    cv2.LINE_AA,
                )
    if random.random() < 0.5:
        corner, side = (width - 80, 25), int(random.integers(40, 70))
        page[corner[1] : corner[1] + side, corner[0] : corner[0] + side] = brush.colour(random)
    return brush.to_bytes(page * (0.6 + 0.4 * brush.cloud(random, height, width, 2)[:, :, None])) if random.random() < 0.5 else page


def handwriting(random: np.random.Generator) -> np.ndarray:
    """Wavy lines of ink on lined paper."""
    height, width = brush.size(random)
    page = brush.tint(brush.cloud(random, height, width, 1.8), brush.colour(random, 170, 220), brush.colour(random, 225))
    ink = brush.colour(random, 0, 120)
    for top in range(20, height - 8, int(random.integers(16, 34))):
        cv2.line(page, (0, top + 5), (width, top + 5), (170, 190, 215), 1)
        x = np.arange(10, width - 10 - int(random.integers(0, width // 2)), 2)
        y = top + np.cumsum(random.normal(0, 2.2, len(x))) * 0.4 + 5 * np.sin(x * random.uniform(0.3, 0.9) + 2 * np.sin(x / 9))
        cv2.polylines(page, [np.stack([x, np.clip(y, top - 12, top + 8)], 1).astype(np.int32)], False, ink, 1, cv2.LINE_AA)
    return brush.to_bytes(page)


def barcode(random: np.random.Generator) -> np.ndarray:
    """Bars or a matrix code on a label."""
    height, width = brush.size(random)
    page = np.full((height, width, 3), brush.colour(random, 220), np.uint8)
    if random.random() < 0.5:
        bars = (random.random(width) < 0.5).astype(np.uint8).repeat(int(random.integers(1, 5)))[:width]
        page[height // 6 : -height // 4][:, bars[:width] > 0] = 15
    else:
        cells = int(random.integers(15, 45))
        code = cv2.resize(
            (random.random((cells, cells)) < 0.5).astype(np.uint8) * 235 + 10, (width, height), interpolation=cv2.INTER_NEAREST
        )
        page[12:-12, 12:-12] = code[12:-12, 12:-12, None]
    return page


def screenshot(random: np.random.Generator) -> np.ndarray:
    """A window of a program: bars, panels, icons, lines of text."""
    height, width = brush.size(random, 220, 420)
    base = random.integers(225, 256) if random.random() < 0.6 else random.integers(15, 60)
    page = np.full((height, width, 3), base, np.uint8)
    accent, ink = brush.colour(random), (30, 30, 30) if base > 128 else (215, 215, 215)
    cv2.rectangle(page, (0, 0), (width, int(height * random.uniform(0.05, 0.14))), accent, -1)
    side = int(width * random.uniform(0.1, 0.3))
    cv2.rectangle(page, (0, 0), (side, height), tuple(int(0.9 * base) + 8 for _ in range(3)), -1)
    for _ in range(int(random.integers(4, 26))):
        left, top = (int(random.integers(0, width - 30)), int(random.integers(20, height - 10)))
        if random.random() < 0.3:
            shade = brush.colour(random)
            cv2.rectangle(page, (left, top), (left + int(random.integers(10, 90)), top + int(random.integers(6, 60))), shade, -1)
        else:
            brush.write(random, page, left, top, random.uniform(0.25, 0.5), ink, cv2.FONT_HERSHEY_SIMPLEX)
    return page


def chart(random: np.random.Generator) -> np.ndarray:
    """Bars, lines, points or a pie, with axes."""
    height, width = brush.size(random, 200, 360)
    page = np.full((height, width, 3), 255 if random.random() < 0.8 else 25, np.uint8)
    left, bottom, kind = 30, height - 25, random.integers(0, 4)
    if kind == 0:
        count = int(random.integers(3, 20))
        for i in range(count):
            x, top = (left + i * (width - 40) // count, int(random.uniform(15, bottom - 5)))
            cv2.rectangle(page, (x + 2, top), (x + max(4, (width - 60) // count), bottom), brush.colour(random), -1)
    elif kind == 1:
        across = np.linspace(left, width - 10, 60)
        for _ in range(int(random.integers(1, 5))):
            y = height / 2 + np.cumsum(random.normal(0, 6, 60))
            cv2.polylines(page, [np.stack([across, y.clip(5, bottom)], 1).astype(np.int32)], False, brush.colour(random), 2, cv2.LINE_AA)
    elif kind == 2:
        for _ in range(int(random.integers(20, 200))):
            place = (int(random.normal(width / 2, width / 6)), int(random.normal(height / 2, height / 6)))
            cv2.circle(page, place, int(random.integers(1, 5)), brush.colour(random), -1, cv2.LINE_AA)
    else:
        cuts = np.sort(random.uniform(0, 360, int(random.integers(2, 9))))
        for start, stop in zip(cuts, [*cuts[1:], cuts[0] + 360], strict=True):
            cv2.ellipse(page, (width // 2, height // 2), (height // 3, height // 3), 0, start, stop, brush.colour(random), -1, cv2.LINE_AA)
    if kind < 3:
        cv2.line(page, (left, 8), (left, bottom), (90, 90, 90), 1)
        cv2.line(page, (left, bottom), (width - 8, bottom), (90, 90, 90), 1)
    brush.write(random, page, left, 14, 0.35, (100, 100, 100), cv2.FONT_HERSHEY_SIMPLEX)
    return page


def street_map(random: np.random.Generator) -> np.ndarray:
    """Roads, water and blocks from above."""
    height, width = brush.size(random)
    page = np.full((height, width, 3), brush.colour(random, 215), np.uint8)
    for _ in range(int(random.integers(1, 6))):
        page[brush.blob(random, (height, width), random.uniform(0, 300, 2), random.uniform(15, 90, 2), 0.6) > 0.5] = brush.colour(
            random, 140
        )
    for _ in range(int(random.integers(6, 30))):
        ends = random.integers(-40, 360, (2, 2))
        cv2.line(page, ends[0].tolist(), ends[1].tolist(), brush.colour(random, 180), int(random.integers(1, 8)), cv2.LINE_AA)
    return page


def ecg(random: np.random.Generator) -> np.ndarray:
    """Heart traces on squared paper."""
    height, width = brush.size(random, 180, 400)
    page = np.full((height, width, 3), (255, int(random.integers(225, 250)), int(random.integers(220, 245))), np.uint8)
    step, grid = (int(random.integers(6, 14)), (245, int(random.integers(150, 200)), int(random.integers(150, 200))))
    page[::step], page[:, ::step] = grid, grid
    for top in range(30, height - 10, int(random.integers(35, 70))):
        x = np.arange(width)
        phase = (x / random.uniform(30, 60)) % 1
        y = top - 22 * np.exp(-(((phase - 0.4) / 0.03) ** 2)) - 5 * np.exp(-(((phase - 0.7) / 0.07) ** 2)) + random.normal(0, 0.6, width)
        cv2.polylines(page, [np.stack([x, y], 1).astype(np.int32)], False, (20, 20, 60), 1, cv2.LINE_AA)
    return page


# Nothing at all


def white_noise(random: np.random.Generator) -> np.ndarray:
    """Grain, grey or coloured, fine or coarse."""
    height, width = brush.size(random, 60, 320)
    grain = int(random.integers(1, 9))
    planes = 3 if random.random() < 0.5 else 1
    low, high = sorted(random.uniform(0, 255, 2))
    noise = random.uniform(low, max(high, low + 25), (height // grain + 1, width // grain + 1, planes))
    if random.random() < 0.4:
        noise = random.normal((low + high) / 2, random.uniform(8, 60), noise.shape)
    big = cv2.resize(noise.astype(np.float32), (width, height), interpolation=int(random.choice([cv2.INTER_NEAREST, cv2.INTER_CUBIC])))
    return brush.to_bytes(np.broadcast_to(big.reshape(height, width, -1), (height, width, 3)))


def clouds(random: np.random.Generator) -> np.ndarray:
    """Soft noise of any roughness between two colours or in grey."""
    height, width = brush.size(random, 100, 320)
    plane = brush.cloud(random, height, width, random.uniform(0.6, 2.2))
    return brush.grey(plane) if random.random() < 0.5 else brush.to_bytes(brush.tint(plane, brush.colour(random), brush.colour(random)))


def gradient(random: np.random.Generator) -> np.ndarray:
    """One colour running into another, straight or round."""
    height, width = brush.size(random, 100, 320)
    rows, columns = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    turn = random.uniform(0, 2 * np.pi)
    plane = rows * np.sin(turn) + columns * np.cos(turn)
    if random.random() < 0.5:
        plane = np.hypot(rows - random.uniform(-0.5, 0.5), columns - random.uniform(-0.5, 0.5)) * random.uniform(0.5, 1.5)
    plane = np.clip(plane / 2 + 0.5, 0, 1) if random.random() < 0.6 else 0.5 + 0.5 * np.sin(plane * random.uniform(2, 12))
    if random.random() < 0.4:
        return brush.grey(plane)
    return brush.to_bytes(
        brush.tint(plane, brush.colour(random), brush.colour(random)) + random.normal(0, random.uniform(0, 6), (height, width, 1))
    )


def stripes(random: np.random.Generator) -> np.ndarray:
    """Stripes, checks and dots."""
    height, width = brush.size(random)
    rows, columns = np.mgrid[0:height, 0:width] / random.uniform(4, 60)
    turn = random.uniform(0, np.pi)
    along, across = (rows * np.sin(turn) + columns * np.cos(turn), rows * np.cos(turn) - columns * np.sin(turn))
    kind = random.integers(0, 3)
    plane = np.floor(along) % 2 if kind == 0 else (np.floor(along) + np.floor(across)) % 2
    if kind == 2:
        plane = (np.hypot(along % 1 - 0.5, across % 1 - 0.5) < random.uniform(0.15, 0.45)).astype(float)
    soft = cv2.GaussianBlur(plane.astype(np.float32), (0, 0), random.uniform(0.5, 4))
    return brush.grey(soft) if random.random() < 0.3 else brush.to_bytes(brush.tint(soft, brush.colour(random), brush.colour(random)))


def shapes(random: np.random.Generator) -> np.ndarray:
    """Ellipses and boxes of random colours, or in grey, on a plain ground."""
    height, width = brush.size(random)
    page = brush.tint(brush.cloud(random, height, width, 2), brush.colour(random), brush.colour(random)) * random.uniform(0, 1)
    for _ in range(int(random.integers(1, 12))):
        mask = brush.blob(random, (height, width), random.uniform(0, 320, 2), random.uniform(8, 130, 2), random.uniform(0, 0.6))[:, :, None]
        page = page * (1 - mask) + mask * np.array(brush.colour(random), np.float32)
    return brush.grey(page.mean(axis=2) / 255) if random.random() < 0.4 else brush.to_bytes(page)


# Radiology other than the chest


PAINTERS = (
    text_page,
    few_words,
    form,
    handwriting,
    barcode,
    screenshot,
    chart,
    street_map,
    ecg,
    white_noise,
    clouds,
    gradient,
    stripes,
    shapes,
)
