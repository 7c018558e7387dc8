"""Damaged and malicious pictures go through intake and before the engine: each gets an answer with a code, none a crash.

`tests/security/test_fuzz_images.py` is the short form.
"""

import os
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import psutil

from drills.faults import SEED
from drills.mutants import mutant
from drills.report import Report
from inference import diseases, engine, imaging

FILES = 800  # a round; 25 rounds make 20,000
SECONDS = 10  # that one file may take
GROWTH = 300  # MB that this process may grow, after its first hundred files
ABOUT = (
    "JPEG and PNG files with bits flipped, parts cut, repeated or moved, other sizes and types in their headers, nested metadata and "
    f"pixels that do not decode, through intake (a decoder process) and the engine's decoding and gate (in this one). Seed {SEED}."
)


@dataclass
class Found:
    files: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    growth: float = 0.0  # MB, of this process
    decoders: set[int] = field(default_factory=set)
    wrong: list[str] = field(default_factory=list)


def fuzz(first: int, count: int) -> Found:
    """Needs Django's settings. The decoder processes that were seen: a new one means that one had died."""
    from portal.scans import sandbox, services

    found, this, small = Found(), psutil.Process(os.getpid()), 0.0
    malaria = diseases.get("malaria")
    for number in range(first, first + count):
        names, data = mutant(number)
        began = time.perf_counter()
        found.files += 1
        codes: list[str] = []
        for what, act in (("intake", lambda data=data: services.prepare(data)), ("engine", lambda data=data: engine.look(data, malaria))):
            codes.append(_code(act, f"{number} ({names}) {what}", found))
        found.codes.update(codes)
        # intake keeps nothing that the engine can not decode, and turns nothing away that it can; "blank" and the like are the gate's
        if (codes[0] in _OF_DECODING) != (codes[1] in _OF_DECODING):
            found.wrong.append(f"{number} ({names}): intake says {codes[0]}, the engine {codes[1]}")
        found.slowest = max(found.slowest, time.perf_counter() - began)
        found.decoders |= {decoder.process.pid for decoder in sandbox._idle}
        used = this.memory_info().rss / 2**20
        small = used if number == first + min(100, count // 2) else small
        found.growth = max(found.growth, used - small) if small else 0.0
    if found.slowest > SECONDS:
        found.wrong.append(f"one took {found.slowest:.1f} s")
    if found.growth > GROWTH:
        found.wrong.append(f"grown by {found.growth:.0f} MB")
    return found


_OF_THE_GATE = ("has_transparency", "blank", "too_dark", "too_bright", "too_blurred", "wrong_modality")
_OF_DECODING = (set(imaging.CODES) - set(_OF_THE_GATE)) | {"has_transparency"}


def _code(act: Any, what: str, found: Found) -> str:
    try:
        act()
    except imaging.ImageRejected as rejected:
        if rejected.code not in imaging.CODES or not str(rejected.message).strip():
            found.wrong.append(f"{what}: the code {rejected.code!r}")
        if rejected.code == "undecodable":
            found.wrong.append(f"{what}: its decoder died")
        return rejected.code
    except Exception as error:
        found.wrong.append(f"{what}: {type(error).__name__}: {error}"[:300])
        return "crash"
    return "read"


def drill(rounds: int) -> Report:
    os.environ.setdefault("DEBUG", "true")
    os.environ.setdefault("SECRET_KEY", os.urandom(40).hex())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "medinform.settings")
    import django

    django.setup()
    found = fuzz(SEED, FILES * rounds)
    codes = ", ".join(f"{code}: {n:,}" for code, n in found.codes.most_common())
    row = {"rounds": rounds, "files": found.files, "wrong": len(found.wrong), "slowest, s": found.slowest, "grown, MB": found.growth}
    row["decoders used"] = len(found.decoders)
    return Report("fuzz-images", ABOUT, [{**row, "answers of intake and engine": codes}], found.wrong[:40])
