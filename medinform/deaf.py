"""A worker that hears nothing any more ends, and whoever supervises it starts it anew.

After Redis was lost a few times within seconds, a Celery worker can be connected and deaf, or hang in its own shutdown (celery issues 8030
and 9054; `make drill` met both), while its process lives and its supervisor sees nothing wrong. The scheduler sends each queue a message
every LOOK_SECONDS, so that silence for WORKER_SILENT_SECONDS, which is longer than any task may take, is no idle night.
"""

import logging
import os
import threading
import time
from typing import Any

from celery.signals import task_received, worker_ready

EXIT_CODE = 75  # EX_TEMPFAIL of sysexits.h: try again
logger = logging.getLogger(__name__)
_heard = time.monotonic()
_listening = threading.Event()


@task_received.connect
def hear(**kwargs: Any) -> None:
    global _heard
    _heard = time.monotonic()


@worker_ready.connect
def listen(**kwargs: Any) -> None:
    """In the parent of the pool, once."""
    from django.conf import settings

    hear()
    if settings.WORKER_SILENT_SECONDS and not _listening.is_set():
        _listening.set()
        threading.Thread(target=_end_when_silent, args=(settings.WORKER_SILENT_SECONDS,), daemon=True).start()


def _end_when_silent(seconds: float) -> None:
    pause = threading.Event()
    while time.monotonic() - _heard < seconds:
        pause.wait(min(5, seconds / 4))
    logger.critical("no message for %d s, not even the scheduler's: this worker ends, to be started anew", seconds)
    logging.shutdown()
    os._exit(EXIT_CODE)  # what the main thread hangs in does not let go; a child whose parent is gone ends by itself
