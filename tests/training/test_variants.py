"""Which variant is served: the fastest that answers as the trained model does; end to end on drawn cells with the smallest backbone."""

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from inference import engine, registry, runtimes
from training import backbones, variants
from training.errors import TrainingError
from training.variants import Compared

from .commands import train

KERAS = Compared(3_000_000, 20.0, 0.950, 1.0, 0.030, 0.0)


def rows(**changed: Compared) -> dict[str, Compared]:
    same = {name: KERAS._replace(milliseconds=10.0) for name in variants.VARIANTS}
    same["float32"] = KERAS._replace(milliseconds=9.0, bytes=9_000_000)  # fast, and too large
    return {"keras": KERAS} | same | changed


@pytest.mark.parametrize(
    ("int8", "expected"),
    [
        (KERAS._replace(milliseconds=5.0), "int8"),
        (KERAS._replace(milliseconds=11.0), "float16"),
        (KERAS._replace(milliseconds=5.0, auc=0.9479), "float16"),
        (KERAS._replace(milliseconds=5.0, auc=0.9481), "int8"),
        (KERAS._replace(milliseconds=5.0, agreement=0.9949), "float16"),
        (KERAS._replace(milliseconds=5.0, calibration_error=0.041), "float16"),
    ],
)
def test_the_fastest_that_answers_the_same_is_chosen(int8: Compared, expected: str) -> None:
    slow = KERAS._replace(milliseconds=30.0)
    assert variants.choose(rows(int8=int8, dynamic_range=slow)) == expected


def test_a_calibration_that_the_trained_model_does_not_reach_is_not_asked_of_its_variants() -> None:
    poor = rows(**{name: KERAS._replace(calibration_error=0.06, milliseconds=1.0) for name in ("keras", "int8")})
    assert variants.choose(poor) == "int8"


