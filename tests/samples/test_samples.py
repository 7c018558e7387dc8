"""The drawn pictures: the same from the same seed, shipped as drawn, and good enough for the gate and the model."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import samples
from inference import engine, gate, imaging, registry
from inference.diseases import CHEST_XRAY, DISEASES
from samples import __main__ as command
from samples import examples

_ALL = [(disease, label) for disease, labels in sorted(samples.PAINTERS.items()) for label in labels]
_MOST_BYTES = 150_000


@pytest.mark.parametrize("disease", sorted(DISEASES))
def test_each_class_has_a_shipped_sample_that_is_called_synthetic(disease: str) -> None:
    shipped = samples.paths(disease)
    assert {samples.label(path) for path in shipped} == set(DISEASES[disease].classes)
    assert all("_synthetic." in path.name and path.stat().st_size < _MOST_BYTES for path in shipped)
    assert sorted(samples.path(disease, label) for label in DISEASES[disease].classes) == shipped


@pytest.mark.parametrize("disease", sorted(samples.PAINTERS))
def test_shipped_samples_are_those_that_the_code_draws(disease: str) -> None:
    """But for what another processor rounds differently: float32 blurs are not the same to the last bit everywhere."""
    for path in samples.paths(disease):
        drawn = imaging.decode(samples.draw(disease, samples.label(path))).pixels
        differences = np.abs(imaging.decode(path.read_bytes()).pixels.astype(int) - drawn)
        assert differences.mean() < 0.05, path.name


@pytest.mark.parametrize(("disease", "label"), _ALL)
def test_a_seed_draws_one_picture_and_another_seed_another(disease: str, label: str) -> None:
    assert samples.draw(disease, label, 5) == samples.draw.__wrapped__(disease, label, 5)
    assert samples.draw(disease, label, 5) != samples.draw(disease, label, 6)


def test_classes_of_a_disease_are_drawn_apart() -> None:
    for disease, labels in samples.PAINTERS.items():
        assert len({samples.draw(disease, label, 5) for label in labels}) == len(labels)


@pytest.mark.parametrize(("disease", "label"), _ALL)
def test_a_drawing_passes_the_gate_of_its_disease_and_films_alone_are_grey(disease: str, label: str) -> None:
    pixels = imaging.decode(samples.draw(disease, label, 3)).pixels
    gate.check(pixels, DISEASES[disease])
    is_grey = bool((pixels == pixels[:, :, :1]).all())
    assert is_grey == (DISEASES[disease].modality == CHEST_XRAY)


def test_samples_carry_no_text_and_look_like_a_cell_cut_out_on_black() -> None:
    for path in samples.paths("malaria"):
        with Image.open(io.BytesIO(path.read_bytes())) as image:
            assert image.info == {}
        pixels = imaging.decode(path.read_bytes()).pixels
        assert 100 <= min(pixels.shape[:2]) <= max(pixels.shape[:2]) <= 160
        assert pixels[[0, 0, -1, -1], [0, -1, 0, -1]].max() == 0
        red, green, blue = np.median(pixels[pixels.max(axis=2) > 60], axis=0)
        assert red > blue > green


def test_what_is_not_in_the_catalogue_has_no_samples() -> None:
    assert samples.paths("plague") == []
    with pytest.raises(KeyError):
        samples.draw("malaria", "plague")


@pytest.mark.parametrize("disease", [disease for disease in sorted(samples.PAINTERS) if registry.versions(disease)])
def test_the_newest_model_answers_each_shipped_sample_on_the_right_side(disease: str) -> None:
    """Classes that are alike (grades of one eye disease) may be taken for one another, but not the diseased for the healthy."""
    model = engine.get(disease, registry.versions(disease)[-1])
    positive = model.manifest.positive
    for path in samples.paths(disease):
        answer = model.answer(path.read_bytes())
        assert (answer.finding in positive) == (samples.label(path) in positive), path.name


def test_check_says_what_was_answered(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(samples, "PAINTERS", {"malaria": samples.PAINTERS["malaria"]})
    monkeypatch.setattr("sys.argv", ["samples", "check"])
    assert command.main() == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:3] for line in lines] == [
        ["malaria", "parasitized", "parasitized"],
        ["malaria", "uninfected", "uninfected"],
    ]


def test_check_fails_on_a_sample_that_is_taken_for_another_class_or_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cell, film = samples.draw("malaria", "uninfected"), samples.draw("tuberculosis", "normal")
    monkeypatch.setattr(samples, "PAINTERS", {"malaria": samples.PAINTERS["malaria"]})
    monkeypatch.setattr(samples, "IMAGES", tmp_path)
    monkeypatch.setattr("sys.argv", ["samples", "check"])
    (tmp_path / "malaria").mkdir()
    samples.path("malaria", "parasitized").write_bytes(cell)
    samples.path("malaria", "uninfected").write_bytes(film)
    assert command.main() == 1
    lines = capsys.readouterr().out.splitlines()
    assert all(line.endswith("NOT AS LABELLED") for line in lines)
    assert [line.split()[2:4] for line in lines] == [["uninfected", "not_suspicious"], ["wrong_modality", "refused"]]


@pytest.mark.parametrize("disease", sorted(DISEASES))
def test_the_gate_refuses_each_bad_example_for_its_reason(disease: str) -> None:
    for code, pixels in examples.pictures(DISEASES[disease].modality).items():
        if code == examples.GOOD:
            gate.check(pixels, DISEASES[disease])
        else:
            with pytest.raises(imaging.ImageRejected) as refused:
                gate.check(pixels, DISEASES[disease])
            assert refused.value.code == code
        assert examples.path(DISEASES[disease].modality, code).stat().st_size < 25_000
