"""`make audit`: known weaknesses of what is deployed, from the database that pip-audit asks. Exit code 0: none; 1: some; 2: not all asked.

pip-audit takes a package that its database does not answer for as one to skip, and ends well: where nothing was looked up, this says so.
"""

import json
import subprocess
import sys

from supply.locks import DEPLOYED, ROOT

UNREACHED = "Nothing was audited: the database of known weaknesses can not be reached from here. Run `make audit` where it can."


def verdict(found: str) -> tuple[int, list[str]]:
    """What pip-audit's JSON comes to: the exit code and what to say."""
    try:
        packages = json.loads(found)["dependencies"]
    except (ValueError, KeyError):
        return 2, [UNREACHED]
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    if len(skipped) == len(packages):
        return 2, [UNREACHED]
    said = [
        f"{package['name']} {package['version']}: {weakness['id']}, mended in {', '.join(weakness['fix_versions']) or 'no version yet'}"
        for package in packages
        for weakness in package.get("vulns", ())
    ]
    if skipped:
        said.append(f"Not looked up: {', '.join(sorted(skipped))}.")
    found_any = any(package.get("vulns") for package in packages)
    return (1 if found_any else 2 if skipped else 0), [*said, f"{len(packages) - len(skipped)} packages looked up."]


def main() -> int:
    asked = [sys.executable, "-m", "pip_audit", "--requirement", f"{DEPLOYED}.lock", "--require-hashes", "--disable-pip"]
    answer = subprocess.run([*asked, "--format", "json", "--progress-spinner", "off"], capture_output=True, text=True, cwd=ROOT)
    code, said = verdict(answer.stdout)
    if not answer.stdout.strip():
        print(answer.stderr.strip(), file=sys.stderr)
    print("\n".join(said))
    return code


if __name__ == "__main__":
    sys.exit(main())
