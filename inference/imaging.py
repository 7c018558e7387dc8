"""Bytes to pixels, and pixels to what a model takes. Training and serving share both, so there is no skew between them."""

import io
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from PIL import Image
from simplejpeg import decode_jpeg

from inference import containers
from inference.rejection import CODES, ImageRejected

__all__ = ["CODES", "LONGEST_SIDE", "MAX_BYTES", "MAX_PIXELS", "MIN_SIDE", "ImageRejected", "Picture", "decode"]

MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 40_000_000
MIN_SIDE = 32
ROWS = 256  # scaled at a time: in between, a sample takes four times its memory
LONGEST_SIDE = 1024  # px: four times what any model sees

_ORIENTATION_TAG = 0x0112
_UPRIGHT: dict[int, Image.Transpose] = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


_COLOURS = {"L": "GRAY", "RGB": "RGB"}
_ON_ITS_SIDE = {Image.Transpose.TRANSPOSE, Image.Transpose.ROTATE_270, Image.Transpose.TRANSVERSE, Image.Transpose.ROTATE_90}


@dataclass(frozen=True)
class Picture:
    """A decoded picture: `pixels` is uint8 (h, w, 3) RGB, upright; width and height are those of the file, upright.

    `orientation` is how the file says that its pixels lie (Exif tag 0x0112): 1, upright already, to 8.
    """

    pixels: np.ndarray
    format: Literal["JPEG", "PNG"]
    width: int
    height: int
    orientation: int = 1


def decode(data: bytes, longest: int = LONGEST_SIDE) -> Picture:
    """Read a JPEG or PNG file, whatever its name says, into upright 8-bit RGB.

    A picture whose longer side is longer than `longest` is shrunk to it by averaging areas (0: never); a JPEG is then decoded at an
    eighth, a quarter or half of its size, the least that is not smaller (scaled IDCT), which costs a fraction of the time. Grey, palette,
    1-bit, 16-bit and CMYK files are converted; 16-bit samples are scaled over their full range (PNG specification,
    13.12). Opaque alpha is dropped. Colour profiles are not applied. Raises ImageRejected, and nothing else, for any bytes; MemoryError
    where there is too little memory, which is not the picture's fault.
    """
    if not data:
        raise ImageRejected("empty_file")
    if len(data) > MAX_BYTES:
        raise ImageRejected("too_large")
    container = containers.read(data, MAX_PIXELS, MIN_SIDE)
    try:
        pixels, width, height, orientation = _pixels(container, longest)
    except (ImageRejected, MemoryError):
        raise
    except Exception as error:  # a decoder meets any bytes: whatever it stumbles over is the file's fault, and it says so in many types
        if is_out_of_memory(error):
            raise MemoryError from error
        raise ImageRejected("truncated" if "truncated" in str(error) else "corrupt") from error
    return Picture(pixels, container.format, width, height, orientation)


def is_out_of_memory(error: Exception) -> bool:
    """OpenCV has a word of its own for it."""
    return isinstance(error, MemoryError) or (isinstance(error, cv2.error) and error.code == cv2.Error.StsNoMem)


def _pixels(container: containers.Container, longest: int) -> tuple[np.ndarray, int, int, int]:
    """uint8 (h, w, 3), the width and height that the whole picture has, and how the file says that it lies."""
    image: Image.Image
    with Image.open(io.BytesIO(container.data), formats=[container.format]) as image:
        width, height = image.size
        shrink = min(1.0, longest / max(width, height)) if longest else 1.0
        smaller = max(1, round(width * shrink)), max(1, round(height * shrink))
        orientation = _orientation(image)
        if shrink < 1:
            image.draft(None, smaller)  # type: ignore[arg-type]
        pixels = _of_jpeg(container, image) if container.format == "JPEG" else None
        if pixels is None:
            pixels = _loaded(container, image)
    if pixels.shape[1::-1] != smaller:
        pixels = cv2.resize(pixels, smaller, interpolation=cv2.INTER_AREA)
    if pixels.ndim == 2:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_GRAY2RGB)
    transpose = _UPRIGHT.get(orientation)
    if transpose is None:
        return (pixels if pixels.flags.writeable else pixels.copy()), width, height, 1
    turned = np.asarray(Image.fromarray(pixels).transpose(transpose)).copy()
    return (turned, height, width, orientation) if transpose in _ON_ITS_SIDE else (turned, width, height, orientation)


def _of_jpeg(container: containers.Container, image: Image.Image) -> np.ndarray | None:
    """As `_loaded` has it, sooner: the same libjpeg-turbo writes into the array itself. None of what is rarer, and of what is not written
    as it should be: which of that can be read all the same, `_loaded` knows."""
    if image.mode not in _COLOURS:
        return None
    width, height = image.size
    try:
        pixels = decode_jpeg(container.data, _COLOURS[image.mode], min_height=height, min_width=width)
    except ValueError:
        return None
    if pixels.shape[1::-1] != image.size:
        return None
    return pixels[:, :, 0] if image.mode == "L" else pixels


def _loaded(container: containers.Container, image: Image.Image) -> np.ndarray:
    """uint8 (h, w) of a grey picture, else (h, w, 3)."""
    image.load()
    if container.bit_depth == 16:
        image = _from_16_bit(container.data)
    if image.mode in ("LA", "PA", "RGBA") or "transparency" in image.info:
        image = image.convert("RGBA")
        if np.asarray(image.getchannel("A")).min() < 255:
            raise ImageRejected("has_transparency")
    return np.asarray(image if image.mode == "L" else image.convert("RGB"))


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION_TAG, 1))
    except Exception:  # Exif is written by a thousand programs: a broken one costs the rotation, not the picture
        return 1


def _eight_bit(samples: np.ndarray) -> np.ndarray:
    return ((samples.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)


def _from_16_bit(data: bytes) -> Image.Image:
    """A 16-bit PNG as an 8-bit image. Pillow keeps the high byte of colour and clips grey; OpenCV hands over all 16 bits."""
    samples = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if samples is None:
        raise ImageRejected("corrupt")
    if samples.dtype == np.uint16:
        samples = np.concatenate([_eight_bit(samples[row : row + ROWS]) for row in range(0, len(samples), ROWS)])
    if samples.ndim == 2:
        return Image.fromarray(samples)
    order = cv2.COLOR_BGRA2RGBA if samples.shape[2] == 4 else cv2.COLOR_BGR2RGB
    return Image.fromarray(cv2.cvtColor(samples, order))
