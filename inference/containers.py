"""JPEG and PNG files as bytes: what they are, whether they are whole, and a copy with nothing in it but the first picture.

Decoders are lenient where a medical picture must not be (a missing end is painted grey) and generous where an upload must not be
(text chunks that inflate without limit). So the file's structure is walked here first, as ITU-T T.81 annex B (JPEG) and the W3C PNG
specification (third edition) describe it, and only the parts that carry the picture and its orientation reach the decoder.
"""

import re
import struct
import zlib
from dataclasses import dataclass
from typing import Literal

from inference.rejection import ImageRejected
from inference.words import _

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MAX_EXIF = 64 * 1024
_KNOWN: tuple[tuple[int, bytes, str], ...] = (
    (0, b"GIF8", _("a GIF picture")),
    (8, b"WEBP", _("a WebP picture")),
    (0, b"II*\x00", _("a TIFF picture")),
    (0, b"MM\x00*", _("a TIFF picture")),
    (0, b"II+\x00", _("a TIFF picture")),
    (0, b"BM", _("a BMP picture")),
    (0, b"8BPS", _("a Photoshop file")),
    (0, b"\x00\x00\x00\x0cjP  ", _("a JPEG 2000 picture")),
    (0, b"\xff\x4f\xff\x51", _("a JPEG 2000 picture")),
    (0, b"\xff\x0a", _("a JPEG XL picture")),
    (0, b"\x00\x00\x00\x0cJXL ", _("a JPEG XL picture")),
    (128, b"DICM", _("a DICOM file")),
    (0, b"%PDF", _("a PDF document")),
    (0, b"PK\x03\x04", _("a ZIP archive or an Office document")),
    (0, b"PK\x05\x06", _("a ZIP archive or an Office document")),
    (0, b"\x1f\x8b", _("a gzip archive")),
    (0, b"7z\xbc\xaf", _("a 7-Zip archive")),
    (0, b"Rar!", _("a RAR archive")),
    (0, b"\x00\x00\x01\x00", _("an icon file")),
)
_HEIF_BRANDS = {b"heic": _("a HEIC picture"), b"heix": _("a HEIC picture"), b"heim": _("a HEIC picture"), b"hevc": _("a HEIC picture")} | {
    b"mif1": _("a HEIC picture"),
    b"msf1": _("a HEIC picture"),
    b"avif": _("an AVIF picture"),
    b"avis": _("an AVIF picture"),
}
# The end of a run of entropy-coded data: a marker that is neither a stuffed zero byte nor a restart marker (T.81 B.1.1.5).
JPEG_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]", re.DOTALL)


@dataclass(frozen=True)
class Container:
    """A whole file's first picture: `data` is safe to decode; width and height are in pixels as stored, before any rotation."""

    format: Literal["JPEG", "PNG"]
    width: int
    height: int
    data: bytes
    bit_depth: int


def unsupported(data: bytes) -> ImageRejected:
    """The refusal for bytes that are neither JPEG nor PNG, naming what they look like."""
    kind = next((name for at, magic, name in _KNOWN if data[at : at + len(magic)] == magic), None)
    if kind is None and data[4:8] == b"ftyp":
        kind = _HEIF_BRANDS.get(data[8:12], _("a video"))
    if kind is None and data[:512].lstrip().lower().startswith((b"<svg", b"<?xml", b"<!doctype", b"<html")):
        kind = _("a web page or a drawing")
    if kind is None:
        return ImageRejected("unsupported_type")
    return ImageRejected(
        "unsupported_type", _("This file is {kind}, which can not be read here. Please send a JPEG or PNG picture."), kind=kind
    )


def read(data: bytes, max_pixels: int, min_side: int) -> Container:
    """Walk a JPEG or PNG file and return its first picture's container.

    The size in the header is judged before anything is inflated. Raises ImageRejected with the code unsupported_type, truncated,
    corrupt, too_many_pixels, too_small or animated.
    """
    if data.startswith(b"\x89PNG"):
        return _read_png(data, max_pixels, min_side)
    if data.startswith(b"\xff\xd8"):
        return _read_jpeg(data, max_pixels, min_side)
    raise unsupported(data)


def _judge_size(width: int, height: int, max_pixels: int, min_side: int) -> None:
    if width == 0 or height == 0:
        raise ImageRejected("corrupt")
    if width * height > max_pixels:
        raise ImageRejected("too_many_pixels")
    if min(width, height) < min_side:
        raise ImageRejected("too_small")


