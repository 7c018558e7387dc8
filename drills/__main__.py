"""`make drill`: break things on real processes and count what came of it. Writes docs/reliability.md, and JSON to var/drills/.

`python -m drills --only worker-child --rounds 3` runs one. The exit code is 1 when anything was lost, duplicated or stuck.
"""

import argparse
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.markdown import Markdown

from drills import backup, disk, engine, faults, fuzz_api, fuzz_images, migrations, poison
from drills.report import Report, write

DRILLS: dict[str, Callable[[int], Report]] = {
    **faults.DRILLS,
    "disk": disk.drill,
    **engine.DRILLS,
    "poison": poison.drill,
    "backup": backup.drill,
    "migrations": migrations.drill,
    "fuzz-images": fuzz_images.drill,
    "fuzz-api": fuzz_api.drill,
}


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # whoever stops it leaves no portal behind
    parser = argparse.ArgumentParser(prog="python -m drills", description=__doc__)
    parser.add_argument("--only", action="append", choices=sorted(DRILLS), help="one drill; may be repeated")
    parser.add_argument("--rounds", type=int, default=25, help="how often each thing is broken")
    parser.add_argument("--json", type=Path, default=Path("var/drills"), help="the folder of the JSON files")
    parser.add_argument("--out", type=Path, default=Path("docs/reliability.md"), help="the document whose tables are replaced")
    arguments = parser.parse_args()
    console, failed = Console(), False
    for name in arguments.only or DRILLS:
        console.print(f"{name}, {arguments.rounds} rounds ...")
        report = DRILLS[name](arguments.rounds)
        write(report, arguments.json, arguments.out)
        console.print(Markdown(report.section()))
        for line in report.failed:
            console.print(f"  {line}", style="red", highlight=False)
        failed = failed or bool(report.failed)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
