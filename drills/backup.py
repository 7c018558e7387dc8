"""A portal is backed up under load, destroyed, and restored from the backup."""

import random
import shutil
import tempfile
import threading
from pathlib import Path
from typing import Any

from drills.count import FACTS
from drills.faults import BEAT, DEFAULT, INFERENCE, SEED, WEB, pause
from drills.load import load
from drills.portal import Portal, portal
from drills.report import Report
from drills.state import files, tables
from medinform.sealing import new_key

ABOUT = (
    "Backed up at a random moment under load; then every process is killed, the database and all files are deleted, and both restored. "
    "Every other round backs up when nothing moves any more: those come back equal to the last row and byte. Of the others, what was "
    "accepted before the backup began has to be there, and whatever is there has to be whole and the same as it was before the end. "
    f"Accepted and lost are of uploads before the backup began. Seed {SEED}."
)
# Rows that are written once: what came back of them has to be among those that were there at the end.
FINAL = ("audit_auditevent", "scans_scan")


def drill(rounds: int) -> Report:
    chance = random.Random(f"{SEED} backup")  # noqa: S311  # repeatable on purpose
    report, seen = Report("backup", ABOUT), {"rounds": rounds, "exact": 0, "accepted": 0, "lost": 0, "rows": 0, "files": 0, "different": 0}
    with portal(BACKUP_KEY=new_key()) as running, tempfile.TemporaryDirectory(prefix="medinform-drill-") as made:
        for number in range(rounds):
            report.failed += _round(running, Path(made) / "backup", chance, number, seen)
    seen["different"] = len(report.failed)
    report.rows.append(seen)
    return report


def _round(running: Portal, place: Path, chance: random.Random, number: int, seen: dict[str, Any]) -> list[str]:
    stack, exact, wrong = running.stack, number % 2 == 1, []
    with load(stack, seed=number + 1, large=700) as steady:
        pause(chance, 0.5, 2)
        before = list(steady.accepted)
        if not exact:
            made = running.manage("backup", str(place))
    if exact:
        threading.Event().wait(3)
        before = list(steady.accepted)
    for name in (WEB, INFERENCE, DEFAULT, BEAT):
        stack.kill(name)
    database = stack.environment["DATABASE_URL"]
    rows, kept = tables(database), files(running.media)
    if exact:
        made = running.manage("backup", str(place))
    shutil.rmtree(running.media)
    restored = running.manage("restore", str(place), "--replace")
    if made.returncode or restored.returncode:
        return [f"round {number}: {made.stderr[-300:]} {restored.stderr[-300:]}"]
    again, found = tables(database), files(running.media)
    if exact and (again != rows or found != kept):
        differ = [name for name in rows if rows[name] != again.get(name)]
        wrong.append(f"round {number}: not the same: {differ}, {len(set(found) ^ set(kept))} files")
    for name in FINAL:
        if not set(again[name]) <= set(rows[name]):
            wrong.append(f"round {number}: {name} has rows that were not there")
    if any(kept.get(name) not in (None, digest) for name, digest in found.items()):
        wrong.append(f"round {number}: a file is another")
    there = {row["id"] for row in stack.rows(FACTS)}
    lost = sorted(set(before) - there)
    wrong += [f"round {number}: lost {lost[:3]}"] * bool(lost)
    seen["exact"] += exact
    seen["accepted"] += len(before)
    seen["lost"] += len(lost)
    seen["rows"] += sum(map(len, again.values()))
    seen["files"] += len(found)
    for name in (WEB, INFERENCE, DEFAULT, BEAT):
        stack.start(name)
    running.wait()
    return wrong
