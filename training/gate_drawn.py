"""Pictures of everything that no model here is made for, drawn by code, for the gate to learn to refuse.

Each painter takes a seeded generator and gives uint8 (h, w, 3) RGB; no two of its pictures are alike. The name of a painter is its kind:
the measurement holds out whole kinds. Drawings need not fool a person: they must cover the ways in which a picture can be a wrong one.
"""

from collections.abc import Callable

import cv2
import numpy as np

Painter = Callable[[np.random.Generator], np.ndarray]
_FONTS = (
    cv2.FONT_HERSHEY_SIMPLEX,
    cv2.FONT_HERSHEY_DUPLEX,
    cv2.FONT_HERSHEY_COMPLEX,
    cv2.FONT_HERSHEY_TRIPLEX,
    cv2.FONT_HERSHEY_SCRIPT_SIMPLEX,
    cv2.FONT_HERSHEY_SCRIPT_COMPLEX,
)


def cloud(random: np.random.Generator, height: int, width: int, roughness: float = 1.0) -> np.ndarray:
    """Noise whose amplitude falls with frequency to the power of `roughness` (0 is white): float32 (h, w), 0 to 1."""
    rows, columns = (np.fft.fftfreq(height)[:, None] * height, np.fft.rfftfreq(width)[None, :] * width)
    frequency = np.maximum(np.hypot(rows, columns), 1)
    wave = np.fft.irfft2(np.fft.rfft2(random.standard_normal((height, width))) / frequency**roughness, (height, width))
    low, high = np.percentile(wave, [0.5, 99.5])
    return np.clip((wave - low) / (high - low + 1e-9), 0, 1).astype(np.float32)


def _size(random: np.random.Generator, low: int = 160, high: int = 320) -> tuple[int, int]:
    return int(random.integers(low, high)), int(random.integers(low, high))


def _colour(random: np.random.Generator, low: int = 0, high: int = 256) -> tuple[int, int, int]:
    colour = random.integers(low, high, 3)
    pale = random.uniform(0, 1) ** 0.7  # most things are far from pure colours
    red, green, blue = (colour * (1 - pale) + colour.mean() * pale).astype(int)
    return int(red), int(green), int(blue)


def _tint(plane: np.ndarray, dark, bright) -> np.ndarray:
    """A float (h, w) of 0 to 1 as a mixture of two colours: float32 (h, w, 3)."""
    return (plane[:, :, None] * np.array(bright, np.float32) + (1 - plane[:, :, None]) * np.array(dark, np.float32)).astype(np.float32)


def _bytes(pixels: np.ndarray) -> np.ndarray:
    return np.clip(pixels, 0, 255).astype(np.uint8)


def _grey(plane: np.ndarray) -> np.ndarray:
    """A float (h, w) of 0 to 1 as grey uint8 (h, w, 3)."""
    return np.repeat(_bytes(plane * 255)[:, :, None], 3, axis=2)


def _blob(random: np.random.Generator, size: tuple[int, int], centre, radii, wobble: float = 0.15) -> np.ndarray:
    """A filled, wobbly ellipse, its edge softened by a pixel: float32 (h, w), 0 to 1."""
    angle = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    reach = np.ones(72)
    for wave in range(1, 6):
        reach += wobble / wave * random.standard_normal() * np.cos(wave * angle + random.uniform(0, 6.3)) / 2
    points = np.stack([centre[0] + radii[0] * reach * np.cos(angle), centre[1] + radii[1] * reach * np.sin(angle)], axis=1)
    mask = np.zeros(size, np.uint8)
    cv2.fillPoly(mask, [np.round(points).astype(np.int32)], 255)
    return cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), 1)


def _words(random: np.random.Generator) -> str:
    letters = "abcdefghiklmnoprstuvwxyzABDEGHKMRST0123456789"
    return " ".join("".join(random.choice(list(letters), random.integers(2, 9))) for _ in range(random.integers(2, 9)))


def _write(random: np.random.Generator, pixels: np.ndarray, left: int, top: int, scale: float, ink, font: int | None = None) -> None:
    face = int(random.choice(_FONTS)) if font is None else font
    cv2.putText(pixels, _words(random), (left, top), face, scale, ink, 1 + int(scale > 0.9), cv2.LINE_AA)


# Documents and screens


def text_page(random: np.random.Generator) -> np.ndarray:
    """Lines of print, dark on light or light on dark."""
    height, width = _size(random, 200, 420)
    light, dark = _colour(random, 200), _colour(random, 0, 80)
    paper, ink = (light, dark) if random.random() < 0.8 else (dark, light)
    page = np.full((height, width, 3), paper, np.uint8)
    scale, font, margin = (random.uniform(0.25, 0.9), int(random.choice(_FONTS)), int(random.uniform(0.02, 0.12) * width))
    for top in range(margin + 10, height - margin, max(8, int(scale * random.uniform(26, 40)))):
        if random.random() < 0.9:
            _write(random, page, margin, top, scale, ink, font)
    page[:, width - margin :] = paper
    return page


