"""The same picture as another place would have taken it, badly taken, or misused: what the gate learns from and is tried on.

Pictures are uint8 (h, w, 3) RGB throughout; every function is a function of its generator's state.
"""

import cv2
import numpy as np

from inference.diseases import BLOOD_SMEAR, CHEST_XRAY, DERMOSCOPY, FUNDUS
from training.drawn.brush import cloud
from training.drawn.paper import screenshot

SEVERITIES: dict[str, tuple[float, ...]] = {
    "too_dark": (0.6, 0.4, 0.25, 0.15, 0.08),
    "too_bright": (1.5, 2.0, 3.0, 5.0, 8.0),
    "too_blurred": (0.5, 1.0, 1.5, 2.0, 3.0, 4.0),
}


# How far one colour channel may be from another's gain: stains, lamps and fundus cameras differ much more than dermatoscopes.
_TINT = {BLOOD_SMEAR: 0.25, FUNDUS: 0.2, None: 0.25}
_ANY = ("jumbled", "within a page", "several")
_FILM, _COLOURED = (("on its side", "upside down", "negative", "a snippet"), ("without colour", "other colours"))
MISUSES = (*_ANY, *_FILM, *_COLOURED)


def degrade(pixels: np.ndarray, fault: str, severity: float) -> np.ndarray:
    """Too dark or too bright: every value times `severity`, clipped. Too blurred: a Gaussian of `severity` % of the longer side."""
    if fault == "too_blurred":
        return cv2.GaussianBlur(pixels, (0, 0), severity / 100 * max(pixels.shape[:2]))
    return np.clip(pixels.astype(np.float32) * severity, 0, 255).astype(np.uint8)


def vary(pixels: np.ndarray, kind: str | None, random: np.random.Generator) -> np.ndarray:
    """A picture of the same kind by another hand and another camera; `kind` is None for a picture of no kind."""
    pixels = _framed(_turned(pixels, kind, random), kind, random)
    if kind == BLOOD_SMEAR:
        pixels = _cut_out_otherwise(pixels, random)
    if kind == FUNDUS and random.random() < 0.5:
        pixels = _other_opening(pixels, random)
    if kind == DERMOSCOPY and random.random() < 0.25:
        pixels = _vignette(pixels, random)
    return _taken(pixels, kind, random)


def _turned(pixels: np.ndarray, kind: str | None, random: np.random.Generator) -> np.ndarray:
    if random.random() < 0.4:
        pixels = pixels[:, ::-1]
    if kind != CHEST_XRAY:
        pixels = np.rot90(pixels, int(random.integers(0, 4)))
    if random.random() < 0.5:
        height, width = pixels.shape[:2]
        most = 9 if kind == CHEST_XRAY else 25
        turn = cv2.getRotationMatrix2D((width / 2, height / 2), random.uniform(-most, most), random.uniform(1, 1.15))
        border = cv2.BORDER_CONSTANT if kind in (BLOOD_SMEAR, FUNDUS) or random.random() < 0.4 else cv2.BORDER_REPLICATE
        pixels = cv2.warpAffine(np.ascontiguousarray(pixels), turn, (width, height), borderMode=border)
    return np.ascontiguousarray(pixels)


def _framed(pixels: np.ndarray, kind: str | None, random: np.random.Generator) -> np.ndarray:
    height, width = pixels.shape[:2]
    most = {CHEST_XRAY: 0.1, FUNDUS: 0.12, DERMOSCOPY: 0.2, BLOOD_SMEAR: 0.06, None: 0.45}[kind]
    if random.random() < 0.6:
        top, bottom, left, right = (int(side * random.uniform(0, most)) for side in (height, height, width, width))
        pixels = pixels[top : height - bottom, left : width - right]
    if random.random() < 0.35:
        stretch = random.uniform(0.8, 1.25)
        pixels = cv2.resize(pixels, (max(32, round(pixels.shape[1] * stretch)), max(32, pixels.shape[0])), interpolation=cv2.INTER_AREA)
    if random.random() < 0.3:
        widths = [int(max(pixels.shape[:2]) * random.uniform(0, 0.15) * (random.random() < 0.6)) for _ in range(4)]
        dark = kind in (FUNDUS, BLOOD_SMEAR) or random.random() < 0.65
        shade = int(random.integers(0, 12)) if dark else int(random.integers(0, 256))
        pixels = _bordered(pixels, widths, shade)
    return np.ascontiguousarray(pixels)


def _bordered(pixels: np.ndarray, widths: list[int], shade: int) -> np.ndarray:
    top, bottom, left, right = widths
    return cv2.copyMakeBorder(pixels, top, bottom, left, right, cv2.BORDER_CONSTANT, value=(shade, shade, shade))