def _read_png(data: bytes, max_pixels: int, min_side: int) -> Container:  # noqa: C901  (one walk, one test a rule of the format)
    if not data.startswith(PNG_SIGNATURE):
        raise ImageRejected("truncated" if PNG_SIGNATURE.startswith(data) else "corrupt")
    kept = [PNG_SIGNATURE]
    at, width, height, depth, has_pixels = len(PNG_SIGNATURE), 0, 0, 0, False
    while True:
        if at + 12 > len(data):
            raise ImageRejected("truncated")
        length, kind = struct.unpack_from(">I4s", data, at)
        if not kind.isalpha() or length > 0x7FFFFFFF:
            raise ImageRejected("corrupt")
        end = at + 12 + length
        if end > len(data):
            raise ImageRejected("truncated")
        if (at == len(PNG_SIGNATURE)) != (kind == b"IHDR"):
            raise ImageRejected("corrupt")
        if kind in (b"IHDR", b"PLTE", b"IDAT", b"tRNS", b"eXIf", b"IEND"):
            if zlib.crc32(data[at + 4 : end - 4]) != struct.unpack_from(">I", data, end - 4)[0]:
                raise ImageRejected("corrupt")
            if kind != b"eXIf" or length <= _MAX_EXIF:
                kept.append(data[at:end])
        elif kind in (b"acTL", b"fcTL", b"fdAT"):
            raise ImageRejected("animated")
        elif kind[:1].isupper():  # an unknown critical chunk: the picture can not be read without it
            raise ImageRejected("corrupt")
        if kind == b"IHDR":
            if length != 13:
                raise ImageRejected("corrupt")
            width, height, depth = struct.unpack_from(">IIB", data, at + 8)
            _judge_size(width, height, max_pixels, min_side)
        has_pixels |= kind == b"IDAT"
        if kind == b"IEND":
            break
        at = end
    if not has_pixels:
        raise ImageRejected("truncated")
    return Container("PNG", width, height, b"".join(kept), depth)


def _read_jpeg(data: bytes, max_pixels: int, min_side: int) -> Container:  # noqa: C901  (as above)
    kept = [b"\xff\xd8"]
    at, width, height, scans = 2, 0, 0, 0
    while True:
        while data[at : at + 2] == b"\xff\xff":  # fill bytes before a marker
            at += 1
        if at + 2 > len(data):
            raise ImageRejected("truncated")
        if data[at] != 0xFF:
            raise ImageRejected("corrupt")
        marker = data[at + 1]
        if marker == 0xD9:
            if not scans:
                raise ImageRejected("corrupt")
            kept.append(b"\xff\xd9")
            break
        if at + 4 > len(data):
            raise ImageRejected("truncated")
        end = at + 2 + struct.unpack_from(">H", data, at + 2)[0]
        if marker in (0x00, 0x01, 0xD8) or 0xD0 <= marker <= 0xD7 or end < at + 4:
            raise ImageRejected("corrupt")
        if end > len(data):
            raise ImageRejected("truncated")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            if width or end < at + 10:
                raise ImageRejected("corrupt")
            precision, height, width = struct.unpack_from(">BHH", data, at + 4)
            if marker > 0xC2 or precision != 8:
                raise ImageRejected(
                    "unsupported_type", _("This file is a rare kind of JPEG. Please save it again as an ordinary JPEG or PNG.")
                )
            _judge_size(width, height, max_pixels, min_side)
        if marker == 0xDA:
            if not width:
                raise ImageRejected("corrupt")
            found = JPEG_MARKER.search(data, end)
            if found is None:
                raise ImageRejected("truncated")
            end, scans = found.start(), scans + 1
        if _jpeg_segment_is_kept(marker, data[at + 4 : at + 10]):
            kept.append(data[at:end])
        at = end
    return Container("JPEG", width, height, b"".join(kept), 8)


def _jpeg_segment_is_kept(marker: int, head: bytes) -> bool:
    """Comments and application data go, but for JFIF, Exif (orientation) and Adobe (which says how CMYK is stored)."""
    if 0xE0 <= marker <= 0xEF:
        return marker == 0xE0 or (marker == 0xE1 and head == b"Exif\x00\x00") or marker == 0xEE
    return marker != 0xFE
