"""`make bench`: how fast and how small, as ratios to yardsticks of the same run. Prints a table, and writes it and JSON to --out.

`python -m benchmarks --only stages` measures one suite: engine, stages, pipeline, viewer, felt or load; or growth, which
makes a million scans and is left out unless it is named.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown

from benchmarks import engine, felt, growth, pipeline, stages, viewer
from benchmarks.figures import Figure, render, write
from benchmarks.load import measure as load

SUITES: dict[str, Callable[[], list[Figure]]] = {
    "engine": engine.figures,
    "stages": stages.figures,
    "pipeline": pipeline.figures,
    "viewer": viewer.figures,
    "felt": felt.figures,
    "load": load.figures,
}
NAMED = {"growth": growth.figures}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", action="append", choices=sorted(SUITES | NAMED), help="one suite; may be repeated")
    parser.add_argument("--out", type=Path, default=Path("var/benchmarks/latest"), help="without a suffix")
    arguments = parser.parse_args()
    console, found = Console(), []
    for name in arguments.only or SUITES:
        console.print(f"{name} ...")
        found += (SUITES | NAMED)[name]()
        write(found, arguments.out)
    console.print(Markdown(render(found)))


if __name__ == "__main__":
    main()
