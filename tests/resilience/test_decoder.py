"""A picture that crashes, hangs or swells its decoder is refused; whoever comes beside it is answered."""

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np
import psutil
import pytest

from inference.imaging import MAX_BYTES, MAX_PIXELS, ImageRejected
from portal.scans import sandbox, services
from tests.conftest import drawn_cell

SIDE = int(MAX_PIXELS**0.5)


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    """Decoders of this test alone."""
    sandbox._end_all()
    yield
    sandbox._end_all()


def huge(side: int = SIDE, depth: type = np.uint16) -> bytes:
    """A valid PNG, opaque, by default at the limit of pixels and in the format that takes most memory to read."""
    pixels = np.zeros((side, side, 4), depth)
    pixels[::7] = np.iinfo(depth).max // 3
    pixels[..., 3] = np.iinfo(depth).max
    data = cv2.imencode(".png", pixels, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()
    assert len(data) < MAX_BYTES
    return data


@pytest.fixture(scope="module")
def slow() -> bytes:
    """A valid picture that takes a while."""
    return huge(3000, np.uint8)


def decoders() -> list[psutil.Process]:
    found = []
    for process in psutil.Process().children():
        with contextlib.suppress(psutil.Error):
            if "portal.scans.decoder" in process.cmdline():
                found.append(process)
    return found


def meanwhile(strike: Callable[[psutil.Process], Any], data: bytes) -> Any:
    """Prepare a picture; its decoder is struck when it has begun to work."""
    found: list[Any] = []

    def prepare() -> None:
        try:
            found.append(services.prepare(data))
        except ImageRejected as rejected:
            found.append(rejected)

    services.prepare(drawn_cell(1))  # a decoder waits now
    [child] = decoders()
    before = sum(child.cpu_times()[:2])
    asking = threading.Thread(target=prepare)
    asking.start()
    while sum(child.cpu_times()[:2]) < before + 0.05:
        time.sleep(0.005)
    strike(child)
    asking.join(60)
    return found[0]


def test_the_largest_picture_is_read_within_the_limits() -> None:
    prepared = services.prepare(huge())
    assert (prepared.width, prepared.height, prepared.format) == (SIDE, SIDE, "PNG")


def test_one_that_takes_too_much_memory_is_refused_and_the_next_is_read(settings: Any) -> None:
    settings.DECODE_MEMORY_MB = 150
    with pytest.raises(ImageRejected) as rejected:
        services.prepare(huge(5000, np.uint8))
    assert rejected.value.code == "undecodable"
    assert services.prepare(drawn_cell(2)).width > 100


def test_one_that_hangs_its_decoder_is_refused_when_its_time_is_over_and_delays_no_other(settings: Any, slow: bytes) -> None:
    settings.DECODE_SECONDS = 5
    when_the_other_was_read: list[str] = []

    def strike(child: psutil.Process) -> None:
        child.send_signal(signal.SIGSTOP)
        services.prepare(drawn_cell(3))
        when_the_other_was_read.append(child.status())

    rejected = meanwhile(strike, slow)  # nobody wakes it: what ends it is its time
    assert rejected.code == "undecodable"
    assert when_the_other_was_read == [psutil.STATUS_STOPPED]


def test_one_whose_decoder_was_killed_by_something_else_is_read_by_another(slow: bytes) -> None:
    prepared = meanwhile(lambda child: child.send_signal(signal.SIGKILL), slow)
    assert prepared.width == 3000


def test_one_that_crashes_its_decoder_each_time_is_refused(slow: bytes) -> None:
    """SIGSEGV to every decoder that comes near it."""
    stop = threading.Event()

    def strike(first: psutil.Process) -> None:
        first.send_signal(signal.SIGSEGV)
        while not stop.is_set():
            for child in decoders():
                if child.pid != first.pid and sum(child.cpu_times()[:2]) > 0.02:
                    child.send_signal(signal.SIGSEGV)
                    return
            time.sleep(0.005)

    rejected = meanwhile(strike, slow)
    stop.set()
    assert rejected.code == "undecodable"
    assert services.prepare(drawn_cell(4)).width > 100


def test_the_decoder_knows_no_secret() -> None:
    services.prepare(drawn_cell(1))
    [child] = decoders()
    assert not {"SECRET_KEY", "DATABASE_URL", "REDIS_URL"} & set(child.environ())