def few_words(random: np.random.Generator) -> np.ndarray:
    """A sign, a title, a sticky note: some large words on one colour."""
    height, width = _size(random)
    page = np.full((height, width, 3), _colour(random), np.uint8)
    for _ in range(int(random.integers(1, 5))):
        _write(random, page, int(random.integers(0, width // 2)), int(random.integers(20, height)), random.uniform(0.6, 3), _colour(random))
    return page


def form(random: np.random.Generator) -> np.ndarray:
    """A printed form or table, photographed on a table or scanned."""
    height, width = _size(random, 220, 400)
    page = np.full((height, width, 3), _colour(random, 215), np.uint8)
    ink = _colour(random, 0, 110)
    rows, columns = int(random.integers(4, 16)), int(random.integers(1, 6))
    for row in range(rows + 1):
        y = 20 + row * (height - 40) // rows
        cv2.line(page, (12, y), (width - 12, y), ink, 1)
        for column in range(columns):
            x = 12 + column * (width - 24) // columns
            cv2.line(page, (x, 20), (x, height - 20), ink, 1)
            if random.random() < 0.7:
                cv2.putText(
                    page, _words(random)[: 60 // columns // 2], (x + 4, y - 4), int(random.choice(_FONTS)), 0.3, ink, 1, cv2.LINE_AA
                )
    if random.random() < 0.5:
        corner, side = (width - 80, 25), int(random.integers(40, 70))
        page[corner[1] : corner[1] + side, corner[0] : corner[0] + side] = _colour(random)
    return _bytes(page * (0.6 + 0.4 * cloud(random, height, width, 2)[:, :, None])) if random.random() < 0.5 else page


def handwriting(random: np.random.Generator) -> np.ndarray:
    """Wavy lines of ink on lined paper."""
    height, width = _size(random)
    page = _tint(cloud(random, height, width, 1.8), _colour(random, 170, 220), _colour(random, 225))
    ink = _colour(random, 0, 120)
    for top in range(20, height - 8, int(random.integers(16, 34))):
        cv2.line(page, (0, top + 5), (width, top + 5), (170, 190, 215), 1)
        x = np.arange(10, width - 10 - int(random.integers(0, width // 2)), 2)
        y = top + np.cumsum(random.normal(0, 2.2, len(x))) * 0.4 + 5 * np.sin(x * random.uniform(0.3, 0.9) + 2 * np.sin(x / 9))
        cv2.polylines(page, [np.stack([x, np.clip(y, top - 12, top + 8)], 1).astype(np.int32)], False, ink, 1, cv2.LINE_AA)
    return _bytes(page)


def barcode(random: np.random.Generator) -> np.ndarray:
    """Bars or a matrix code on a label."""
    height, width = _size(random)
    page = np.full((height, width, 3), _colour(random, 220), np.uint8)
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
    height, width = _size(random, 220, 420)
    base = random.integers(225, 256) if random.random() < 0.6 else random.integers(15, 60)
    page = np.full((height, width, 3), base, np.uint8)
    accent, ink = _colour(random), (30, 30, 30) if base > 128 else (215, 215, 215)
    cv2.rectangle(page, (0, 0), (width, int(height * random.uniform(0.05, 0.14))), accent, -1)
    side = int(width * random.uniform(0.1, 0.3))
    cv2.rectangle(page, (0, 0), (side, height), tuple(int(0.9 * base) + 8 for _ in range(3)), -1)
    for _ in range(int(random.integers(4, 26))):
        left, top = (int(random.integers(0, width - 30)), int(random.integers(20, height - 10)))
        if random.random() < 0.3:
            shade = _colour(random)
            cv2.rectangle(page, (left, top), (left + int(random.integers(10, 90)), top + int(random.integers(6, 60))), shade, -1)
        else:
            _write(random, page, left, top, random.uniform(0.25, 0.5), ink, cv2.FONT_HERSHEY_SIMPLEX)
    return page


def chart(random: np.random.Generator) -> np.ndarray:
    """Bars, lines, points or a pie, with axes."""
    height, width = _size(random, 200, 360)
    page = np.full((height, width, 3), 255 if random.random() < 0.8 else 25, np.uint8)
    left, bottom, kind = 30, height - 25, random.integers(0, 4)
    if kind == 0:
        count = int(random.integers(3, 20))
        for i in range(count):
            x, top = (left + i * (width - 40) // count, int(random.uniform(15, bottom - 5)))
            cv2.rectangle(page, (x + 2, top), (x + max(4, (width - 60) // count), bottom), _colour(random), -1)
    elif kind == 1:
        across = np.linspace(left, width - 10, 60)
        for _ in range(int(random.integers(1, 5))):
            y = height / 2 + np.cumsum(random.normal(0, 6, 60))
            cv2.polylines(page, [np.stack([across, y.clip(5, bottom)], 1).astype(np.int32)], False, _colour(random), 2, cv2.LINE_AA)
    elif kind == 2:
        for _ in range(int(random.integers(20, 200))):
            place = (int(random.normal(width / 2, width / 6)), int(random.normal(height / 2, height / 6)))
            cv2.circle(page, place, int(random.integers(1, 5)), _colour(random), -1, cv2.LINE_AA)
    else:
        cuts = np.sort(random.uniform(0, 360, int(random.integers(2, 9))))
        for start, stop in zip(cuts, [*cuts[1:], cuts[0] + 360], strict=True):
            cv2.ellipse(page, (width // 2, height // 2), (height // 3, height // 3), 0, start, stop, _colour(random), -1, cv2.LINE_AA)
    if kind < 3:
        cv2.line(page, (left, 8), (left, bottom), (90, 90, 90), 1)
        cv2.line(page, (left, bottom), (width - 8, bottom), (90, 90, 90), 1)
    _write(random, page, left, 14, 0.35, (100, 100, 100), cv2.FONT_HERSHEY_SIMPLEX)
    return page


def street_map(random: np.random.Generator) -> np.ndarray:
    """Roads, water and blocks from above."""
    height, width = _size(random)
    page = np.full((height, width, 3), _colour(random, 215), np.uint8)
    for _ in range(int(random.integers(1, 6))):
        page[_blob(random, (height, width), random.uniform(0, 300, 2), random.uniform(15, 90, 2), 0.6) > 0.5] = _colour(random, 140)
    for _ in range(int(random.integers(6, 30))):
        ends = random.integers(-40, 360, (2, 2))
        cv2.line(page, ends[0].tolist(), ends[1].tolist(), _colour(random, 180), int(random.integers(1, 8)), cv2.LINE_AA)
    return page


def ecg(random: np.random.Generator) -> np.ndarray:
    """Heart traces on squared paper."""
    height, width = _size(random, 180, 400)
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
    height, width = _size(random, 60, 320)
    grain = int(random.integers(1, 9))
    planes = 3 if random.random() < 0.5 else 1
    low, high = sorted(random.uniform(0, 255, 2))
    noise = random.uniform(low, max(high, low + 25), (height // grain + 1, width // grain + 1, planes))
    if random.random() < 0.4:
        noise = random.normal((low + high) / 2, random.uniform(8, 60), noise.shape)
    big = cv2.resize(noise.astype(np.float32), (width, height), interpolation=int(random.choice([cv2.INTER_NEAREST, cv2.INTER_CUBIC])))
    return _bytes(np.broadcast_to(big.reshape(height, width, -1), (height, width, 3)))


def clouds(random: np.random.Generator) -> np.ndarray:
    """Soft noise of any roughness between two colours or in grey."""
    height, width = _size(random, 100, 320)
    plane = cloud(random, height, width, random.uniform(0.6, 2.2))
    return _grey(plane) if random.random() < 0.5 else _bytes(_tint(plane, _colour(random), _colour(random)))


def gradient(random: np.random.Generator) -> np.ndarray:
    """One colour running into another, straight or round."""
    height, width = _size(random, 100, 320)
    rows, columns = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    turn = random.uniform(0, 2 * np.pi)
    plane = rows * np.sin(turn) + columns * np.cos(turn)
    if random.random() < 0.5:
        plane = np.hypot(rows - random.uniform(-0.5, 0.5), columns - random.uniform(-0.5, 0.5)) * random.uniform(0.5, 1.5)
    plane = np.clip(plane / 2 + 0.5, 0, 1) if random.random() < 0.6 else 0.5 + 0.5 * np.sin(plane * random.uniform(2, 12))
    if random.random() < 0.4:
        return _grey(plane)
    return _bytes(_tint(plane, _colour(random), _colour(random)) + random.normal(0, random.uniform(0, 6), (height, width, 1)))


def stripes(random: np.random.Generator) -> np.ndarray:
    """Stripes, checks and dots."""
    height, width = _size(random)
    rows, columns = np.mgrid[0:height, 0:width] / random.uniform(4, 60)
    turn = random.uniform(0, np.pi)
    along, across = (rows * np.sin(turn) + columns * np.cos(turn), rows * np.cos(turn) - columns * np.sin(turn))
    kind = random.integers(0, 3)
    plane = np.floor(along) % 2 if kind == 0 else (np.floor(along) + np.floor(across)) % 2
    if kind == 2:
        plane = (np.hypot(along % 1 - 0.5, across % 1 - 0.5) < random.uniform(0.15, 0.45)).astype(float)
    soft = cv2.GaussianBlur(plane.astype(np.float32), (0, 0), random.uniform(0.5, 4))
    return _grey(soft) if random.random() < 0.3 else _bytes(_tint(soft, _colour(random), _colour(random)))


def shapes(random: np.random.Generator) -> np.ndarray:
    """Ellipses and boxes of random colours, or in grey, on a plain ground."""
    height, width = _size(random)
    page = _tint(cloud(random, height, width, 2), _colour(random), _colour(random)) * random.uniform(0, 1)
    for _ in range(int(random.integers(1, 12))):
        mask = _blob(random, (height, width), random.uniform(0, 320, 2), random.uniform(8, 130, 2), random.uniform(0, 0.6))[:, :, None]
        page = page * (1 - mask) + mask * np.array(_colour(random), np.float32)
    return _grey(page.mean(axis=2) / 255) if random.random() < 0.4 else _bytes(page)


# Radiology other than the chest


def _film(random: np.random.Generator, body: np.ndarray, bone: np.ndarray) -> np.ndarray:
    """A radiograph from the thickness of flesh and of bone, float (h, w) of 0 to about 1: noise, a letter, uneven light."""
    height, width = body.shape
    texture = 0.75 + 0.5 * cloud(random, height, width, 1.2)
    depth = random.uniform(0.15, 0.5) * cv2.GaussianBlur(body.astype(np.float32), (0, 0), 2)
    depth = depth + random.uniform(0.35, 0.8) * cv2.GaussianBlur(bone.astype(np.float32), (0, 0), random.uniform(0.6, 1.6)) * texture
    film = random.uniform(0, 0.15) + (1 - np.exp(-1.6 * depth)) * random.uniform(0.8, 1.2)
    film = film + 0.06 * (cloud(random, height, width, 2) - 0.5) + random.normal(0, random.uniform(0.003, 0.03), body.shape)
    out = _grey(np.clip(film, 0, 1) ** random.uniform(0.6, 1.4))
    if random.random() < 0.5:
        cv2.putText(
            out, str(random.choice(["L", "R"])), (int(width * 0.08), int(height * 0.15)), _FONTS[0], 0.6, (240, 240, 240), 1, cv2.LINE_AA
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


def _fingers(random: np.random.Generator, body: np.ndarray, bone: np.ndarray, wrist, reach: float, turn: float) -> None:
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
    height, width = _size(random, 200, 340)
    body, bone = (np.zeros((height, width), np.float32), np.zeros((height, width), np.float32))
    pair = random.random() < 0.25
    for middle in (0.27, 0.73) if pair else (random.uniform(0.4, 0.6),):
        wrist, reach = ((width * middle, height * random.uniform(0.66, 0.8)), height * (0.55 if pair else random.uniform(0.6, 0.8)))
        turn = random.uniform(-0.25, 0.25)
        np.maximum(body, _blob(random, body.shape, (wrist[0], wrist[1] - reach * 0.2), (reach * 0.24, reach * 0.3), 0.08), out=body)
        _fingers(random, body, bone, wrist, reach, turn)
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
    height, width = _size(random, 180, 340)
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
    height, width = _size(random, 200, 320)
    size, middle = (min(height, width), (width * random.uniform(0.42, 0.58), height * random.uniform(0.38, 0.5)))
    radii = size * random.uniform(0.32, 0.42), size * random.uniform(0.33, 0.44)
    body = _blob(random, (height, width), (middle[0], middle[1] + size * 0.1), (radii[0] * 1.05, radii[1] * 1.25), 0.06)
    outer = _blob(random, (height, width), middle, radii, 0.05)
    inner = cv2.resize(outer, None, fx=0.92, fy=0.92, interpolation=cv2.INTER_AREA)
    hole = np.zeros_like(outer)
    top, left = int(middle[1] * 0.08), int(middle[0] * 0.08)
    hole[top : top + inner.shape[0], left : left + inner.shape[1]] = inner[: height - top, : width - left]
    bone = np.clip(outer - 0.55 * hole, 0, 1)
    for side in (-1, 1) if random.random() < 0.5 else (random.choice([-1, 1]),):
        bone -= 0.3 * _blob(
            random, (height, width), (middle[0] + side * radii[0] * 0.45, middle[1] + radii[1] * 0.4), (size * 0.09, size * 0.08), 0.1
        )
    bone = np.maximum(bone, 0.8 * _blob(random, (height, width), (middle[0], middle[1] + radii[1]), (size * 0.17, size * 0.13), 0.15))
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
    height, width = _size(random, 190, 320)
    body = _blob(random, (height, width), (width / 2, height / 2), (width * 0.5, height * 0.6), 0.05)
    bone = np.zeros((height, width), np.float32)
    for side in (-1, 1):
        hip = np.array([width * (0.5 + side * random.uniform(0.24, 0.3)), height * random.uniform(0.52, 0.6)])
        wing = _blob(random, (height, width), (hip[0] - side * width * 0.02, hip[1] - height * 0.27), (width * 0.16, height * 0.2), 0.2)
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
    height, width = _size(random, 180, 340)
    body = _blob(random, (height, width), (width / 2, height / 2), (width * random.uniform(0.3, 0.6), height * 0.9), 0.1)
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
    body = np.full((height, width), 0.8, np.float32) * (0.6 + 0.4 * cloud(random, height, width, 2))
    bone = 0.45 * _blob(random, (height, width), (width / 2, height * 0.6), (width * 0.45, height * 0.42), 0.1)
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
    height, width = _size(random, 200, 340)
    shape = _blob(
        random,
        (height, width),
        (0, height * random.uniform(0.4, 0.6)),
        (width * random.uniform(0.5, 0.85), height * random.uniform(0.32, 0.48)),
        0.08,
    )
    tissue = shape * (0.25 + 0.75 * cloud(random, height, width, 1.5) * cv2.GaussianBlur(shape, (0, 0), 25))
    picture = _grey(np.clip(tissue * random.uniform(0.8, 1.3), 0, 1))
    return np.ascontiguousarray(picture[:, :: random.choice([-1, 1])])


def _slice(random: np.random.Generator, wide: float, high: float) -> tuple[np.ndarray, tuple[int, int], tuple[float, float], np.ndarray]:
    side = int(random.integers(160, 320))
    size, middle = (side, int(side * random.uniform(1, 1.25))), (side * 0.5, side * 0.5)
    middle = (size[1] / 2, size[0] / 2)
    radii = (side * wide * random.uniform(0.9, 1.05), side * high * random.uniform(0.9, 1.05))
    return _blob(random, size, middle, radii, 0.06), size, middle, np.array(radii)


def chest_slice(random: np.random.Generator) -> np.ndarray:
    """A CT slice through the chest: an oval with two dark lungs, a heart, a vertebra, rib dots."""
    body, size, middle, radii = _slice(random, 0.47, 0.36)
    plane = body * random.uniform(0.4, 0.6)
    for side in (-1, 1):
        lung = _blob(random, size, (middle[0] + side * radii[0] * 0.45, middle[1]), (radii[0] * 0.34, radii[1] * 0.68), 0.15)
        plane = plane * (1 - lung) + lung * (random.uniform(0.02, 0.25) + 0.25 * cloud(random, *size, 0.8) ** 4)
    heart = _blob(random, size, (middle[0] - radii[0] * 0.1, middle[1] - radii[1] * 0.2), radii * 0.3, 0.2)
    plane = plane * (1 - heart) + heart * random.uniform(0.5, 0.75)
    for angle in np.linspace(0, 2 * np.pi, int(random.integers(10, 18)), endpoint=False):
        place = (int(middle[0] + radii[0] * 0.9 * np.cos(angle)), int(middle[1] + radii[1] * 0.88 * np.sin(angle)))
        cv2.ellipse(plane, place, (int(radii[0] * 0.09), 3), np.degrees(angle) + 90, 0, 360, 0.95, -1, cv2.LINE_AA)
    cv2.circle(plane, (int(middle[0]), int(middle[1] + radii[1] * 0.6)), int(radii[0] * 0.13), 0.95, -1, cv2.LINE_AA)
    return _grey(np.clip(plane + random.normal(0, random.uniform(0.005, 0.04), size), 0, 1))


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
        organ = _blob(random, size, middle + radii * np.array(place), radii * share, 0.25)
        plane = plane * (1 - organ) + organ * (shade + random.normal(0, 0.05))
    for _ in range(int(random.integers(1, 8))):
        gas = _blob(random, size, middle + radii * random.uniform(-0.5, 0.4, 2), radii * random.uniform(0.04, 0.12), 0.4)
        plane = plane * (1 - gas) + gas * random.choice([0.03, 0.9])
    cv2.circle(plane, (int(middle[0]), int(middle[1] + radii[1] * 0.55)), int(radii[0] * 0.12), 0.95, -1, cv2.LINE_AA)
    return _grey(np.clip(plane + random.normal(0, random.uniform(0.005, 0.05), size), 0, 1))


def head_slice(random: np.random.Generator) -> np.ndarray:
    """A CT or MR slice through the head: skull ring, folded brain, dark middle."""
    body, size, middle, radii = _slice(random, 0.36, 0.45)
    ring = body - _blob(random, size, middle, radii * random.uniform(0.86, 0.93), 0.04)
    folds = np.abs(cloud(random, *size, 1.1) - 0.5) * 2
    plane = body * (random.uniform(0.3, 0.5) + random.uniform(0.1, 0.5) * folds) + np.clip(ring, 0, 1) * random.choice([0.6, 0.3, -0.3])
    for side in (-1, 1):
        pool = _blob(random, size, (middle[0] + side * radii[0] * 0.15, middle[1]), (radii[0] * 0.1, radii[1] * 0.25), 0.3)
        plane = plane * (1 - pool) + pool * random.choice([0.08, 0.9])
    return _grey(np.clip(plane + random.normal(0, random.uniform(0.005, 0.03), size), 0, 1))


def ultrasound(random: np.random.Generator) -> np.ndarray:
    """A speckled fan on black, with small print."""
    height, width = _size(random, 200, 320)
    rows, columns = np.mgrid[0:height, 0:width]
    top, middle = -height * random.uniform(0, 0.3), width / 2
    reach, angle = (np.hypot(rows - top, columns - middle), np.arctan2(columns - middle, rows - top))
    fan = (np.abs(angle) < random.uniform(0.4, 0.8)) & (reach < height * random.uniform(0.9, 1.2)) & (reach > height * 0.15)
    speckle = random.exponential(0.35, (height, width)) * (0.15 + cloud(random, height, width, 1.6) ** 2)
    plane = np.where(fan, cv2.GaussianBlur(speckle, (0, 0), random.uniform(0.6, 1.6)) * random.uniform(1, 2), 0)
    for _ in range(int(random.integers(0, 4))):
        plane *= 1 - 0.9 * _blob(random, (height, width), random.uniform(60, 260, 2), random.uniform(10, 50, 2), 0.3)
    out = _grey(np.clip(plane, 0, 1))
    _write(random, out, 4, 14, 0.3, (200, 200, 160), cv2.FONT_HERSHEY_SIMPLEX)
    return out


def oct_scan(random: np.random.Generator) -> np.ndarray:
    """Bright wavy layers of a retina in section, on dark speckle."""
    height, width = _size(random, 160, 320)
    x = np.linspace(0, 1, width)
    dip = random.uniform(0, 0.15) * np.exp(-(((x - 0.5) / 0.1) ** 2)) + random.uniform(-0.15, 0.15) * (x - 0.5) ** 2
    rows = np.linspace(0, 1, height)[:, None] - dip[None] - random.uniform(0.25, 0.45)
    plane = np.full((height, width), 0.08)
    for _ in range(int(random.integers(3, 8))):
        plane += random.uniform(0.2, 0.7) * np.exp(-(((rows - random.uniform(0, 0.25)) / random.uniform(0.006, 0.03)) ** 2))
    plane *= random.gamma(4, 0.25, plane.shape)
    return _grey(np.clip(cv2.GaussianBlur(plane, (0, 0), 0.8), 0, 1))


# Medical pictures in colour


def endoscopy(random: np.random.Generator) -> np.ndarray:
    """A wet pink tunnel with glints and dark depth, in a frame with cut corners."""
    height, width = _size(random, 180, 320)
    rows, columns = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    depth = np.hypot(rows - random.uniform(-0.5, 0.5), columns - random.uniform(-0.5, 0.5))
    folds = 0.15 * np.sin(depth * random.uniform(6, 20) + 4 * cloud(random, height, width, 1.5))
    plane = np.clip(depth * random.uniform(0.6, 1) + folds + 0.3 * (cloud(random, height, width, 1.3) - 0.5), 0, 1).astype(np.float32)
    page = _tint(plane, (50, 10, 10), (random.uniform(200, 255), random.uniform(110, 170), random.uniform(90, 150)))
    for _ in range(int(random.integers(3, 25))):
        page += 255 * _blob(random, (height, width), random.uniform(0, 320, 2), random.uniform(1, 6, 2), 0.4)[:, :, None]
    page[(np.abs(rows) + np.abs(columns)) > random.uniform(1.2, 1.9)] = 5
    return _bytes(page)


def tissue(random: np.random.Generator) -> np.ndarray:
    """A stained section: many dark nuclei in pink ground."""
    height, width = _size(random)
    page = _tint(cloud(random, height, width, 0.9), (random.uniform(170, 220), 110, 170), (245, random.uniform(200, 230), 235))
    for _ in range(int(random.integers(60, 400))):
        place, axes = (random.integers(0, 320, 2).tolist(), random.integers(2, 7, 2).tolist())
        cv2.ellipse(
            page, place, axes, random.uniform(0, 180), 0, 360, (random.uniform(60, 110), 40, random.uniform(110, 150)), -1, cv2.LINE_AA
        )
    return _bytes(page + random.normal(0, 4, page.shape))


def blood_field(random: np.random.Generator) -> np.ndarray:
    """A whole field of a smear: many cells, where the model looks at one."""
    height, width = _size(random, 200, 340)
    page = np.full((height, width, 3), _colour(random, 205, 250), np.float32)
    size, stain = (random.uniform(8, 26), np.array([random.uniform(190, 225), random.uniform(130, 180), random.uniform(150, 200)]))
    for _ in range(int(random.integers(12, 90))):
        place = random.uniform(0, 340, 2)
        cell = _blob(random, (height, width), place, (size, size * random.uniform(0.85, 1.1)), 0.06)
        pale = _blob(random, (height, width), place, (size * 0.4, size * 0.4), 0.05)
        page = page * (1 - 0.85 * cell[:, :, None]) + 0.85 * cell[:, :, None] * (stain + 22 * pale[:, :, None])
    return _bytes(page + random.normal(0, 3, page.shape))


def outer_eye(random: np.random.Generator) -> np.ndarray:
    """An eye from outside: lids, white, iris, pupil."""
    height, width = _size(random)
    skin = np.array([random.uniform(90, 240), random.uniform(60, 190), random.uniform(50, 170)])
    page = _tint(cloud(random, height, width, 1.6), skin * 0.75, skin)
    middle, size = (np.array([width, height]) * random.uniform(0.4, 0.6, 2), min(height, width) * random.uniform(0.22, 0.5))
    white = _blob(random, (height, width), middle, (size * 1.1, size * random.uniform(0.45, 0.7)), 0.06)[:, :, None]
    page = page * (1 - white) + white * np.array([235, 225, 220])
    for radius, shade in ((0.5, np.array(_colour(random, 20, 170))), (0.2, np.array([12, 10, 10]))):
        disc = _blob(random, (height, width), middle, (size * radius, size * radius), 0.01)[:, :, None] * white
        page = page * (1 - disc) + disc * shade * (0.7 + 0.6 * cloud(random, height, width, 0.8)[:, :, None])
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
    return _bytes(page)


def fingers(random: np.random.Generator) -> np.ndarray:
    """A hand or arm photographed on a ground, from far: skin, but no spot close up."""
    height, width = _size(random)
    page = _tint(cloud(random, height, width, 1.4), _colour(random, 0, 140), _colour(random, 60, 256))
    skin = np.array([random.uniform(110, 245), random.uniform(80, 200), random.uniform(60, 180)])
    body, bone = (np.zeros((height, width), np.float32), np.zeros((height, width), np.float32))
    wrist, reach = (width / 2, height * 0.75), height * random.uniform(0.5, 0.8)
    _fingers(random, body, bone, wrist, reach, random.uniform(-0.6, 0.6))
    np.maximum(body, _blob(random, body.shape, (wrist[0], wrist[1] - reach * 0.15), (reach * 0.25, reach * 0.35), 0.05), out=body)
    shade = (0.75 + 0.35 * cv2.GaussianBlur(body, (0, 0), 8) - 0.1 * bone)[:, :, None] * (
        0.9 + 0.2 * cloud(random, height, width, 1)[:, :, None]
    )
    body = cv2.GaussianBlur(body, (0, 0), 1)[:, :, None].clip(0, 1)
    return _bytes(page * (1 - body) + body * skin * shade)


# The world


def face(random: np.random.Generator) -> np.ndarray:
    """A head and shoulders before a ground."""
    height, width = _size(random)
    page = _tint(cloud(random, height, width, 1.6), _colour(random), _colour(random))
    skin = np.array([random.uniform(90, 245), random.uniform(60, 200), random.uniform(45, 180)])
    middle, size = (np.array([width * random.uniform(0.4, 0.6), height * 0.42]), min(height, width) * random.uniform(0.2, 0.38))
    for place, radii, shade in (
        ((0, 2.2), (1.7, 1.2), np.array(_colour(random))),
        ((0, -0.15), (0.95, 1.25), np.array(_colour(random, 5, 120))),
        ((0, 0.1), (0.75, 1.05), skin),
        ((-0.3, -0.1), (0.13, 0.07), np.array([240, 240, 240])),
        ((0.3, -0.1), (0.13, 0.07), np.array([240, 240, 240])),
        ((-0.3, -0.1), (0.06, 0.06), np.array([30, 25, 20])),
        ((0.3, -0.1), (0.06, 0.06), np.array([30, 25, 20])),
        ((0, 0.25), (0.09, 0.2), skin * 0.88),
        ((0, 0.6), (0.28, 0.07), np.array([170, 70, 70])),
    ):
        mask = _blob(random, (height, width), middle + size * np.array(place), size * np.array(radii), 0.06)[:, :, None]
        page = page * (1 - mask) + mask * shade * (0.85 + 0.3 * cloud(random, height, width, 1.8)[:, :, None])
    return _bytes(page)


def landscape(random: np.random.Generator) -> np.ndarray:
    """Sky, hills one behind the other, ground or water, a sun at times."""
    height, width = _size(random)
    sky = _tint(np.linspace(0, 1, height, dtype=np.float32)[:, None].repeat(width, 1), _colour(random, 60), _colour(random, 150))
    page = sky + 40 * (cloud(random, height, width, 1.7)[:, :, None] - 0.5)
    if random.random() < 0.4:
        sun = _blob(random, (height, width), random.uniform(0, 200, 2), (18, 18), 0)[:, :, None]
        page = page * (1 - sun) + sun * np.array([255, 240, 200])
    for horizon in np.sort(random.uniform(0.25, 0.9, int(random.integers(1, 5)))):
        ridge = height * horizon + (cloud(random, 2, width, random.uniform(1, 2))[0] - 0.5) * height * random.uniform(0, 0.4)
        below = np.arange(height)[:, None] > ridge[None]
        ground = _tint(cloud(random, height, width, random.uniform(0.5, 1.5)), _colour(random, 0, 120), _colour(random, 30, 200))
        page = np.where(below[:, :, None], ground, page)
    return _bytes(page)


def buildings(random: np.random.Generator) -> np.ndarray:
    """House fronts with windows, by day or by night."""
    height, width = _size(random)
    page = np.full((height, width, 3), _colour(random), np.float32)
    for left in range(0, width, int(random.integers(30, 90))):
        wall, top = _colour(random), int(random.uniform(0, 0.6) * height)
        right = left + int(random.integers(30, 100))
        cv2.rectangle(page, (left, top), (right, height), wall, -1)
        step, pane = int(random.integers(10, 26)), _colour(random)
        for y in range(top + 6, height - 6, step):
            for x in range(left + 5, right - 6, step):
                cv2.rectangle(page, (x, y), (x + step // 2, y + step // 2), pane if random.random() < 0.8 else _colour(random), -1)
    return _bytes(page * (0.7 + 0.5 * cloud(random, height, width, 1.5)[:, :, None]))


def weave(random: np.random.Generator) -> np.ndarray:
    """Cloth, brick, tiles: a ground that repeats."""
    height, width = _size(random)
    rows, columns = np.mgrid[0:height, 0:width]
    high, wide = random.integers(4, 40), random.integers(4, 60)
    line = rows // high
    brick = ((columns + (line % 2) * wide // 2) // wide + line * 31) % 97
    shade = random.uniform(0.5, 1, 97)[brick] * (0.7 + 0.5 * cloud(random, height, width, 0.6))
    joint = ((rows % high) < 2) | (((columns + (line % 2) * wide // 2) % wide) < 2)
    page = _tint(np.clip(shade, 0, 1).astype(np.float32), _colour(random, 0, 120), _colour(random, 60))
    page[joint] = _colour(random)
    return _bytes(page)


def wood(random: np.random.Generator) -> np.ndarray:
    """Grain along one direction, in browns and greys."""
    height, width = _size(random)
    plane = cv2.resize(cloud(random, height, 12, 0.7), (width, height), interpolation=cv2.INTER_CUBIC)
    rings = 0.5 + 0.5 * np.sin(plane * random.uniform(10, 50) + cloud(random, height, width, 1.8) * 6)
    page = _tint(
        rings.astype(np.float32), _colour(random, 20, 130), (random.uniform(120, 240), random.uniform(90, 190), random.uniform(50, 150))
    )
    return _bytes(np.rot90(page, int(random.integers(0, 2))))


def blades(random: np.random.Generator) -> np.ndarray:
    """Grass, hair, fur, leaves: many strokes."""
    height, width = _size(random)
    page = np.full((height, width, 3), _colour(random, 0, 140), np.uint8)
    base, lean = np.array(_colour(random, 40)), random.uniform(-1, 1)
    for _ in range(int(random.integers(200, 900))):
        start = random.uniform(0, 340, 2)
        end = start + np.array([lean * 20 + random.normal(0, 6), -random.uniform(8, 45)])
        shade = (base * random.uniform(0.4, 1.2)).clip(0, 255)
        cv2.line(page, start.astype(int).tolist(), end.astype(int).tolist(), shade.tolist(), int(random.integers(1, 4)), cv2.LINE_AA)
    return page


def animal(random: np.random.Generator) -> np.ndarray:
    """A furry head with ears, eyes and a nose, before a ground."""
    height, width = _size(random)
    page = _tint(cloud(random, height, width, 1.3), _colour(random), _colour(random))
    fur = np.array([random.uniform(40, 240), random.uniform(30, 210), random.uniform(20, 190)])
    middle, size = (np.array([width, height]) * random.uniform(0.4, 0.6, 2), min(height, width) * random.uniform(0.25, 0.45))
    for place, radii, shade in (
        ((0, 1.4), (1.1, 1), fur * 0.9),
        ((-0.6, -0.7), (0.28, 0.5), fur * 0.8),
        ((0.6, -0.7), (0.28, 0.5), fur * 0.8),
        ((0, 0), (0.95, 0.85), fur),
        ((-0.35, -0.1), (0.16, 0.13), np.array(_colour(random, 60))),
        ((0.35, -0.1), (0.16, 0.13), np.array(_colour(random, 60))),
        ((-0.35, -0.1), (0.06, 0.12), np.array([10, 10, 10])),
        ((0.35, -0.1), (0.06, 0.12), np.array([10, 10, 10])),
        ((0, 0.3), (0.12, 0.08), np.array([200, 120, 120]) * random.uniform(0.2, 1)),
    ):
        mask = _blob(random, (height, width), middle + size * np.array(place), size * np.array(radii), 0.1)[:, :, None]
        page = page * (1 - mask) + mask * shade * (0.6 + 0.7 * cloud(random, height, width, random.uniform(0.4, 0.9))[:, :, None])
    return _grey(page.mean(axis=2) / 255) if random.random() < 0.15 else _bytes(page)


def ball(random: np.random.Generator) -> np.ndarray:
    """One lit round thing: fruit, planet, ball, coin, plate; on black, white, or a ground."""
    height, width = _size(random)
    ground = random.choice(["black", "white", "cloud"])
    page = np.zeros((height, width, 3), np.float32) + (250 if ground == "white" else 3)
    if ground == "cloud":
        page = _tint(cloud(random, height, width, 1.5), _colour(random), _colour(random))
    middle, size = (np.array([width, height]) * random.uniform(0.42, 0.58, 2), min(height, width) * random.uniform(0.25, 0.5))
    rows, columns = np.mgrid[0:height, 0:width]
    light = (
        1
        - 0.6 * np.hypot(columns - middle[0] + size * random.uniform(-0.6, 0.6), rows - middle[1] + size * random.uniform(-0.6, 0.6)) / size
    )
    disc = _blob(random, (height, width), middle, (size, size), random.uniform(0, 0.12))[:, :, None]
    look = random.integers(0, 4)
    skin = _tint(cloud(random, height, width, random.uniform(0.6, 2)), _colour(random), _colour(random, 80))
    if look == 0:
        skin = _tint(
            (0.5 + 0.5 * np.sin(rows / random.uniform(3, 20) + 2 * cloud(random, height, width, 1.5))).astype(np.float32),
            _colour(random),
            _colour(random),
        )
    if look == 1:
        skin = np.full((height, width, 3), _colour(random, 60), np.float32) * (0.94 + 0.12 * cloud(random, height, width, 0.3)[:, :, None])
    if look == 2:
        for _ in range(int(random.integers(2, 30))):
            spot = _blob(random, (height, width), middle + random.normal(0, size / 2, 2), random.uniform(2, size / 3, 2), 0.3)[:, :, None]
            skin = skin * (1 - spot) + spot * np.array(_colour(random))
    return _bytes(page * (1 - disc) + disc * skin * np.clip(light, 0.15, 1.1)[:, :, None])


def meal(random: np.random.Generator) -> np.ndarray:
    """Food on a plate: many coloured lumps on a disc."""
    height, width = _size(random)
    page = _tint(cloud(random, height, width, 1.3), _colour(random, 30, 150), _colour(random, 80))
    middle, size = (np.array([width, height]) / 2, min(height, width) * random.uniform(0.35, 0.5))
    plate = _blob(random, (height, width), middle, (size, size), 0.01)[:, :, None]
    page = page * (1 - plate) + plate * random.uniform(200, 250)
    for _ in range(int(random.integers(6, 40))):
        lump = _blob(random, (height, width), middle + random.normal(0, size / 3, 2), random.uniform(4, size / 3, 2), 0.4)[:, :, None]
        colour = np.array([random.uniform(60, 240), random.uniform(30, 200), random.uniform(10, 120)])
        page = page * (1 - lump) + lump * colour * (0.6 + 0.6 * cloud(random, height, width, 0.9)[:, :, None])
    return _bytes(page)


def flower(random: np.random.Generator) -> np.ndarray:
    """Petals around a middle, before leaves."""
    height, width = _size(random)
    page = _tint(
        cloud(random, height, width, 1.2), (10, random.uniform(20, 90), 10), (random.uniform(60, 140), random.uniform(110, 200), 60)
    )
    middle, size = (np.array([width, height]) * random.uniform(0.4, 0.6, 2), min(height, width) * random.uniform(0.12, 0.28))
    petal, count = np.array(_colour(random, 60)), int(random.integers(4, 16))
    for angle in np.linspace(0, 2 * np.pi, count, endpoint=False):
        centre = middle + size * np.array([np.cos(angle), np.sin(angle)])
        mask = _blob(random, (height, width), centre, (size * 0.6, size * 0.6), 0.2)[:, :, None]
        page = page * (1 - mask) + mask * petal * (0.55 + 0.55 * cloud(random, height, width, 1.2)[:, :, None])
    core = _blob(random, (height, width), middle, (size * 0.4, size * 0.4), 0.1)[:, :, None]
    return _bytes(page * (1 - core) + core * np.array(_colour(random, 40)))


def lights(random: np.random.Generator) -> np.ndarray:
    """Points and discs of light in the dark: night, stars, out-of-focus lamps."""
    height, width = _size(random)
    page = np.zeros((height, width, 3), np.float32) + np.array(_colour(random, 0, 30))
    for _ in range(int(random.integers(10, 200))):
        place, size = (random.integers(0, 320, 2).tolist(), int(random.choice([1, 1, 2, 3, 8, 16])))
        cv2.circle(page, place, size, (np.array(_colour(random, 90)) * random.uniform(0.3, 1)).tolist(), -1, cv2.LINE_AA)
    return _bytes(cv2.GaussianBlur(page, (0, 0), random.uniform(0.5, 3)))


PAINTERS: dict[str, Painter] = {
    painter.__name__: painter
    for painter in (
        *(text_page, few_words, form, handwriting, barcode, screenshot, chart, street_map, ecg),
        *(white_noise, clouds, gradient, stripes, shapes),
        *(hand_film, limb_film, skull_film, pelvis_film, spine_film, teeth_film, mammogram),
        *(chest_slice, belly_slice, head_slice, ultrasound, oct_scan),
        *(endoscopy, tissue, blood_field, outer_eye, fingers),
        *(face, landscape, buildings, weave, wood, blades, animal, ball, meal, flower, lights),
    )
}
MEDICAL = frozenset(
    [
        "hand_film",
        "limb_film",
        "skull_film",
        "pelvis_film",
        "spine_film",
        "teeth_film",
        "mammogram",
        "chest_slice",
        "belly_slice",
        "head_slice",
        "ultrasound",
        "oct_scan",
        "endoscopy",
        "tissue",
        "blood_field",
        "outer_eye",
        "ecg",
    ]
)


def draw(kind: str, seed: int) -> np.ndarray:
    """The picture of this kind and seed: uint8 (h, w, 3) RGB. Raises KeyError for an unknown kind."""
    return PAINTERS[kind](np.random.default_rng([seed, *kind.encode()]))
