"""What all painters draw with: noise, sizes, colours, blobs and words."""

import cv2
import numpy as np

FONTS = (
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


def size(random: np.random.Generator, low: int = 160, high: int = 320) -> tuple[int, int]:
    return int(random.integers(low, high)), int(random.integers(low, high))


def colour(random: np.random.Generator, low: int = 0, high: int = 256) -> tuple[int, int, int]:
    colour = random.integers(low, high, 3)
    pale = random.uniform(0, 1) ** 0.7  # most things are far from pure colours
    red, green, blue = (colour * (1 - pale) + colour.mean() * pale).astype(int)
    return int(red), int(green), int(blue)


def tint(plane: np.ndarray, dark, bright) -> np.ndarray:
    """A float (h, w) of 0 to 1 as a mixture of two colours: float32 (h, w, 3)."""
    return (plane[:, :, None] * np.array(bright, np.float32) + (1 - plane[:, :, None]) * np.array(dark, np.float32)).astype(np.float32)


def to_bytes(pixels: np.ndarray) -> np.ndarray:
    return np.clip(pixels, 0, 255).astype(np.uint8)


def grey(plane: np.ndarray) -> np.ndarray:
    """A float (h, w) of 0 to 1 as grey uint8 (h, w, 3)."""
    return np.repeat(to_bytes(plane * 255)[:, :, None], 3, axis=2)


def blob(random: np.random.Generator, size: tuple[int, int], centre, radii, wobble: float = 0.15) -> np.ndarray:
    """A filled, wobbly ellipse, its edge softened by a pixel: float32 (h, w), 0 to 1."""
    angle = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    reach = np.ones(72)
    for wave in range(1, 6):
        reach += wobble / wave * random.standard_normal() * np.cos(wave * angle + random.uniform(0, 6.3)) / 2
    points = np.stack([centre[0] + radii[0] * reach * np.cos(angle), centre[1] + radii[1] * reach * np.sin(angle)], axis=1)
    mask = np.zeros(size, np.uint8)
    cv2.fillPoly(mask, [np.round(points).astype(np.int32)], 255)
    return cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), 1)


def words(random: np.random.Generator) -> str:
    letters = "abcdefghiklmnoprstuvwxyzABDEGHKMRST0123456789"
    return " ".join("".join(random.choice(list(letters), random.integers(2, 9))) for _ in range(random.integers(2, 9)))


def write(random: np.random.Generator, pixels: np.ndarray, left: int, top: int, scale: float, ink, font: int | None = None) -> None:
    face = int(random.choice(FONTS)) if font is None else font
    cv2.putText(pixels, words(random), (left, top), face, scale, ink, 1 + int(scale > 0.9), cv2.LINE_AA)


# Documents and screens
