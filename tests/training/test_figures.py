"""Labels, the split, calibration and figures, on numbers whose truth is known."""

from pathlib import Path

import numpy as np
import pytest

from inference.diseases import get
from training import calibrate, datasets, metrics


def test_no_patient_is_in_two_parts_and_each_part_gets_its_share(cells: Path) -> None:
    parts = datasets.split(datasets.read_labels(cells, get("malaria")), seed=3)
    patients = [{example.patient for example in examples} for examples in parts.values()]
    assert sum(map(len, patients)) == len(set.union(*patients)) == 40
    for part, share in datasets.PARTS.items():
        assert len(parts[part]) / 240 == pytest.approx(share, abs=0.05)
    assert parts == datasets.split(datasets.read_labels(cells, get("malaria")), seed=3)
    assert parts != datasets.split(datasets.read_labels(cells, get("malaria")), seed=4)


def test_a_table_with_an_unknown_label_or_without_a_column_is_told(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file,label,patient_id\na.png,plague,P1\n")
    with pytest.raises(datasets.DataError, match="plague"):
        datasets.read_labels(tmp_path, get("malaria"))
    (tmp_path / "labels.csv").write_text("file,label\na.png,parasitized\n")
    with pytest.raises(datasets.DataError, match="patient_id"):
        datasets.read_labels(tmp_path, get("malaria"))


def test_a_picture_that_can_not_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file,label,patient_id\nbroken.png,parasitized,P1\n")
    (tmp_path / "broken.png").write_bytes(b"")
    with pytest.raises(datasets.DataError, match=r"broken\.png.*empty"):
        datasets.load_squares(datasets.read_labels(tmp_path, get("malaria")), 32)


def test_a_folder_without_its_table_is_told(tmp_path: Path) -> None:
    with pytest.raises(datasets.DataError, match=r"labels\.csv does not exist"):
        datasets.read_labels(tmp_path, get("malaria"))


def test_the_temperature_that_spoilt_the_logits_is_found_again() -> None:
    random = np.random.default_rng(0)
    honest = random.normal(0, 1.5, (20_000, 2))
    labels = (random.random(20_000) < metrics.softmax(honest)[:, 1]).astype(int)
    assert calibrate.temperature(honest * 3, labels) == pytest.approx(3, rel=0.05)


def test_the_threshold_separates_what_can_be_separated() -> None:
    truth = np.array([False] * 5 + [True] * 5)
    probability = np.array([0.1, 0.2, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9, 0.9])
    assert calibrate.threshold(truth, probability) == pytest.approx(0.5)


def test_pictures_with_the_same_score_stay_on_one_side_of_the_threshold() -> None:
    truth = np.array([True, False, True, True, False, True])
    probability = np.array([0.2, 0.2, 0.2, 0.8, 0.1, 0.9])
    cut = calibrate.threshold(truth, probability)
    assert cut == pytest.approx(0.15)  # as good as 0.5, and misses none; a cut through the ties at 0.2 would only seem better


@pytest.mark.parametrize("count", [1, 50, 100, 685])
def test_the_band_is_as_narrow_as_its_promise_allows(count: int) -> None:
    random = np.random.default_rng(count)
    truth = np.repeat([True, False], count)
    probability = np.concatenate([random.uniform(0.2, 1, count), random.uniform(0, 0.8, count)])
    low, high = calibrate.uncertain_band(truth, probability, 0.5)
    diseased, healthy = probability[truth], probability[~truth]
    allowed = count // 100
    assert np.sum(diseased < low) <= allowed
    assert np.sum(healthy >= high) <= allowed
    if count > 1:
        assert np.sum(diseased < low + 2e-4) >= min(allowed, np.sum(diseased < low) + 1)
        assert low + 1e-4 >= 0.2
        assert low < 0.5 < high


def test_a_model_that_separates_cleanly_has_no_band_on_the_wrong_side_of_its_threshold() -> None:
    truth = np.array([False] * 4 + [True] * 4)
    probability = np.array([0.0, 0.0, 0.1, 0.2, 0.7, 0.8, 1.0, 1.0])
    assert calibrate.uncertain_band(truth, probability, 0.45) == (0.45, 0.45)
    low, high = calibrate.uncertain_band(truth, 1 - probability, 0.45)
    assert 0 <= low < 0.45 < high <= 1


def test_outside_the_band_the_model_is_rarely_wrong() -> None:
    random = np.random.default_rng(1)
    truth = random.random(5000) < 0.5
    probability = np.clip(np.where(truth, random.normal(0.75, 0.2, 5000), random.normal(0.25, 0.2, 5000)), 0, 1)
    low, high = calibrate.uncertain_band(truth, probability, 0.5)
    assert low < 0.5 < high
    assert np.mean(probability[truth] < low) <= 0.01
    assert np.mean(probability[~truth] >= high) <= 0.0101


def test_auc_counts_ties_as_half() -> None:
    assert metrics.auc(np.array([True, False, True, False]), np.array([0.9, 0.9, 0.8, 0.1])) == pytest.approx(0.625)


def test_the_calibration_error_is_the_gap_between_said_and_seen() -> None:
    truth = np.array([True, False, True, False])
    assert metrics.calibration_error(truth, np.array([0.5, 0.5, 0.5, 0.5])) == pytest.approx(0)
    assert metrics.calibration_error(truth, np.array([0.9, 0.9, 0.9, 0.9])) == pytest.approx(0.4)
    assert metrics.calibration_error(np.array([True, False]), np.array([1.0, 0.0])) == pytest.approx(0)


def test_intervals_draw_whole_patients() -> None:
    right = np.array([True] * 90 + [False] * 10)
    one_each, ten_each = np.arange(100), np.arange(100) // 10
    narrow = metrics.interval_by_patient(one_each, lambda rows: float(right[rows].mean()), draws=300)
    wide = metrics.interval_by_patient(ten_each, lambda rows: float(right[rows].mean()), draws=300)
    assert narrow[0] < 0.9 < narrow[1]
    assert wide[1] - wide[0] > 1.5 * (narrow[1] - narrow[0])
    assert narrow == metrics.interval_by_patient(one_each, lambda rows: float(right[rows].mean()), draws=300)
