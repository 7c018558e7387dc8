"""Model versions on disk: found in order, checked, and told apart from what is broken."""

import dataclasses
import json
from pathlib import Path

import pytest

from inference import registry
from inference.registry import ArtefactError, Manifest

SHIPPED = registry.ARTIFACTS / "malaria" / registry.versions("malaria")[-1]


def manifest() -> Manifest:
    return Manifest.from_json((SHIPPED / "manifest.json").read_text())


def put(root: Path, version: str, text: str | None = None) -> Path:
    """A version's folder with a manifest, and a model file of another content."""
    folder = root / "malaria" / version
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(text or dataclasses.replace(manifest(), version=version).to_json())
    (folder / manifest().file).write_bytes(b"not the model")
    return folder


def test_a_manifest_written_is_the_manifest_read() -> None:
    assert Manifest.from_json(manifest().to_json()) == manifest()
    assert json.loads(json.dumps(manifest().to_dict())) == manifest().to_dict()
    assert manifest().checksum == manifest().sha256 == registry.checksum(SHIPPED / manifest().file)


def test_versions_are_ordered_as_versions_not_as_words(tmp_path: Path) -> None:
    for version in ("1.10.0", "1.9.2", "0.1.0", "draft", "1.0", "01.0.0"):
        put(tmp_path, version)
    assert registry.versions("malaria", tmp_path) == ["0.1.0", "1.9.2", "1.10.0"]
    newest = registry.latest("malaria", tmp_path)
    assert newest is not None
    assert newest.manifest.version == "1.10.0"


@pytest.mark.parametrize("disease", ["tuberculosis", "../malaria", "", "/", "Malaria"])
def test_a_disease_without_models_has_no_versions(tmp_path: Path, disease: str) -> None:
    put(tmp_path, "1.0.0")
    assert registry.versions(disease, tmp_path) == []
    assert registry.latest(disease, tmp_path) is None


@pytest.mark.parametrize("version", ["2.0.0", "../1.0.0", "1.0", ""])
def test_a_version_that_is_not_there_is_told(tmp_path: Path, version: str) -> None:
    put(tmp_path, "1.0.0")
    with pytest.raises(ArtefactError, match="there is no model"):
        registry.load("malaria", version, tmp_path)


def test_a_folder_with_the_manifest_of_another_version_is_told(tmp_path: Path) -> None:
    put(tmp_path, "1.0.1", manifest().to_json())
    with pytest.raises(ArtefactError, match=f"is about malaria {manifest().version}"):
        registry.load("malaria", "1.0.1", tmp_path)


def test_a_missing_or_changed_model_file_is_told(tmp_path: Path) -> None:
    folder = put(tmp_path, "1.0.0")
    with pytest.raises(ArtefactError, match="not the one its manifest describes"):
        registry.verify(registry.open_folder(folder))
    (folder / manifest().file).unlink()
    with pytest.raises(ArtefactError, match="is missing"):
        registry.verify(registry.open_folder(folder))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"threshold": 1.5}, "out of range"),
        ({"uncertain": [0.9, 0.1]}, "out of range"),
        ({"temperature": 0}, "out of range"),
        ({"positive": ["uninfected", "parasitized"]}, "positive classes"),
        ({"positive": []}, "positive classes"),
        ({"classes": ["uninfected"]}, "positive classes"),
        ({"favourite": "colour"}, "can not be read"),
        ({"input": {"size": 128}}, "can not be read"),
        ({"classes": None}, "can not be read"),
    ],
)
def test_a_manifest_that_makes_no_sense_is_told(change: dict[str, object], message: str) -> None:
    with pytest.raises(ArtefactError, match=message):
        Manifest.from_json(json.dumps(manifest().to_dict() | change))


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", "null"])
def test_a_manifest_that_is_no_manifest_is_told(text: str) -> None:
    with pytest.raises(ArtefactError, match="can not be read"):
        Manifest.from_json(text)


def test_broken_metrics_are_told(tmp_path: Path) -> None:
    folder = put(tmp_path, "1.0.0")
    (folder / "metrics.json").write_text("{")
    with pytest.raises(ArtefactError, match=r"metrics\.json"):
        registry.open_folder(folder)
    with pytest.raises(ArtefactError, match="holds no model version"):
        registry.open_folder(tmp_path)
