"""Photographs and scans that come with free software packages, for the gate to learn to refuse.

None is part of the project. Unpack packages anywhere under one folder and name it with --packages (docs/models.md has the commands);
what is not there is done without, and the report says what was found. Every entry of SOURCES is one kind, held out as a whole.
"""

import gzip
import io
import plistlib
import tarfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from training.drawn.brush import cloud

_MOST_SIDE = 640
_NIFTI_TYPES = {2: "u1", 4: "<i2", 8: "<i4", 16: "<f4"}


@dataclass(frozen=True)
class Source:
    """Where the pictures of a kind are: package, patterns of paths, and how a file becomes pictures."""

    kind: str
    package: str
    patterns: tuple[str, ...]
    read: Callable[[Path, np.random.Generator], Iterable[np.ndarray]]
    medical: bool = False
    but: tuple[str, ...] = ()


def photograph(path: Path, random: np.random.Generator) -> list[np.ndarray]:
    """One picture; what is see-through is laid on a plain or cloudy ground: uint8 (h, w, 3)."""
    try:
        with Image.open(path) as image:
            if image.width * image.height > 60_000_000:
                return []
            image.thumbnail((_MOST_SIDE, _MOST_SIDE))
            rgba = np.asarray(image.convert("RGBA"), np.float32)
    except (UnidentifiedImageError, OSError):
        return []
    if min(rgba.shape[:2]) < 40:
        return []
    alpha = rgba[:, :, 3:] / 255
    ground: np.ndarray = np.full_like(rgba[:, :, :3], random.choice([0, 255]))
    if random.random() < 0.4:
        ground = cloud(random, rgba.shape[0], rgba.shape[1], 1.6)[:, :, None] * random.integers(0, 256, 3)
    return [(rgba[:, :, :3] * alpha + ground * (1 - alpha)).astype(np.uint8)]


def _window(plane: np.ndarray, random: np.random.Generator) -> np.ndarray:
    low, high = np.percentile(plane, [random.uniform(1, 30), random.uniform(98, 99.9)])
    tones = np.clip((plane - low) / max(float(high - low), 1e-3), 0, 1) * 255
    return np.repeat(tones.astype(np.uint8)[:, :, None], 3, axis=2)


def _slices(volume: np.ndarray, random: np.random.Generator, count: int) -> list[np.ndarray]:
    """Random slices across each axis of (z, y, x), upright or turned."""
    found = []
    for _ in range(count):
        axis = int(random.integers(0, 3))
        plane = np.take(volume, int(volume.shape[axis] * random.uniform(0.25, 0.8)), axis)
        found.append(np.ascontiguousarray(np.rot90(_window(plane.astype(np.float32), random), int(random.choice([0, 0, 2, 1])))))
    return found


def nifti(path: Path, random: np.random.Generator) -> list[np.ndarray]:
    """Slices of a brain (NIfTI-1, little endian)."""
    data = gzip.decompress(path.read_bytes())
    shape = np.frombuffer(data, "<i2", 8, 40)[1:4]
    kind, start = (int(np.frombuffer(data, "<i2", 1, 70)[0]), int(np.frombuffer(data, "<f4", 1, 108)[0]))
    if kind not in _NIFTI_TYPES:
        return []
    volume = np.frombuffer(data, _NIFTI_TYPES[kind], int(np.prod(shape.astype(np.int64))), start).reshape(shape[::-1])
    return _slices(volume[:, ::-1], random, 40)


def _tomograph(path: Path) -> np.ndarray:
    with tarfile.open(path) as archive:
        files = {Path(member.name).name: member for member in archive if member.isfile()}

        def read(name: str) -> bytes:
            stream = archive.extractfile(files[name])
            return stream.read() if stream else b""

        matrix = plistlib.load(io.BytesIO(read("main.plist")))["matrix"]
        return np.frombuffer(read(matrix["filename"]), matrix["dtype"]).reshape(matrix["shape"])


def tomograph(path: Path, random: np.random.Generator) -> list[np.ndarray]:
    """Slices of a computed tomograph, an InVesalius project."""
    return _slices(np.clip(_tomograph(path), -1000, 1500), random, 80)


