"""What a drill found, as one table of docs/reliability.md and as JSON."""

import dataclasses
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.figures import machine
from training import card

HEAD = """# Reliability

Each table is of one drill, which breaks something on real processes and counts what came of it. `make drill` runs them all and writes
this file; `python -m drills --only NAME --rounds N` runs one and replaces its table. The same, with the seed, is in `var/drills/NAME.json`.

Accepted: uploads that were answered with 2xx. Caught at work: analyses that needed a second try. Lost: accepted, but without a row, an
answer, a review or a notification that belongs to it. Duplicated: a second analysis, answer, review or notification of the same. Stuck:
neither done, rejected nor failed when the drill had waited long enough. Orphans: files
that no row names, which the portal's own clean-up then deleted; missing, damaged or orphaned: 1 when anything is left after it.
"""


@dataclass
class Report:
    """`name` is the drill's; `about` says in a sentence or two what was broken, and how; each row is one line of its table."""

    name: str
    about: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def section(self) -> str:
        here = machine()
        where = f"{here['date']}, {here['processor']}, {here['processors']} processors, {here['memory_gib']} GiB, {here['system']}."
        columns = list(dict.fromkeys(name for row in self.rows for name in row))
        table = card.table(tuple(columns), [[_said(row.get(name, "")) for name in columns] for row in self.rows])
        return "\n".join([f"## {self.name}", "", self.about, "", where, "", *table, ""])


def _said(value: Any) -> str:
    return f"{value:.1f}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else str(value)


def write(report: Report, folder: Path, document: Path) -> None:
    """NAME.json in `folder`, and the drill's section in `document`; the sections of other drills stay as they are."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{report.name}.json").write_text(json.dumps({"machine": machine(), **dataclasses.asdict(report)}, indent=1) + "\n")
    old = document.read_text() if document.is_file() else ""
    sections = {part.partition("\n")[0].strip(): f"## {part.strip()}\n" for part in re.split(r"^## ", old, flags=re.MULTILINE)[1:]}
    sections[report.name] = report.section()
    document.write_text("\n".join([HEAD, *sections.values()]))
