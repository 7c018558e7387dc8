"""`make licences`: under which licences everything stands that is installed, and why each may be; writes docs/licences.md."""

import functools
import json
import re
import subprocess
import sys

from supply.locks import DEPLOYED, FOR_TESTS, ROOT, normal, read
from training import card

DOCUMENT = ROOT / "docs" / "licences.md"
VENDOR = ROOT / "static" / "vendor"
_IMPORTED = "a library that is imported as published and can be replaced by another version; ours keeps its own licence"
# In what is deployed.
ALLOWED = {
    "0BSD": "asks for nothing",
    "Apache-2.0": "permissive: keep the notices",
    "BSD-2-Clause": "permissive: keep the notices",
    "BSD-3-Clause": "permissive: keep the notices",
    "BSD": "permissive: two or three clauses, the package does not say which",
    "CC0-1.0": "asks for nothing",
    "LGPL": _IMPORTED,
    "LGPL-3.0-only": _IMPORTED,
    "MIT": "permissive: keep the notices",
    "MIT-0": "asks for nothing",
    "MIT-CMU": "permissive: keep the notices",
    "MPL-2.0": "holds file by file, and none of these files is changed by us",
    "PSF-2.0": "permissive: keep the notices",
    "Zlib": "permissive: keep the notices",
}
# Only in tools for tests and checks, which are run and never handed on.
ALLOWED_IN_TOOLS = {
    **ALLOWED,
    "CNRI-Python": "permissive: keep the notices",
    "GPL-2.0": "a program that is only run: nothing of it comes into the portal",
    "GPL-3.0": "a program that is only run: nothing of it comes into the portal",
    "GPL-3.0-or-later": "a program that is only run: nothing of it comes into the portal",
    "ISC": "permissive: keep the notices",
    "ZPL-2.1": "permissive: keep the notices",
}
# Metadata has many words for the same.
SPDX = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD 3-Clause": "BSD-3-Clause",
    "BSD License": "BSD",
    "DFSG approved": "MIT",  # pytest-timeout, beside the same licence's own name
    "GNU General Public License v2 (GPLv2)": "GPL-2.0",
    "GNU Library or Lesser General Public License (LGPL)": "LGPL",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
# Where the metadata says nothing, or less than the licence file that comes along. For this version only: the next is read anew.
READ_BY_US = {
    "axe-playwright-python==0.1.8": "MIT",
    "namex==0.1.0": "Apache-2.0",
    "qrcode==8.2": "BSD-3-Clause AND MIT",
}


@functools.cache
def _installed() -> dict[str, str]:
    """What each installed package says of itself, by normal name."""
    asked = [sys.executable, "-m", "piplicenses", "--with-system", "--format=json"]
    listed = subprocess.run(asked, check=True, capture_output=True, text=True, cwd=ROOT).stdout
    return {normal(found["Name"]): found["License"] for found in json.loads(listed)}


def packages(which: str) -> list[tuple[str, str, str]]:
    """(name, version, licence in SPDX's words) of what is locked and installed here."""
    return [
        (name, entry.version, READ_BY_US.get(f"{name}=={entry.version}") or spdx(_installed()[name]))
        for name, entry in sorted(read(which).items())
        if name in _installed()
    ]


def spdx(said: str) -> str:
    """Classifiers that stand side by side are a choice or all count; nobody can tell, so all count."""
    parts = re.split(r"(\s+AND\s+|\s+OR\s+|;\s*)", said)
    return "".join(" AND " if part.startswith(";") else SPDX.get(part, part) for part in parts)


def refused(licence: str, allowed: dict[str, str]) -> list[str]:
    """What of it is not allowed: nothing where one of a choice is."""
    choices = [[part for part in re.split(r"\s+AND\s+", choice.strip(" ()")) if part not in allowed] for choice in licence.split(" OR ")]
    return min(choices, key=len)


def vendored() -> list[tuple[str, str, str]]:
    """(name, version, licence) of the scripts that were taken over as they are: name-version.min.js beside name.LICENSE."""
    found = []
    for path in sorted(VENDOR.glob("*.js")):
        name, version = re.fullmatch(r"([a-z-]+?)-(\d[\d.]*\d)\.min\.js", path.name).groups()  # type: ignore[union-attr]
        text = (VENDOR / f"{name.removesuffix('-ext')}.LICENSE").read_text()
        said = [licence for words, licence in (("Zero-Clause BSD", "0BSD"), ("The MIT License", "MIT")) if words in text]
        found.append((name, version, said[0] if said else "UNKNOWN"))
    return found


def document() -> str:
    deployed = packages(DEPLOYED)
    known = {name for name, _, _ in deployed}
    tools = [package for package in packages(FOR_TESTS) if package[0] not in known]
    lines = [
        "# Licences",
        "",
        "Written by `make licences` from the locked files and from what is installed (Linux, x86-64). A licence that is not on",
    ]
    lines += ["the first list fails `tests/security/test_supply.py`; which models and data come under which, their cards say.", ""]
    used = {part for _, _, licence in (*deployed, *vendored()) for part in re.split(r"\s+(?:AND|OR)\s+", licence)}
    lines += [
        "## Why each may be deployed",
        "",
        *card.table(("licence", "why"), [[name, ALLOWED[name]] for name in sorted(used & set(ALLOWED))]),
    ]
    columns = ("package", "version", "licence")
    lines += ["", "## Deployed", "", *card.table(columns, [list(package) for package in deployed])]
    lines += ["", "## Scripts in static/vendor", "", *card.table(("script", "version", "licence"), [list(script) for script in vendored()])]
    lines += ["", "## Only for tests and checks", "", *card.table(columns, [list(package) for package in tools])]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    DOCUMENT.write_text(document())
