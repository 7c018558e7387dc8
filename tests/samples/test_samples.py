"""The drawn pictures: the same from the same seed, shipped as drawn, and good enough for the gate and the model."""

import io

import numpy as np
import pytest
from PIL import Image

import samples
from inference import engine, imaging, registry
from inference.diseases import DISEASES


@pytest.mark.parametrize("disease", sorted(samples.PAINTERS))
def test_each_class_has_a_shipped_sample_that_is_called_synthetic(disease: str) -> None:
    names = [path.name for path in samples.paths(disease)]
    assert names == sorted(f"{label}_synthetic.png" for label in DISEASES[disease].classes)


@pytest.mark.parametrize("disease", sorted(samples.PAINTERS))
def test_shipped_samples_are_those_that_the_code_draws(disease: str) -> None:
    for path in samples.paths(disease):
        drawn = imaging.decode(samples.draw(disease, samples.label(path)))
        assert (imaging.decode(path.read_bytes()).pixels == drawn.pixels).all()


def test_a_seed_draws_one_picture_and_another_seed_another() -> None:
    for disease, label in (
        ("malaria", "parasitized"),
        ("pneumonia", "pneumonia"),
        ("skin_cancer", "malignant"),
        ("diabetic_retinopathy", "grade_3"),
    ):
        assert samples.draw(disease, label, 5) == samples.draw(disease, label, 5)
        assert samples.draw(disease, label, 5) != samples.draw(disease, label, 6)


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
