"""What the locked files say: which version of which package, and the hashes that its files must have."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEPLOYED, FOR_TESTS, OPTIONAL = "requirements", "requirements-dev", "requirements-optional"


@dataclass(frozen=True)
class Entry:
    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]


def normal(name: str) -> str:
    """Names that registries take for the same are the same."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read(which: str) -> dict[str, Entry]:
    """Of one of the files, by normal name."""
    found = {}
    for logical in (ROOT / f"{which}.lock").read_text().replace("\\\n", " ").splitlines():
        line = re.fullmatch(r"([\w.-]+)(?:\[[\w,-]+\])?==(\S+)\s*(?:;\s*(.*?))?((?:\s+--hash=sha256:[0-9a-f]{64})*)\s*", logical)
        if line is None:
            raise ValueError(f"{which}.lock: not one exact version with its hashes: {logical[:120]}")
        found[normal(line[1])] = Entry(normal(line[1]), line[2], line[3] or "", tuple(re.findall(r"sha256:\w+", line[4])))
    return found
