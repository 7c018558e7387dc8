"""`python -m benchmarks.load --minutes 10`: prints the table of the load and writes it, with JSON, to --out."""

import argparse
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown

from benchmarks.figures import render, write
from benchmarks.load.measure import Size, figures


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    parser.add_argument("--minutes", type=float, default=Size.minutes)
    parser.add_argument("--patients", type=int, default=Size.patients)
    parser.add_argument("--practitioners", type=int, default=Size.practitioners)
    parser.add_argument("--walk-ins", type=int, default=Size.walk_ins)
    parser.add_argument("--out", type=Path, default=Path("var/benchmarks/load"), help="without a suffix")
    asked = parser.parse_args()
    found = figures(Size(asked.minutes, asked.patients, asked.practitioners, asked.walk_ins))
    write(found, asked.out)
    Console().print(Markdown(render(found)))


if __name__ == "__main__":
    main()
