"""Streams that are sealed with a key: AES-256-GCM in chunks, as age and STREAM (Hoang 2015) do it.

A stream has a key of its own, drawn from the key and a random salt (HKDF); each chunk is bound to its number and to whether it is the
last, so that none can be left out, moved or cut off; and all of them to a context, a file's name, so that no file can stand for another.
"""

import base64
import binascii
import functools
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import IO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MAGIC = b"medinform sealed 1\n"
CHUNK, TAG, SALT, ID = 64 * 1024, 16, 16, 8
HEADER = len(MAGIC) + ID + SALT
PLAIN = "plain"


class SealError(ValueError):
    """A key is none, or a stream can not be opened: damaged, cut off, or sealed with another key. The message says which."""


@dataclass(frozen=True)
class Key:
    """32 random bytes, and a short name for them that tells nothing about them."""

    secret: bytes
    id: bytes


@dataclass(frozen=True)
class Ring:
    """The first key seals, unless it is the word plain; all open."""

    first: Key | None
    every: dict[bytes, Key]


def new_key() -> str:
    """As it is written into the environment."""
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


@functools.cache
def key(text: str) -> Key:
    """Raises SealError when it is not 32 bytes in base64."""
    try:
        secret = base64.b64decode(text.encode(), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise SealError("a key is 32 random bytes in URL-safe base64") from error
    if len(secret) != 32:
        raise SealError("a key is 32 random bytes in URL-safe base64")
    return Key(secret, _derive(secret, b"", b"medinform key id")[:ID])


def ring(texts: Iterable[str]) -> Ring:
    """Of what a setting lists. Raises SealError."""
    return _ring(tuple(texts))


@functools.cache
def _ring(texts: tuple[str, ...]) -> Ring:
    keys = [key(text) for text in texts if text != PLAIN]
    return Ring(keys[0] if texts and texts[0] != PLAIN else None, {one.id: one for one in keys})


class Sealer:
    """Seals what is written to it into a file. What is not closed is cut off, and is found to be."""

    def __init__(self, file: IO[bytes], with_key: Key, context: str = "") -> None:
        salt = os.urandom(SALT)
        self._file, header = file, MAGIC + with_key.id + salt
        self._cipher, self._bound = _cipher(with_key, salt), header + context.encode()
        self._held, self._number = bytearray(), 0
        file.write(header)

    def write(self, piece: bytes) -> int:
        self._held += piece
        while len(self._held) > CHUNK:  # one is kept back: only the end knows that it is the last
            self._chunk(bytes(self._held[:CHUNK]), last=False)
            del self._held[:CHUNK]
        return len(piece)

    def close(self) -> None:
        """Of the stream; the file stays open."""
        self._chunk(bytes(self._held), last=True)

    def _chunk(self, data: bytes, *, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, last=last), data, self._bound))
        self._number += 1


def unseal(read: Callable[[int], bytes], with_ring: Ring, context: str = "") -> Iterator[bytes]:
    """What was sealed; `read(n)` gives at most n bytes, fewer only at the end. Raises SealError, at the latest when all is read."""
    header = read(HEADER)
    of = key_id(header)
    if of is None or len(header) < HEADER:
        raise SealError("this is not a sealed file")
    if of not in with_ring.every:
        raise SealError("it was sealed with a key that is not given")
    cipher, bound = _cipher(with_ring.every[of], header[-SALT:]), header + context.encode()
    piece, number = read(CHUNK + TAG), 0
    while True:
        following = read(CHUNK + TAG) if len(piece) == CHUNK + TAG else b""
        try:
            yield cipher.decrypt(_nonce(number, last=not following), piece, bound)
        except InvalidTag as error:
            raise SealError("it is damaged, cut off, or another file under this name") from error
        if not following:
            return
        piece, number = following, number + 1


def key_id(header: bytes) -> bytes | None:
    """Which key sealed what begins so; None when nothing did."""
    return header[len(MAGIC) : len(MAGIC) + ID] if header.startswith(MAGIC) else None


def opened_size(sealed: int) -> int:
    """How long it is unsealed."""
    body = sealed - HEADER
    return body - TAG * -(-body // (CHUNK + TAG))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _cipher(of: Key, salt: bytes) -> AESGCM:
    return AESGCM(_derive(of.secret, salt, b"medinform stream"))


def _derive(secret: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt, info).derive(secret)
