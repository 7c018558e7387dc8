"""JPEG and PNG files as nobody should send them, made from ones that are whole. The same seed makes the same file."""

import functools
import random
import struct
import zlib
from collections.abc import Callable

import cv2
import numpy as np

import samples
from inference import imaging

Chance = random.Random
PIECE = 64


@functools.cache
def _drawn(label: str, number: int) -> np.ndarray:
    return imaging.decode(samples.draw("malaria", label, number)).pixels[..., ::-1]


def whole(chance: Chance) -> bytes:
    """A drawn cell as JPEG (plain or progressive) or PNG (8 or 16 bits, grey or colour, with or without alpha)."""
    pixels = _drawn(chance.choice(["parasitized", "uninfected"]), chance.randrange(10))
    if chance.random() < 0.3:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY)
    if chance.random() < 0.5:
        how = [cv2.IMWRITE_JPEG_QUALITY, chance.choice([30, 90]), cv2.IMWRITE_JPEG_PROGRESSIVE, chance.randrange(2)]
        return cv2.imencode(".jpg", pixels, how)[1].tobytes()
    if chance.random() < 0.3:
        pixels = pixels.astype(np.uint16) * 257
    if pixels.ndim == 3 and chance.random() < 0.2:
        pixels = cv2.cvtColor(pixels, cv2.COLOR_BGR2BGRA)
    return cv2.imencode(".png", pixels)[1].tobytes()


def flipped(data: bytes, chance: Chance) -> bytes:
    """Up to 64 bits are others."""
    made = bytearray(data)
    for _ in range(chance.choice([1, 2, 8, 64])):
        made[chance.randrange(len(made))] ^= 1 << chance.randrange(8)
    return bytes(made)


def cut(data: bytes, chance: Chance) -> bytes:
    """The end, the beginning or the middle is missing."""
    one, other = sorted(chance.randrange(len(data) + 1) for _ in range(2))
    return chance.choice([data[:one], data[one:], data[:one] + data[other:]])


def repeated(data: bytes, chance: Chance) -> bytes:
    """A piece comes again, perhaps a thousand times."""
    at = chance.randrange(len(data))
    return data[:at] + data[at : at + chance.randrange(1, PIECE)] * chance.choice([2, 10, 1000]) + data[at:]


def shuffled(data: bytes, chance: Chance) -> bytes:
    """Two pieces have changed places."""
    pieces = [data[at : at + PIECE] for at in range(0, len(data), PIECE)]
    one, other = chance.randrange(len(pieces)), chance.randrange(len(pieces))
    pieces[one], pieces[other] = pieces[other], pieces[one]
    return b"".join(pieces)


def resized(data: bytes, chance: Chance) -> bytes:
    """The header says another size, huge or none; a PNG's checksum fits."""
    size = [chance.choice([0, 1, 31, 33, 6000, 65535, 2**31 - 1]) for _ in range(2)]
    if data.startswith(b"\x89PNG"):
        header = b"IHDR" + struct.pack(">II", *size) + data[24:29]
        return data[:12] + header + struct.pack(">I", zlib.crc32(header)) + data[33:]
    at = next((data.find(marker) for marker in (b"\xff\xc0", b"\xff\xc2") if marker in data), -1)
    return data if at < 0 else data[: at + 5] + struct.pack(">HH", *(side & 0xFFFF for side in size)) + data[at + 9 :]


def retyped(data: bytes, chance: Chance) -> bytes:
    """Other bit depth, colour type, interlacing or number of channels than the pixels have; a PNG's checksum fits."""
    if data.startswith(b"\x89PNG"):
        kind = bytes([chance.choice([1, 2, 4, 8, 16, 255]), chance.choice([0, 2, 3, 4, 6, 7]), 0, 0, chance.choice([0, 1, 2])])
        header = data[12:24] + kind
        return data[:12] + header + struct.pack(">I", zlib.crc32(header)) + data[33:]
    at = data.find(b"\xff\xc0")
    return data if at < 0 else data[: at + 9] + bytes([chance.randrange(6)]) + data[at + 10 :]


def nested(data: bytes, chance: Chance) -> bytes:
    """Metadata within metadata: Exif whose directories name each other, text that inflates without end, thousands of parts."""
    loop = b"II*\x00\x08\x00\x00\x00" + struct.pack("<HHHII", 1, 0x8769, 4, 1, 8) + struct.pack("<I", 8)
    exif = loop if chance.random() < 0.5 else loop[:8] + chance.randbytes(chance.randrange(2000))
    many = chance.choice([1, 50, 2000])
    if data.startswith(b"\x89PNG"):
        bomb = b"zTXt" + b"a\x00\x00" + zlib.compress(bytes(chance.choice([100, 2**22])))
        parts = b"".join(_chunk(part) for part in (chance.choice([bomb, b"eXIf" + exif, b"tEXt" + data[:200]]),) * many)
        return data[:33] + parts[: 2**21] + data[33:]
    inside = b"Exif\x00\x00" + exif if chance.random() < 0.7 else data[:60000]
    return data[:2] + (b"\xff\xe1" + struct.pack(">H", min(len(inside) + 2, 65535)) + inside) * min(many, 50) + data[2:]


def resigned(data: bytes, chance: Chance) -> bytes:
    """Bits of a PNG's compressed pixels are others, and the checksum of the part fits; of a JPEG, of its tables or pixels."""
    at = data.find(b"IDAT")
    if at < 0:
        return flipped(data, chance)
    [length] = struct.unpack(">I", data[at - 4 : at])
    return data[: at - 4] + _chunk(b"IDAT" + flipped(data[at + 4 : at + 4 + length], chance)) + data[at + 8 + length :]


def _chunk(kind_and_body: bytes) -> bytes:
    return struct.pack(">I", len(kind_and_body) - 4) + kind_and_body + struct.pack(">I", zlib.crc32(kind_and_body))


MUTATORS: dict[str, Callable[[bytes, Chance], bytes]] = {
    act.__name__: act for act in (flipped, cut, repeated, shuffled, resized, retyped, nested, resigned)
}


def mutant(number: int) -> tuple[str, bytes]:
    """The names of what was done to a file, one to three things, and what came of it."""
    chance = Chance(number)
    data, names = whole(chance), chance.choices(list(MUTATORS), k=chance.choice([1, 1, 2, 3]))
    for name in names:
        data = MUTATORS[name](data, chance) if data else data
    return " + ".join(names), data
