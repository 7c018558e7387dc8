"""Times that can be compared: everything takes turns, so that a machine that slows down slows all of it."""

import time
from collections.abc import Callable, Mapping

PAUSE = 0.1  # seconds; OpenBLAS spins for 2 ** 26 cycles
WARM_UP = 0.05  # seconds


def in_turns(calls: Mapping[str, Callable[[], object]], rounds: int, repeats: int = 1) -> dict[str, list[float]]:
    """Milliseconds of each call, one value a round: the mean of `repeats` in a row.

    Before each there is a pause, because the threads of a matrix product, or of another engine, go on spinning for a while and what comes
    next would have half of the processors; and a few calls outside the clock, because a pause cools caches and lets threads sleep.
    """
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            time.sleep(PAUSE)
            warm = time.perf_counter() + WARM_UP
            call()
            while time.perf_counter() < warm:
                call()
            started = time.perf_counter()
            for _ in range(repeats):
                call()
            taken[name].append((time.perf_counter() - started) / repeats * 1000)
    return taken