def _taken(pixels: np.ndarray, kind: str | None, random: np.random.Generator) -> np.ndarray:
    """Exposure, white balance or a tint, sharpness, grain, a pen or letters, and JPEG."""
    work: np.ndarray = pixels.astype(np.float32)
    if random.random() < 0.75:
        gamma, gain, lift = (random.uniform(0.6, 1.6), random.uniform(0.6, 1.25), random.uniform(-12, 25) * (kind is CHEST_XRAY))
        work = np.clip(255 * (work / 255) ** gamma * gain + lift * (work > 4), 0, 255)
    if kind == CHEST_XRAY:
        if random.random() < 0.3:  # the lamp behind the film, the colour of the camera
            work = work * (1 + np.array([random.uniform(-0.12, 0.12), 0, random.uniform(-0.16, 0.16)], np.float32))
        if random.random() < 0.3:
            work = work * (0.75 + 0.5 * cloud(random, work.shape[0], work.shape[1], 2.2)[:, :, None])
    elif random.random() < 0.6:
        reach = _TINT.get(kind, 0.1)
        work = work * random.uniform(1 - reach, 1 + reach, 3).astype(np.float32)
        grey = work.mean(axis=2, keepdims=True)
        work = grey + (work - grey) * np.float32(random.uniform(0.65, 1.3) if kind else random.choice([0, random.uniform(0.3, 1.5)]))
    sharpness = random.random()
    if sharpness < 0.35:
        work = cv2.GaussianBlur(work, (0, 0), max(0.3, random.uniform(0.1, 1.4) / 100 * max(work.shape[:2])))
    elif sharpness < 0.5:
        work = work + random.uniform(0.3, 1.2) * (work - cv2.GaussianBlur(work, (0, 0), 1.2))
    if random.random() < 0.25:
        side = random.uniform(64, 160)
        scale = min(1.0, side / max(work.shape[:2]))
        work = cv2.resize(work, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    if random.random() < 0.35:
        grain = (*work.shape[:2], 1 if kind == CHEST_XRAY else 3)
        work = work + random.normal(0, random.uniform(1, 9), grain).astype(np.float32)
    out: np.ndarray = np.ascontiguousarray(np.clip(work, 0, 255).astype(np.uint8))
    if kind in (CHEST_XRAY, DERMOSCOPY) and random.random() < 0.25:
        place = (int(out.shape[1] * random.uniform(0, 0.8)), int(out.shape[0] * random.choice([random.uniform(0.05, 0.2), 0.95])))
        shade = (255, 255, 255) if kind == CHEST_XRAY or random.random() < 0.3 else (30, 30, 90)
        size = out.shape[1] / random.uniform(250, 600)
        cv2.putText(out, str(random.choice(["R", "L", "PA ERECT", "12-04", "AP", "1 cm"])), place, 0, size, shade, 1, cv2.LINE_AA)
    if random.random() < 0.5:
        coded = cv2.imencode(".jpg", out, [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(30, 96))])[1]
        return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR))
    return out


