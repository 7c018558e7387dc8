"""How a process that serves keeps house, once all of its program is loaded."""

import gc


def settle() -> None:
    """What is loaded stays until the process ends: the collector need not go through it again at every few requests (gc.freeze), nor look
    for garbage after each 700 objects, of which a page makes thousands."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
