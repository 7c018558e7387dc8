"""Pictures are decoded in processes of their own, which have limits of time and memory and may die: a web process never does for them."""

import atexit
import json
import logging
import os
import subprocess
import sys
import threading
import time
from typing import Any

from django.conf import settings

from inference.imaging import ImageRejected

logger = logging.getLogger(__name__)
AT_ONCE = 2  # decoders of one web process


class Died(Exception):
    """The decoder ended, or was ended, before it had answered."""


class TooSlow(Died):
    """It was ended because its time was over."""


class Decoder:
    """One process of portal.scans.decoder."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "portal.scans.decoder"]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        environment = {"PATH": os.environ.get("PATH", ""), "OPENBLAS_NUM_THREADS": "1"}  # no secret of ours is among these
        self.process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment, **pipes)  # type: ignore[call-overload]

    def ask(self, act: str, data: bytes) -> tuple[dict[str, Any], list[bytes]]:
        """Raises Died: after it, this decoder is of no more use."""
        seconds = settings.DECODE_SECONDS
        asked = {"act": act, "size": len(data), "seconds": seconds, "megabytes": settings.DECODE_MEMORY_MB}
        late = threading.Timer(seconds, self.process.kill)
        late.start()
        began = time.monotonic()
        try:
            self.process.stdin.write(json.dumps(asked).encode() + b"\n" + data)
            self.process.stdin.flush()
            line = self.process.stdout.readline()
            told = json.loads(line) if line else {}
            parts = [self.process.stdout.read(size) for size in told.get("sizes", ())]
        except OSError as error:
            raise Died(str(error)) from error
        finally:
            late.cancel()
        if not told or [len(part) for part in parts] != told["sizes"]:
            slow = time.monotonic() - began >= seconds
            raise (TooSlow if slow else Died)(f"it ended with {self.process.wait()}")
        if "died" in told:
            raise Died(told["died"])
        return told, parts

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


_room = threading.BoundedSemaphore(AT_ONCE)
_idle: list[Decoder] = []


def ask(act: str, data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """One of decoder.ACTS. Raises inference.imaging.ImageRejected, also for one that took all its time or ended two decoders."""
    with _room:
        for _ in range(2):  # one may have died of something else: of the kernel's want of memory, or by somebody's hand
            decoder = _take()
            try:
                told, parts = decoder.ask(act, data)
            except Died as error:
                logger.warning("a decoder died of a picture of %s bytes: %s", len(data), error)
                decoder.end()
                if isinstance(error, TooSlow):
                    break
                continue
            except BaseException:
                decoder.end()
                raise
            _idle.append(decoder)
            if "rejected" in told:
                raise ImageRejected(told["rejected"], told["template"], **told["params"])
            return told, parts
    raise ImageRejected("undecodable")


def _take() -> Decoder:
    try:
        return _idle.pop()
    except IndexError:
        return Decoder()


def _forget() -> None:
    """After a fork: those of the parent are the parent's."""
    global _room
    _idle.clear()
    _room = threading.BoundedSemaphore(AT_ONCE)


@atexit.register
def _end_all() -> None:
    while _idle:
        _idle.pop().end()


os.register_at_fork(after_in_child=_forget)