def test_a_network_without_the_layer_has_no_mixed_variant(
    whole: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = backbones.BACKBONES["tiny"]
    monkeypatch.setitem(backbones.BACKBONES, "tiny", dataclasses.replace(tiny, coarse_from="conv9"))  # as if it ended before it
    artefact = registry.open_folder(whole[0])
    size = artefact.manifest.input.size
    opened = variants.open_all(artefact, np.random.default_rng(0).normal(0, 0.5, (8, size, size, 3)).astype(np.float32), tmp_path)
    assert set(opened) == {"keras", *variants.VARIANTS} - {variants.MIXED}
    compared = {name: row for name, row in rows(float16=KERAS._replace(milliseconds=5.0)).items() if name in opened}
    assert variants.choose(compared) == "float16"


def test_where_none_answers_the_same_the_trained_model_stays() -> None:
    wrong = {name: KERAS._replace(agreement=0.9) for name in variants.VARIANTS}
    with pytest.raises(TrainingError, match="serve the Keras model"):
        variants.choose(rows(**wrong))


def test_a_fit_is_exported_in_place_until_it_is_measured_and_then_as_another_version(
    whole: tuple[Path, Path], cells: Path, tmp_path: Path
) -> None:
    out = shutil.copytree(whole[0], tmp_path / "malaria" / "0.1.0")
    trained = registry.open_folder(out).manifest
    told = train("export", "--artefact", out, "--data", cells, "--rounds", "3")
    assert told.returncode == 0, told.stderr
    served = registry.open_folder(out)
    assert served.manifest.variant in variants.VARIANTS
    assert served.model_path.suffix == runtimes.LITERT_SUFFIX
    assert (served.manifest.reference, served.manifest.reference_sha256) == (trained.file, trained.sha256)
    assert served.manifest.checksum == registry.checksum(served.model_path) != trained.sha256
    assert set(served.manifest.variants) == {"keras", *variants.VARIANTS}
    assert f"| **{served.manifest.variant}** |" in told.stdout
    assert train("evaluate", "--artefact", out, "--data", cells).returncode == 0
    assert "## What serves it" in (out / "MODEL_CARD.md").read_text()
    before, measured = (out / "manifest.json").read_text(), (out / "metrics.json").read_text()

    reference = train("evaluate", "--artefact", out, "--data", cells, "--runtime", "keras")
    assert json.loads(reference.stdout)["auc"] == pytest.approx(json.loads(measured)["auc"], abs=0.02)
    compared = train("evaluate", "--artefact", out, "--data", cells, "--runtime", "all", "--rounds", "3")
    assert [line.split("|")[1].strip(" *") for line in compared.stdout.splitlines() if line.startswith("|")][2:] == [
        "keras",
        *variants.VARIANTS,
    ]
    assert ((out / "manifest.json").read_text(), (out / "metrics.json").read_text()) == (before, measured)

    refused = train("export", "--artefact", out, "--data", cells)
    assert refused.returncode == 1
    assert "name a new version with --out" in refused.stderr
    assert (out / "manifest.json").read_text() == before

    variants.copied(out, tmp_path / "malaria" / "0.2.0")  # what --out begins with
    newer = registry.load("malaria", "0.2.0", tmp_path)
    assert newer.metrics == {}
    assert newer.manifest.recipe["weights_of"] == "0.1.0"
    assert newer.manifest.training == trained.training
    picture = next(iter(sorted((cells / "parasitized").iterdir()))).read_bytes()
    assert engine.Engine(newer).logits(picture) == pytest.approx(engine.Engine(served, reference=True).logits(picture), abs=0.1)


def test_mixed_is_in_float32_up_to_a_layer_and_in_8_bits_behind_but_for_the_head(whole: tuple[Path, Path], tmp_path: Path) -> None:
    import keras

    artefact = registry.open_folder(whole[0])
    model = keras.models.load_model(artefact.reference_path, compile=False)
    pixels = np.random.default_rng(0).normal(0, 0.5, (8, *model.input_shape[1:])).astype(np.float32)
    path = tmp_path / "mixed.tflite"
    path.write_bytes(variants.convert(model, variants.MIXED, pixels, coarse_from="conv2"))
    kernels = {
        name: tensor["dtype"]
        for tensor in Interpreter(model_content=path.read_bytes()).get_tensor_details()
        for name in ("conv0", "conv1", "conv2", "evidence")
        if len(tensor["shape"]) == 4 and tensor["name"].startswith(f"{model.name}_1/{name}_1/")
    }
    assert kernels == {"conv0": np.float32, "conv1": np.float32, "conv2": np.int8, "evidence": np.float32}
    reference, mixed = runtimes.KerasRuntime(artefact.reference_path, artefact.manifest.input.size), runtimes.LiteRTRuntime(path)
    for picture in pixels:
        for wanted, given in zip(reference.predict(picture), mixed.predict(picture), strict=True):
            assert np.abs(given - wanted).max() < 0.05 * np.abs(wanted).max()
    with pytest.raises(ValueError, match="no operation conv9"):
        variants.convert(model, variants.MIXED, pixels, coarse_from="conv9")


def test_a_damaged_served_file_or_reference_is_not_loaded(tmp_path: Path) -> None:
    shipped = registry.latest("malaria")
    assert shipped is not None
    for name in (shipped.manifest.file, shipped.manifest.reference):
        folder = tmp_path / name / "malaria" / "0.0.1"
        folder.mkdir(parents=True)
        for file in (shipped.manifest.file, shipped.manifest.reference):
            (folder / file).write_bytes((shipped.path / file).read_bytes())
        values = json.loads((shipped.path / "manifest.json").read_text()) | {"version": "0.0.1"}
        (folder / "manifest.json").write_text(json.dumps(values))
        assert engine.get("malaria", "0.0.1", tmp_path / name).manifest.version == "0.0.1"
        data = bytearray((folder / name).read_bytes())
        data[len(data) // 2] ^= 1
        (folder / name).write_bytes(bytes(data))
        with pytest.raises(registry.ArtefactError, match="not the one its manifest describes"):
            engine.Engine(registry.load("malaria", "0.0.1", tmp_path / name))
        (folder / name).unlink()
        with pytest.raises(registry.ArtefactError, match=f"{name} of malaria 0.0.1 is missing"):
            engine.Engine(registry.load("malaria", "0.0.1", tmp_path / name))
