"""`python -m portal.scans.decoder`: a process that meets pictures from strangers, so that nothing else has to.

It knows neither Django nor the database, takes one picture after the other from its input, and may be killed at any time (sandbox.py).
A request is a line of JSON and the bytes it announces, an answer the same. Limits of the kernel hold what a picture can take of memory
and of the processor.
"""

import json
import resource
import sys
from collections.abc import Callable
from typing import IO, Any

import cv2
import numpy as np

from inference import imaging
from portal.scans import identity

THUMBNAIL_SIDE = 320
PREVIEW_SIDE = 1280  # twice the width at which a result shows its picture


def prepare(data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """What a picture is; the file without metadata, and a thumbnail. Raises imaging.ImageRejected.

    Both are decoded as the model will see them: every byte of a large picture is read, but not every pixel of it made.
    """
    picture = imaging.decode(data)
    try:
        stripped = identity.strip(data, format=picture.format, orientation=picture.orientation)
        same = bool((imaging.decode(stripped).pixels == picture.pixels).all())
    except identity.NotStrippable as error:
        raise imaging.ImageRejected("truncated") from error
    if not same:  # never keep a picture that reads otherwise than the one that was sent
        raise imaging.ImageRejected("corrupt")
    return {"format": picture.format, "width": picture.width, "height": picture.height}, [stripped, _thumbnail(picture)]


def preview(data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """A JPEG whose longer side is PREVIEW_SIDE pixels."""
    return {}, [_jpeg(imaging.decode(data, longest=PREVIEW_SIDE).pixels)]


def _thumbnail(picture: imaging.Picture) -> bytes:
    height, width = picture.pixels.shape[:2]
    scale = min(1.0, THUMBNAIL_SIDE / max(width, height))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return _jpeg(cv2.resize(picture.pixels, size, interpolation=cv2.INTER_AREA))


def _jpeg(pixels: np.ndarray) -> bytes:
    return cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()


ACTS: dict[str, Callable[[bytes], tuple[dict[str, Any], list[bytes]]]] = {"prepare": prepare, "preview": preview}


def answer(act: str, data: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """The act's answer, or why there is none."""
    try:
        return ACTS[act](data)
    except imaging.ImageRejected as rejected:
        return {"rejected": rejected.code, "template": rejected.template, "params": dict(rejected.params)}, []
    except MemoryError:
        return {"died": "memory"}, []


def limit(megabytes: int, seconds: int) -> None:
    """At most so much memory, and so many more seconds of a processor before the kernel ends the process."""
    resource.setrlimit(resource.RLIMIT_DATA, (megabytes * 2**20, megabytes * 2**20))
    used = resource.getrusage(resource.RUSAGE_SELF)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + seconds + 1, resource.RLIM_INFINITY))


def serve(requests: IO[bytes], answers: IO[bytes]) -> None:
    """Until there are no more requests."""
    while line := requests.readline():
        asked = json.loads(line)
        data = requests.read(asked["size"])
        if len(data) < asked["size"]:
            return
        limit(asked["megabytes"], asked["seconds"])
        told, parts = answer(asked["act"], data)
        answers.write(json.dumps({**told, "sizes": [len(part) for part in parts]}).encode() + b"\n" + b"".join(parts))
        answers.flush()


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