def _cut_out_otherwise(pixels: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A cell as another hand cuts it out: on its pale ground, or with a smooth outline, its rim darker or paler, and room around it."""
    way = random.random()
    if way < 0.3:
        return _on_plasma(pixels, random)
    if way > 0.65:
        return pixels
    side = int(random.integers(100, 200))
    large = cv2.resize(pixels, (side, side * pixels.shape[0] // pixels.shape[1]), interpolation=cv2.INTER_CUBIC)
    cell = cv2.GaussianBlur((large.max(axis=2) > 30).astype(np.float32), (0, 0), side * random.uniform(0.01, 0.04)) > 0.62
    depth = cv2.distanceTransform(cv2.copyMakeBorder(cell.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT), cv2.DIST_L2, 5)[1:-1, 1:-1]
    rim = 1 - random.uniform(-0.15, 0.35) * np.exp(-depth / (side * random.uniform(0.02, 0.2)))
    soft = cv2.GaussianBlur(cell.astype(np.float32), (0, 0), random.uniform(0.5, 1.5))
    inner = cv2.GaussianBlur(large, (0, 0), random.uniform(0.1, 2.5)) if random.random() < 0.5 else large
    out = np.clip(inner * (rim * soft)[:, :, None], 0, 255).astype(np.uint8)
    room = [int(side * random.uniform(0, 0.12)) for _ in range(4)]
    return _bordered(out, room, int(random.integers(0, 8)))


def _on_plasma(pixels: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The cell on the pale ground of its smear instead of on black."""
    tone = np.array([random.uniform(200, 250), random.uniform(190, 245), random.uniform(190, 250)], np.float32)
    ground = tone * (0.96 + 0.08 * cloud(random, pixels.shape[0], pixels.shape[1], 1.5)[:, :, None])
    cell = cv2.GaussianBlur((pixels.max(axis=2) > 25).astype(np.float32), (0, 0), 1)[:, :, None]
    return np.clip(pixels * cell + ground * (1 - cell), 0, 255).astype(np.uint8)


def _other_opening(pixels: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Another camera's opening: only the middle without black, or a round or flattened black frame."""
    height, width = pixels.shape[:2]
    if random.random() < 0.4:
        top, left = (int(height * random.uniform(0.1, 0.2)), int(width * random.uniform(0.15, 0.25)))
        return np.ascontiguousarray(pixels[top : height - top, left : width - left])
    rows, columns = np.mgrid[0:height, 0:width]
    lit = pixels.max(axis=2) > 20
    if lit.mean() < 0.1:
        return pixels
    middle = rows[lit].mean(), columns[lit].mean()
    reach = np.sqrt(lit.sum() / np.pi) * random.uniform(0.75, 1.0)
    inside = np.hypot(rows - middle[0], columns - middle[1]) < reach
    if random.random() < 0.5:
        inside &= np.abs(rows - middle[0]) < reach * random.uniform(0.75, 1)
    return (pixels * inside[:, :, None]).astype(np.uint8)


def _vignette(pixels: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The dark corners of a dermatoscope."""
    rows, columns = np.mgrid[-1 : 1 : pixels.shape[0] * 1j, -1 : 1 : pixels.shape[1] * 1j]
    edge = np.clip((random.uniform(0.95, 1.3) - np.hypot(rows, columns)) * random.uniform(3, 20), random.uniform(0, 0.4), 1)
    return (pixels * edge[:, :, None]).astype(np.uint8)


def misuse(pixels: np.ndarray, kind: str, random: np.random.Generator) -> tuple[str, np.ndarray]:
    """A picture of this kind that must be refused all the same, and what was done to it."""
    way = str(random.choice([*_ANY, *(_FILM * 2 if kind == CHEST_XRAY else _COLOURED)]))
    height, width = pixels.shape[:2]
    if way == "on its side":
        out = np.rot90(pixels, int(random.choice([1, 3])))
    elif way == "upside down":
        out = np.rot90(pixels, 2)
    elif way == "negative":
        out = 255 - pixels
    elif way == "a snippet":
        share = random.uniform(0.25, 0.42)
        top, left = (int(side * random.uniform(0.05, 0.95 - share)) for side in (height, width))
        out = pixels[top : top + int(height * share), left : left + int(width * share)]
    elif way == "without colour":
        out = np.repeat(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)[:, :, None], 3, axis=2)
    elif way == "other colours":
        hue = cv2.cvtColor(pixels, cv2.COLOR_RGB2HSV)
        hue[:, :, 0] = (hue[:, :, 0].astype(int) + int(random.integers(45, 136))) % 180
        out = cv2.cvtColor(hue, cv2.COLOR_HSV2RGB)
    elif way == "jumbled":
        out = _jumbled(pixels, random)
    elif way == "several":
        small = cv2.resize(pixels, (96, 96), interpolation=cv2.INTER_AREA)
        out = np.tile(small, (int(random.integers(1, 4)), int(random.integers(2, 4)), 1))
    else:
        out = screenshot(random)
        side = int(min(out.shape[:2]) * random.uniform(0.25, 0.55))
        top, left = (int(random.integers(0, out.shape[0] - side)), int(random.integers(0, out.shape[1] - side)))
        out[top : top + side, left : left + side] = cv2.resize(pixels, (side, side), interpolation=cv2.INTER_AREA)
    if min(out.shape[:2]) < 32:
        out = cv2.resize(np.ascontiguousarray(out), (96, 96), interpolation=cv2.INTER_LINEAR)
    return way, _taken(np.ascontiguousarray(out), None if way == "other colours" else CHEST_XRAY, random)


def _jumbled(pixels: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Cut into tiles and laid again in another order."""
    count = int(random.integers(3, 6))
    even = cv2.resize(pixels, (count * 32, count * 32), interpolation=cv2.INTER_AREA)
    tiles = even.reshape(count, 32, count, 32, 3).transpose(0, 2, 1, 3, 4).reshape(-1, 32, 32, 3)[random.permutation(count * count)]
    return np.ascontiguousarray(tiles.reshape(count, count, 32, 32, 3).transpose(0, 2, 1, 3, 4).reshape(count * 32, count * 32, 3))
