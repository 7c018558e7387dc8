"""A steady load of uploads through the API, by clients that do as a good client should: whatever was not answered is sent again."""

import contextlib
import itertools
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import cv2
import httpx
import numpy as np

import samples
from drills.beside import beside
from inference import imaging
from tests.e2e.stack import PATIENT, Stack

DISEASE = "malaria"
LARGE = 2500  # px a side of every third picture: real work, so that what breaks meets somebody in the middle of it
_AGAIN = (429, 500, 502, 503, 504, 507)


@dataclass
class Load:
    """What was sent. `accepted`: analysis ids of 2xx answers; `unanswered`: tries that met no answer; `refused`: tries by status code."""

    stack: Stack
    every: float
    large: int
    accepted: list[str] = field(default_factory=list)
    unanswered: int = 0
    refused: dict[int, int] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, client: httpx.Client, seed: int) -> None:
        pixels = imaging.decode(samples.draw(DISEASE, "parasitized", seed)).pixels[..., ::-1]
        large = cv2.resize(pixels, (self.large, self.large), interpolation=cv2.INTER_CUBIC)
        for number in itertools.count(1):
            if self._stop.wait(self.every):
                return
            self.send(client, _unlike(large if number % 3 == 0 else pixels, seed, number))

    def send(self, client: httpx.Client, data: bytes, patience: float = 60) -> str | None:
        """Until it is answered, under one key, so that a try whose answer was lost is not a second upload. The id, or None if refused."""
        key, until = secrets.token_hex(16), time.monotonic() + patience
        while time.monotonic() < until:
            try:
                answer = client.post(
                    "/analyses/", files={"file": ("cell.png", data)}, data={"disease": DISEASE}, headers={"Idempotency-Key": key}
                )
            except httpx.HTTPError:
                self._count(None)
            else:
                if answer.is_success:
                    with self._lock:
                        self.accepted.append(answer.json()["id"])
                    return str(answer.json()["id"])
                self._count(answer.status_code)
                if answer.status_code not in _AGAIN:
                    return None
            time.sleep(0.2)
        return None

    def _count(self, status: int | None) -> None:
        with self._lock:
            if status is None:
                self.unanswered += 1
            else:
                self.refused[status] = self.refused.get(status, 0) + 1


def _unlike(pixels: np.ndarray, seed: int, number: int) -> bytes:
    """The same cell with a few dots of its own: other bytes, the same finding."""
    drawn = pixels.copy()
    for bit in range(24):
        drawn[bit // 12, bit % 12, 0] ^= (number + (seed << 12)) >> bit & 1
    return cv2.imencode(".png", drawn, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()


@contextmanager
def load(stack: Stack, *, clients: int = 2, every: float = 0.1, seed: int = 0, large: int = LARGE) -> Iterator[Load]:
    """Some clients of one patient upload until the block ends; the block then waits for their last answers."""
    steady, opened = Load(stack, every, large), [stack.client(PATIENT) for _ in range(clients)]
    threads = [threading.Thread(target=steady.run, args=(client, seed * clients + n + 1)) for n, client in enumerate(opened)]
    try:
        with beside(threads, steady._stop, patience=90):
            yield steady
    finally:
        for client in opened:
            with contextlib.suppress(httpx.HTTPError):
                client.close()
