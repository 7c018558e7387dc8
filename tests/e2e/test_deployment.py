"""What is shipped around the code says the same as the code."""

import os
import re
import secrets
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import cv2
import numpy as np
import psutil
import pytest
import yaml
from honcho.environ import parse_procfile

import medinform.demo
from tests.e2e.stack import PATIENT, Stack, until

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def test_compose_starts_the_processes_of_the_procfile() -> None:
    for name, command in parse_procfile((ROOT / "Procfile").read_text()).processes.items():
        service = COMPOSE["services"][name]
        assert service["command"][2].removeprefix("exec ").replace("$$", "$") == command
        assert "healthcheck" in service
        assert service["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    assert {"postgres", "redis", "migrate"} < set(COMPOSE["services"])


def test_every_setting_from_the_environment_is_explained() -> None:
    settings = (ROOT / "medinform" / "settings.py").read_text()
    asked = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', settings)) | set(
        re.findall(r"\$\{([A-Z_]+)", (ROOT / "docker-compose.yml").read_text())
    )
    explained = set(re.findall(r"^#? ?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.M))
    set_by_the_containers = {"DATABASE_URL", "REDIS_URL", "VAR_DIR", "MEDIA_ROOT", "STATIC_ROOT", "HOST", "PORT"}
    assert asked - explained - set_by_the_containers == set()


def test_the_image_runs_without_rights() -> None:
    assert re.search(r"^USER 10001", (ROOT / "Dockerfile").read_text(), re.M)


def test_the_image_has_every_folder_but_those_for_developers() -> None:
    copied = set(re.findall(r"^COPY (\w+) \1$", (ROOT / "Dockerfile").read_text(), re.M))
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    folders = {path.partition("/")[0] for path in listed if "/" in path}
    assert folders - copied == {".ci", "benchmarks", "docs", "drills", "supply", "tests", "training"}


def test_the_examples_of_the_readme_work(stack: Stack, tmp_path: Path) -> None:
    block = next(code for code in re.findall(r"```bash\n(.*?)```", (ROOT / "README.md").read_text(), re.S) if "curl" in code)
    environment = {**os.environ, "PORTAL": stack.address, "EMAIL": PATIENT, "PASSWORD": stack.password, "OUT": str(tmp_path)}
    done = subprocess.run(["bash", "-euc", block], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr
    assert '"finding":"parasitized"' in done.stdout
    assert (tmp_path / "heatmap.png").read_bytes().startswith(b"\x89PNG")


def demo(*words: str, **marked: str) -> subprocess.Popen:
    not_theirs = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DEBUG", "VAR_DIR")
    environment = {name: value for name, value in os.environ.items() if name not in not_theirs} | marked
    command = [sys.executable, "-m", "medinform.demo", *words]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def marked(mark: str) -> list[list[str]]:
    """Commands of the processes, anywhere on this machine, that have inherited a mark in their environment."""
    running = [process.info for process in psutil.process_iter(["environ", "cmdline"])]
    return [info["cmdline"] for info in running if mark in (info["environ"] or {}).values()]


def test_the_demo_runs_on_the_embedded_default_and_leaves_nothing_behind() -> None:
    mark = secrets.token_hex(8)
    running = demo(DEMO_MARK=mark)
    until(lambda: len(marked(mark)) > 4, 100, "that the portal's processes run")
    said, _ = running.communicate(timeout=200)
    assert running.returncode == 0, said
    assert said.count("signed") >= 2
    assert marked(mark) == []


@pytest.mark.parametrize("words", [("--disease", "plague"), ("--images", "nowhere", "--disease", "malaria")])
def test_a_demo_that_can_not_work_says_so(words: tuple[str, ...]) -> None:
    running = demo(*words)
    said, _ = running.communicate(timeout=200)
    assert running.returncode == 1
    assert "Failed" in said
    assert words[1] in said


def test_a_demo_that_fails_half_way_says_so(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Against a portal that runs already: the start is that of the demo above."""
    monkeypatch.setattr(medinform.demo, "portal", lambda log: nullcontext((stack.address, stack.password)))
    cv2.imwrite(str(tmp_path / "flat.png"), np.full((300, 300, 3), 128, np.uint8))
    monkeypatch.setattr(sys, "argv", ["demo", "--images", str(tmp_path), "--disease", "malaria"])
    assert medinform.demo.main() == 1
    told = capsys.readouterr().out
    assert "rejected: blank" in told
    assert "0 of 1 scans" in told
    monkeypatch.setattr(medinform.demo, "portal", lambda log: nullcontext((stack.address, "another password")))
    assert medinform.demo.main() == 1
    assert "Failed: sign in: " in capsys.readouterr().out