def projection(path: Path, random: np.random.Generator) -> list[np.ndarray]:
    """Radiographs of the head, made from its tomograph: what weakens the rays is summed along them, from any side."""
    volume = np.clip(_tomograph(path).astype(np.float32), -1000, 2500) + 1000
    found = []
    for _ in range(60):
        bones = np.maximum(volume - random.uniform(900, 1300), 0) if random.random() < 0.5 else volume
        turn = cv2.getRotationMatrix2D((127.5, 127.5), random.uniform(0, 360), 1)
        seen = np.stack([cv2.warpAffine(layer, turn, (256, 256)).sum(axis=0) for layer in bones[:: random.choice([-1, 1])]])
        rays = cv2.resize(seen, (256, 170), interpolation=cv2.INTER_LINEAR)
        found.append(_window(1 - np.exp(-rays / rays.max() * random.uniform(0.5, 3)), random))
    return found


_STAMPS, _OPENCV, _CIMG = "usr/share/tuxpaint/stamps", "usr/share/doc/opencv-doc", "usr/share/doc/cimg-dev/examples/img"
_PEOPLE = ("Giunchedi*", "Christophe*", "10_years*", "no_face*", "*agatav*", "1596*", "alabama*")
SOURCES = (
    *(
        Source(f"stamps_{kind}", "Debian tuxpaint-stamps-default", (f"{_STAMPS}/{kind}/**/*.png",), photograph)
        for kind in ("animals", "clothes", "food", "household", "plants", "seasonal", "space", "sports", "symbols", "town", "vehicles")
    ),
    Source("opencv_photographs", "Debian opencv-doc", (f"{_OPENCV}/examples/data/*.jpg", f"{_OPENCV}/examples/data/*.png"), photograph,
           but=("left*", "right*")),
    Source("opencv_chessboards", "Debian opencv-doc", (f"{_OPENCV}/examples/data/left*.jpg",), photograph),
    Source("opencv_signs", "Debian opencv-doc", (f"{_OPENCV}/examples/text/*.jpg", f"{_OPENCV}/examples/text/*.png"), photograph),
    Source("opencv_diagrams", "Debian opencv-doc", (f"{_OPENCV}/opencv4/html/*.png",), photograph),
    Source("opencv_screens", "Debian opencv-doc", (f"{_OPENCV}/opencv4/html/*.jpg",), photograph),
    Source("silhouettes", "Debian opencv-doc", (f"{_OPENCV}/examples/shape/data/shape_sample/*.png",), photograph),
    Source("wallpaper_nature", "Debian mate-backgrounds", ("usr/share/backgrounds/mate/nature/*",), photograph),
    Source("wallpaper_patterns", "Debian mate-backgrounds, ukui-wallpapers",
           ("usr/share/backgrounds/mate/[ad]*/*", "usr/share/backgrounds/*.jpg"), photograph),
    Source("cimg", "Debian cimg-examples", (f"{_CIMG}/*.p?m", f"{_CIMG}/*.bmp"), photograph),
    Source("people", "PyPI thumbor", tuple(f"tests/fixtures/images/{name}" for name in _PEOPLE), photograph),
    Source("scikit_image", "PyPI scikit-image 0.16", ("skimage/data/*.png", "skimage/data/*.jpg"), photograph,
           but=("retina.jpg", "microaneurysms.png", "truncated.jpg")),  # two of these are fundus photographs
    Source("scikit_learn", "PyPI scikit-learn, matplotlib, ultralytics",
           ("sklearn/datasets/images/*.jpg", "mpl-data/sample_data/*.jpg", "ultralytics/assets/*.jpg"), photograph),
    Source("brain_mr", "Debian mricron-data, PyPI nilearn",
           ("mricron/templates/ch2*.nii.gz", "mricron/templates/inia19-t1*.nii.gz", "nilearn/datasets/data/mni*t1*.nii.gz"),
           nifti, medical=True),
    Source("head_ct", "Debian invesalius-examples", ("examples/Cranium.inv3",), tomograph, medical=True),
    Source("head_projection", "Debian invesalius-examples", ("examples/Cranium.inv3",), projection, medical=True),
)  # fmt: skip


def pictures(folder: Path, source: Source, most: int, random: np.random.Generator) -> list[np.ndarray]:
    """At most `most` pictures of a source from packages unpacked under the folder: uint8 (h, w, 3) each; none when there are none."""
    files = sorted({path for pattern in source.patterns for path in folder.glob(f"**/{pattern}") if path.is_file()})
    files = [path for path in files if not any(path.match(name) for name in source.but)]
    found: list[np.ndarray] = []
    for place in random.permutation(len(files)):
        if len(found) >= most:
            break
        found += source.read(files[place], random)
    return [found[i] for i in random.permutation(len(found))[:most]]
