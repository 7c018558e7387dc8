"""What others wrote: locked by hash, under licences that were looked at, and never loaded from elsewhere."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles.finders import get_finders
from django.test import Client

from supply import audit, licences, locks
from supply.locks import DEPLOYED, FOR_TESTS, OPTIONAL, ROOT, normal

NEED = re.compile(r"([\w.-]+)(?:\[[\w,-]+\])?==([\w.]+)(?:; (.+))?")


def needs(which: str) -> dict[str, re.Match[str]]:
    lines = [line for line in (ROOT / f"{which}.txt").read_text().splitlines() if line and not line.startswith(("#", "-r "))]
    found = {line: NEED.fullmatch(line) for line in lines}
    assert all(found.values()), "one exact version each"
    return {normal(match[1]): match for match in found.values() if match}


def constraints() -> dict[str, str]:
    return {normal(name): version for name, _, version in (line.partition("==") for line in (ROOT / "constraints.txt").read_text().split())}


@pytest.mark.parametrize("which", [DEPLOYED, FOR_TESTS, OPTIONAL])
def test_a_lock_has_every_need_in_its_version_and_the_hashes_of_every_entry(which: str) -> None:
    locked = locks.read(which)
    for name, need in needs(which).items():
        assert locked[name].version == need[2]
        assert bool(locked[name].marker) == bool(need[3]), f"{name} keeps its platforms"
    assert not [entry.name for entry in locked.values() if not entry.hashes]
    pinned = constraints()
    assert {entry.name: entry.version for entry in locked.values()}.items() <= pinned.items()


def test_tools_come_on_top_of_what_is_deployed() -> None:
    both = locks.read(FOR_TESTS)
    other = [name for name, it in locks.read(DEPLOYED).items() if (both[name].version, both[name].hashes) != (it.version, it.hashes)]
    assert other == []


def test_nothing_is_pinned_that_nobody_needs() -> None:
    needed = {name for which in (DEPLOYED, FOR_TESTS, OPTIONAL) for name in locks.read(which)}
    assert set(constraints()) - needed == set()


@pytest.mark.parametrize("which", [DEPLOYED, FOR_TESTS, OPTIONAL])
def test_a_lock_names_no_host(which: str) -> None:
    assert not re.search(r"://|--(extra-)?index|--find-links|@", (ROOT / f"{which}.lock").read_text())


@pytest.mark.parametrize("broken", ["django", "django>=5.2", "django==5.2.19 --hash=md5:00", "django @ git+ssh://host/django"])
def test_a_lock_that_leaves_something_open_is_not_read(broken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "requirements.lock").write_text(broken + "\n")
    monkeypatch.setattr(locks, "ROOT", tmp_path)
    with pytest.raises(ValueError, match="not one exact version"):
        locks.read(DEPLOYED)


@pytest.mark.parametrize("path", ["Makefile", "Dockerfile"])
def test_everything_is_installed_by_hash(path: str) -> None:
    installs = [line for line in (ROOT / path).read_text().splitlines() if "pip install" in line and "uv pip compile" not in line]
    assert installs
    assert all("--require-hashes" in line for line in installs)


def test_licences_are_those_that_were_looked_at() -> None:
    deployed = licences.packages(DEPLOYED)
    assert len(deployed) > 80
    scripts = licences.vendored()
    assert len(scripts) == len(list(licences.VENDOR.glob("*.js")))
    assert [found for found in (*deployed, *scripts) if licences.refused(found[2], licences.ALLOWED)] == []
    assert [found for found in licences.packages(FOR_TESTS) if licences.refused(found[2], licences.ALLOWED_IN_TOOLS)] == []


@pytest.mark.parametrize(
    ("licence", "wrong"),
    [
        ("MIT AND GPL-3.0", ["GPL-3.0"]),
        ("MIT OR GPL-3.0", []),
        ("UNKNOWN", ["UNKNOWN"]),
        ("AGPL-3.0 OR Proprietary", ["AGPL-3.0"]),
    ],
)
def test_of_a_choice_one_is_enough_and_otherwise_all_count(licence: str, wrong: list[str]) -> None:
    assert licences.refused(licence, licences.ALLOWED) == wrong


@pytest.mark.skipif(sys.platform != "linux", reason="the list is of Linux")
def test_the_list_of_licences_is_what_its_command_writes() -> None:
    assert licences.DOCUMENT.read_text() == licences.document(), "make licences"


def test_the_bill_of_materials_names_every_package_that_is_deployed(tmp_path: Path) -> None:
    out = tmp_path / "sbom.json"
    tool = Path(sys.executable).parent / "cyclonedx-py"
    asked = [
        tool,
        "requirements",
        "requirements.lock",
        "--pyproject",
        "pyproject.toml",
        "--output-reproducible",
        "--no-validate",
        "--output-file",
        out,
    ]
    subprocess.run(asked, cwd=ROOT, check=True, capture_output=True)
    bill = json.loads(out.read_text())
    assert bill["bomFormat"] == "CycloneDX"
    assert bill["metadata"]["component"]["name"] == "medinform"
    told = {normal(part["name"]): part["version"] for part in bill["components"]}
    assert told == {entry.name: entry.version for entry in locks.read(DEPLOYED).values()}


def looked_up(*weaknesses: str) -> dict[str, Any]:
    return {"name": "django", "version": "5.2.19", "vulns": [{"id": name, "fix_versions": ["5.2.20"]} for name in weaknesses]}


SKIPPED = {"name": "zope", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("packages", "code", "said"),
    [
        ([looked_up(), looked_up()], 0, "2 packages looked up"),
        ([looked_up("CVE-1"), SKIPPED], 1, "CVE-1, mended in 5.2.20"),
        ([looked_up(), SKIPPED], 2, "Not looked up: zope"),
        ([SKIPPED, SKIPPED], 2, "Nothing was audited"),
        (None, 2, "Nothing was audited"),
    ],
)
def test_an_audit_that_asked_nobody_does_not_end_well(packages: Any, code: int, said: str) -> None:
    found, lines = audit.verdict("" if packages is None else json.dumps({"dependencies": packages, "fixes": []}))
    assert found == code
    assert said in "\n".join(lines)


ELSEWHERE = re.compile(r"(?:https?:|^)//", re.IGNORECASE)
LOADS = {
    "script": ("src",),
    "link": ("href",),
    "img": ("src", "srcset"),
    "iframe": ("src",),
    "source": ("src", "srcset"),
    "object": ("data",),
}
LOADS |= {"embed": ("src",), "video": ("src", "poster"), "audio": ("src",), "use": ("href",), "image": ("href",), "form": ("action",)}


class Assets(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if value and name in LOADS.get(tag, ())]


def assets(html: str) -> list[str]:
    parser = Assets()
    parser.feed(html)
    return parser.found


def static_files(*suffixes: str) -> Iterator[tuple[str, str]]:
    """Ours and those that packages bring along."""
    for finder in get_finders():
        for path, storage in finder.list([]):
            if path.endswith(suffixes):
                with storage.open(path) as file:
                    yield path, file.read().decode(errors="replace")


def test_no_template_loads_from_another_origin() -> None:
    found = {path: assets(path.read_text()) for path in (ROOT / "templates").rglob("*.html")}
    assert sum(map(len, found.values())) > 20
    assert [(path, asset) for path, listed in found.items() for asset in listed if ELSEWHERE.search(asset)] == []


def test_no_stylesheet_loads_from_another_origin() -> None:
    found = [(path, text) for path, text in static_files(".css")]
    assert len(found) > 5
    used = re.compile(r"(?:url\(|@import)\s*['\"]?\s*(?:https?:)?//[^)'\"]*", re.IGNORECASE)
    assert [(path, match) for path, text in found for match in used.findall(text)] == []


def test_no_script_of_ours_loads_from_another_origin() -> None:
    found = [(path, text) for path, text in static_files(".js") if path.startswith(("js/", "vendor/"))]
    assert len(found) > 20
    loads = re.compile(r"""(?:\bfrom|\bimport|import\(|importScripts\(|fetch\(|Worker\()\s*['"`](?:https?:)?//""")
    assert [path for path, text in found if loads.search(text)] == []


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/accounts/signup/", "/admin/login/", "/api/v1/docs/"])
def test_no_page_loads_from_another_origin(db: None, path: str, browse: Callable[[Any], Client]) -> None:
    page = browse(None).get(path, follow=True)
    assert page.status_code == 200
    found = assets(page.content.decode())
    assert found
    assert [asset for asset in found if ELSEWHERE.search(asset)] == []
