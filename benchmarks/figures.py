"""One measured figure, and all of them as a table and as JSON."""

import dataclasses
import datetime
import json
import operator
import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path

import psutil

from training import card

COMPARED = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


@dataclass(frozen=True)
class Figure:
    """`value` in `unit`, from `n` runs; `goal` says what it should reach, in words, where there is one.

    A figure is a ratio to a yardstick of the same run (unit "x" or "share") wherever it says how good something is; bare times are of this
    machine at this hour.
    """

    suite: str
    name: str
    value: float
    unit: str
    n: int
    goal: str = ""


def machine() -> dict[str, str | int]:
    """Where it was measured."""
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "processor": _processor(),
        "processors": os.cpu_count() or 1,
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "system": f"{platform.system()} {platform.machine()}, Python {platform.python_version()}",
    }


def _processor() -> str:
    known = Path("/proc/cpuinfo")
    names = (
        [line.partition(":")[2].strip() for line in known.read_text().splitlines() if line.startswith("model name")]
        if known.is_file()
        else []
    )
    return names[0] if names else platform.processor() or "unknown"


def render(figures: list[Figure]) -> str:
    """Markdown, one table a suite."""
    about = machine()
    where = f"{about['processor']}, {about['processors']} processors, {about['memory_gib']} GiB, {about['system']}"
    lines = [f"Measured on {about['date']}: {where}."]
    for suite in dict.fromkeys(figure.suite for figure in figures):
        rows = [(f.name, _said(f), str(f.n), f.goal, _reached(f)) for f in figures if f.suite == suite]
        lines += ["", f"### {suite}", "", *card.table(("figure", "value", "n", "goal", "reached"), rows)]
    return "\n".join(lines) + "\n"


def _reached(figure: Figure) -> str:
    """Whether a goal that is a number is reached; nothing of a goal in words."""
    found = re.fullmatch(r"([<>]=?) ([\d.]+)", figure.goal)
    return "" if found is None else "yes" if COMPARED[found[1]](figure.value, float(found[2])) else "no"


def _said(figure: Figure) -> str:
    if figure.unit == "share":
        return f"{figure.value:.1%}"
    digits = 0 if abs(figure.value) >= 100 else 1 if abs(figure.value) >= 10 else 2
    return f"{figure.value:.{digits}f} {figure.unit}".strip()


def write(figures: list[Figure], out: Path) -> None:
    """`out`.json and `out`.md."""
    out.parent.mkdir(parents=True, exist_ok=True)
    told = {"machine": machine(), "figures": [dataclasses.asdict(figure) for figure in figures]}
    out.with_suffix(".json").write_text(json.dumps(told, indent=1) + "\n")
    out.with_suffix(".md").write_text(render(figures))
