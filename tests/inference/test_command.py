"""`python -m inference`: one line a file, whatever the file is; a non-zero exit code for misuse alone."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import samples
from inference import registry

NEWEST = registry.versions("malaria")[-1]
ROOT = Path(__file__).resolve().parents[2]
FIELDS = ["file", "disease", "status", "reason", "finding", "probability", "probabilities", "threshold", "model_version", "seconds"]


def run(*words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "inference", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=os.environ | environment)


def test_each_file_gets_one_json_object_a_line_in_order(tmp_path: Path) -> None:
    shipped = [str(path) for path in samples.paths("malaria")]
    wrong_name, broken, huge = tmp_path / "cell.jpg", tmp_path / "broken.jpg", tmp_path / "huge.png"
    wrong_name.write_bytes(samples.draw("malaria", "uninfected"))
    broken.write_bytes(b"\xff\xd8\xff\xe0 not a picture")
    with huge.open("wb") as file:  # a sparse file: larger than any memory, nothing on disk
        file.truncate(1 << 40)
    files = [*shipped, wrong_name, broken, huge, tmp_path / "none.png", tmp_path]
    done = run("classify", "--disease", "malaria", "--json", *files)
    assert done.returncode == 0
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["file"] for line in lines] == list(map(str, files))
    assert all(list(line) == FIELDS for line in lines)
    assert [line["reason"] for line in lines] == [None, None, None, "truncated", "too_large", "unreadable_file", "unreadable_file"]
    assert [line["status"] for line in lines] == ["done"] * 3 + ["rejected"] * 4
    assert [line["finding"] for line in lines[:3]] == ["parasitized", "uninfected", "uninfected"]
    for line in lines[:3]:
        assert line["probability"] == pytest.approx(line["probabilities"]["parasitized"])
        assert (line["probability"] >= line["threshold"]) == (line["finding"] == "parasitized")
        assert (line["disease"], line["model_version"]) == ("malaria", NEWEST)
        assert 0 < line["seconds"] < 30


def test_without_json_a_line_is_for_people(tmp_path: Path) -> None:
    done = run("classify", "--disease", "malaria", "--version", NEWEST, samples.paths("malaria")[0], tmp_path / "none.png")
    assert done.returncode == 0
    first, second = done.stdout.splitlines()
    assert "parasitized (probability" in first
    assert second.endswith("none.png: rejected, unreadable_file")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["classify", "--disease", "plague", "a.png"], "plague"),
        (["classify", "--disease", "tuberculosis", "a.png"], "no model for tuberculosis yet"),
        (["classify", "--disease", "malaria", "--version", "9.9.9", "a.png"], "no model malaria 9.9.9"),
        (["classify", "--disease", "malaria"], "FILE"),
        ([], "command"),
    ],
)
def test_misuse_is_exit_code_2_with_a_sentence(tmp_path: Path, words: list[str], message: str) -> None:
    (tmp_path / "malaria").mkdir()
    done = run(*words, MEDINFORM_ARTIFACTS=str(tmp_path))
    wanted = "no model for malaria yet" if "9.9.9" in words else message
    assert (done.returncode, done.stdout) == (2, "")
    assert wanted in done.stderr


def test_the_list_names_every_disease_and_its_versions() -> None:
    lines = run("list").stdout.splitlines()
    assert len(lines) == 6
    assert f"malaria                {NEWEST}" in lines
    assert all("Traceback" not in line for line in lines)
