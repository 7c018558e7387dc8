"""What was backed up comes back, to the last row and byte, on PostgreSQL and on SQLite, and from one to the other."""

import os
import subprocess
import sys
from pathlib import Path

from drills.state import files, tables
from medinform.sealing import new_key
from tests.e2e.stack import PREPARE, ROOT

KEY = new_key()


def manage(database: str, folder: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """A command of manage.py, or without one all that makes a new portal."""
    environment = {**os.environ, "DATABASE_URL": database, "MEDIA_ROOT": str(folder / "media"), "VAR_DIR": str(folder), "BACKUP_KEY": KEY}
    environment |= {"DEBUG": "true", "DEMO_PASSWORD": "correct horse battery", "DEMO_SCANS": "yes", **settings}
    environment["DJANGO_SETTINGS_MODULE"] = "medinform.settings"
    command = [sys.executable, *(("manage.py", *words) if words else ("-c", PREPARE))]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120)


def test_a_portal_comes_back_as_it_was_and_on_the_other_database_too(postgres: str, tmp_path: Path) -> None:
    back, two = tmp_path / "backup", tmp_path / "two"
    assert manage(postgres, two).returncode == 0
    assert manage(postgres, two, "backup", str(back)).returncode == 0
    assert back.stat().st_mode & 0o777 == 0o600
    rows, kept = tables(postgres), files(two / "media")
    assert len(rows["scans_scan"]) > 5
    assert b"example.org" not in back.read_bytes()

    full = manage(postgres, two, "restore", str(back))
    assert (full.returncode, "has people or files already" in full.stderr) == (1, True)
    moved = manage(f"sqlite:///{tmp_path}/three.sqlite3", tmp_path / "three", "restore", str(back))
    assert moved.returncode == 0, moved.stderr
    assert files(tmp_path / "three" / "media") == kept
    there = tables(f"sqlite:///{tmp_path}/three.sqlite3")
    assert {name: len(there[name]) for name in rows} == {name: len(found) for name, found in rows.items()}
    home = manage(f"sqlite:///{tmp_path}/three.sqlite3", tmp_path / "three", "backup", str(tmp_path / "from-sqlite"))
    assert home.returncode == 0, home.stderr
    assert manage(postgres, two, "restore", str(tmp_path / "from-sqlite"), "--replace").returncode == 0
    assert (tables(postgres), files(two / "media")) == (rows, kept)
