"""Static files as they are collected for a deployment."""

import json
import re
from pathlib import Path
from typing import Any

from django.core.management import call_command


def test_modules_import_each_other_by_names_with_a_checksum(settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = str(tmp_path)
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "medinform.staticfiles.HashedModules"}}
    call_command("collectstatic", interactive=False, verbosity=0)
    final = set(json.loads((tmp_path / "staticfiles.json").read_text())["paths"].values())
    modules = [name for name in final if name.startswith("js/")]
    imported = [
        ((tmp_path / name).parent / path).resolve().relative_to(tmp_path).as_posix()
        for name in modules
        for path in re.findall(r'from\s*"(\.[^"]+)"', (tmp_path / name).read_text())
    ]
    assert len(imported) > 20
    assert set(imported) <= final
    assert all(re.search(r"\.[0-9a-f]{12}\.js$", name) for name in imported)
