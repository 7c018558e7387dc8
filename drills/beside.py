"""Threads that work beside a block, and end with it."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager


@contextmanager
def beside(threads: Sequence[threading.Thread], stop: threading.Event, *, patience: float) -> Iterator[None]:
    """Started here; after the block they are told to stop, and waited for, `patience` seconds each."""
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(patience)
