"""Times that can be compared: everything takes turns, so that a machine that slows down slows all of it."""

import time
from collections.abc import Callable, Mapping


def in_turns(calls: Mapping[str, Callable[[], object]], rounds: int, repeats: int = 1) -> dict[str, list[float]]:
    """Milliseconds of each call, one value a round: the mean of `repeats` in a row. Each is called once before the clock starts."""
    for call in calls.values():
        call()
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(rounds):
        for name, call in calls.items():
            started = time.perf_counter()
            for _ in range(repeats):
                call()
            taken[name].append((time.perf_counter() - started) / repeats * 1000)
    return taken
