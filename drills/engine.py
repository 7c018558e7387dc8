"""What an analysis needs is broken: memory, the model's file, the clock."""

import contextlib
import importlib.util
import random
import resource
import shutil
import tempfile
from pathlib import Path

import psutil

from drills.count import count
from drills.faults import BEAT, DEFAULT, INFERENCE, SEED, WEB, pause, report
from drills.load import DISEASE, load
from drills.portal import portal
from drills.report import Report
from inference import registry
from tests.e2e.stack import until

MEMORY = "RLIMIT_DATA of the process that answers is cut to what it has at that moment, and half a megabyte: it gets no more."
MODEL = (
    "The model's file is damaged or taken away, the worker is started anew without it, and up to two seconds later it is put back. It is "
    "whole for a second at most before the next round: what meets it broken three times has failed, and says so."
)
CLOCK = "One or more processes are started anew with a clock that is an hour ahead (libfaketime), later again with the right one."


def memory(rounds: int) -> Report:
    """Given back after a moment; the process itself may live on or die of it."""
    chance = random.Random(f"{SEED} memory")  # noqa: S311  # repeatable on purpose
    with portal() as running:
        with load(running.stack) as steady:
            for _ in range(rounds):
                pause(chance, 0.3, 1.5)
                for child in running.children(INFERENCE):
                    with contextlib.suppress(psutil.Error, ProcessLookupError):
                        usual = resource.prlimit(child.pid, resource.RLIMIT_DATA)
                        resource.prlimit(child.pid, resource.RLIMIT_DATA, (_data(child) + 2**19, usual[1]))
                        pause(chance, 0.2, 2)
                        resource.prlimit(child.pid, resource.RLIMIT_DATA, usual)
        found = count(running, steady.accepted)
    return report("memory", MEMORY, rounds, found, steady.unanswered, steady.refused)


def _data(process: psutil.Process) -> int:
    """Bytes that RLIMIT_DATA counts."""
    lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmData:"))


def model(rounds: int) -> Report:
    chance = random.Random(f"{SEED} model")  # noqa: S311  # repeatable on purpose
    with tempfile.TemporaryDirectory(prefix="medinform-drill-") as made:
        root = Path(shutil.copytree(registry.ARTIFACTS, Path(made) / "artifacts"))
        found = registry.latest(DISEASE, root)
        assert found is not None  # noqa: S101  # it is shipped
        file, whole = found.model_path, found.model_path.read_bytes()
        with portal(MEDINFORM_ARTIFACTS=str(root)) as running:
            with load(running.stack) as steady:
                for _ in range(rounds):
                    pause(chance, 0.2, 1)
                    if chance.random() < 0.5:
                        file.unlink()
                    else:
                        at = chance.randrange(len(whole))
                        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
                    running.again(INFERENCE)
                    until(lambda: running.children(INFERENCE), 60, "the worker's start")
                    pause(chance, 1, 2)
                    file.write_bytes(whole)
            counted = count(running, steady.accepted)
    return report("model", MODEL, rounds, counted, steady.unanswered, steady.refused)


def clock(rounds: int) -> Report:
    """A machine of several may run ahead of the others; and a machine may be set right again."""
    chance = random.Random(f"{SEED} clock")  # noqa: S311  # repeatable on purpose
    package = importlib.util.find_spec("libfaketime")
    if package is None or package.origin is None:
        raise SystemExit("the drill `clock` needs libfaketime of requirements-dev.txt, which is for Linux")
    library = Path(package.origin).parent / "vendor" / "libfaketime" / "src" / "libfaketime.so.1"
    ahead = {"LD_PRELOAD": str(library), "FAKETIME": "+1h", "DONT_FAKE_MONOTONIC": "1"}
    every = (WEB, INFERENCE, DEFAULT, BEAT)
    with portal() as running:
        right = dict(running.stack.environment)
        with load(running.stack) as steady:
            for _ in range(rounds):
                names = chance.sample(every, chance.randint(1, len(every)))
                for environment in ({**right, **ahead}, right):
                    running.stack.environment = environment
                    for name in names:
                        running.again(name)
                    pause(chance, 3, 6)
        found = count(running, steady.accepted)
    return report("clock", CLOCK, rounds, found, steady.unanswered, steady.refused)


DRILLS = {"memory": memory, "model": model, "clock": clock}
