"""Cut identity metadata out of a file without touching a pixel.

Pictures are kept as they came, so nothing is encoded a second time: only those parts of the file that are needed to draw it are
copied, and all else (EXIF, GPS, XMP, comments, text chunks, embedded previews, trailing bytes) is left behind. The caller proves
with the decoder that the picture is still the same. Sources: ITU-T T.81 annex B (JPEG markers), W3C PNG 3rd edition, chapter 5.
"""

import zlib

from PIL import Image

from inference.containers import JPEG_MARKER

JPEG_DROPPED = {0xFE, *range(0xE1, 0xF0)} - {0xEE}  # COM, APP1-APP15; APP14 says which colour transform was used
JPEG_STANDALONE = {0x01, *range(0xD0, 0xD8)}
PNG_KEPT = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
EXIF_ORIENTATION = 0x0112


class NotStrippable(ValueError):
    """The file's structure could not be followed to its end."""


def strip(data: bytes, *, format: str, orientation: int) -> bytes:
    """The same picture without metadata; of the EXIF block only a turned picture's orientation (2-8) stays. Raises NotStrippable."""
    return _strip_jpeg(data, orientation) if format == "JPEG" else _strip_png(data, orientation)


def _exif(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = orientation
    return exif.tobytes()


def _strip_jpeg(data: bytes, orientation: int) -> bytes:
    kept = [b"\xff\xd8"]
    if orientation != 1:
        body = _exif(orientation)
        kept.append(b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body)
    at = 2
    while at + 1 < len(data):
        if data[at] != 0xFF:
            raise NotStrippable("a marker was expected")
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
        elif marker == 0xD9:
            return b"".join([*kept, b"\xff\xd9"])
        elif marker in JPEG_STANDALONE:
            at += 2
        else:
            end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
            if marker == 0xDA:
                end = _end_of_entropy_data(data, end)
            if marker not in JPEG_DROPPED:
                kept.append(data[at:end])
            at = end
    raise NotStrippable("the end of the image is missing")


def _end_of_entropy_data(data: bytes, at: int) -> int:
    """The offset of the next marker that is neither a stuffed zero nor a restart."""
    found = JPEG_MARKER.search(data, at)
    if found is None:
        raise NotStrippable("the end of the image is missing")
    return found.start()


def _strip_png(data: bytes, orientation: int) -> bytes:
    kept, at = [data[:8]], 8
    while at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        name = data[at + 4 : at + 8]
        if name in PNG_KEPT:
            kept.append(data[at:end])
        if name == b"IHDR" and orientation != 1:
            kept.append(_png_chunk(b"eXIf", _exif(orientation).removeprefix(b"Exif\x00\x00")))
        if name == b"IEND":
            return b"".join(kept)
        at = end
    raise NotStrippable("the end of the image is missing")


def _png_chunk(name: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + name + body + zlib.crc32(name + body).to_bytes(4, "big")
