"""What is shipped around the code says the same as the code."""

import os
import re
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import yaml
from honcho.environ import parse_procfile

from tests.e2e.stack import PATIENT, Stack

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


def test_the_examples_of_the_readme_work(stack: Stack, tmp_path: Path) -> None:
    block = next(code for code in re.findall(r"```bash\n(.*?)```", (ROOT / "README.md").read_text(), re.S) if "curl" in code)
    environment = {**os.environ, "PORTAL": stack.address, "EMAIL": PATIENT, "PASSWORD": stack.password, "OUT": str(tmp_path)}
    done = subprocess.run(["bash", "-euc", block], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr
    assert '"finding":"parasitized"' in done.stdout
    assert (tmp_path / "heatmap.png").read_bytes().startswith(b"\x89PNG")


def demo(*words: str) -> subprocess.CompletedProcess:
    without = {
        name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DEBUG", "VAR_DIR")
    }
    return subprocess.run(
        [sys.executable, "-m", "medinform.demo", *words], cwd=ROOT, env=without, capture_output=True, text=True, timeout=200, check=False
    )


def test_the_demo_runs_on_the_embedded_default_and_leaves_nothing_behind() -> None:
    before = {process.pid for process in psutil.process_iter()}
    done = demo()
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("signed") >= 2
    now = [process for process in psutil.process_iter(["name", "cmdline"]) if process.pid not in before]
    # A connection of the tests' own PostgreSQL names the database in its title, and that is called medinform too.
    ours = [process.info["cmdline"] or [] for process in now if process.info["name"] != "postgres"]
    left = [words for words in ours if "medinform" in " ".join(words)]
    assert left == []


@pytest.mark.parametrize("words", [("--disease", "plague"), ("--images", "nowhere", "--disease", "malaria")])
def test_a_demo_that_can_not_work_says_so(words: tuple[str, ...]) -> None:
    done = demo(*words)
    assert done.returncode == 1
    assert "Failed" in done.stdout
