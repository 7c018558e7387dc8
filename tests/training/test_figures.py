"""Labels, the split, calibration and figures, on numbers whose truth is known."""

from pathlib import Path

import numpy as np
import pytest

from inference.diseases import get
from training import calibrate, crossval, datasets, metrics


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


def test_films_of_another_disease_are_healthy_or_not(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file,label,patient_id,source\na.png,normal,P1,x\nb.png,covid19,P2,y\nc.png,other_pneumonia,,z\n")
    pooled = datasets.read_pooled(tmp_path, get("tuberculosis"))
    assert [example.label for example in pooled] == ["normal", "tuberculosis", "tuberculosis"]
    assert [(example.patient, example.source) for example in pooled] == [("P1", "x"), ("P2", "y"), ("c.png", "z")]
    with pytest.raises(datasets.DataError, match="covid19 has 3 classes"):
        datasets.read_pooled(tmp_path, get("covid19"))


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
    heat, bias = calibrate.scaling(honest * 3, labels)
    assert heat == pytest.approx(3, rel=0.05)
    assert bias == pytest.approx((0, 0), abs=0.1)


def test_a_class_that_training_favoured_is_set_right_by_its_bias() -> None:
    random = np.random.default_rng(0)
    honest = random.normal(0, 1.5, (20_000, 3))
    labels = (metrics.softmax(honest).cumsum(axis=1) < random.random((20_000, 1))).sum(axis=1)
    heat, bias = calibrate.scaling((honest + np.array([0, 1.5, 0])) * 2, labels)
    assert heat == pytest.approx(2, rel=0.05)
    assert bias == pytest.approx((0, -1.5, 0), abs=0.1)


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


def test_specificity_at_a_sensitivity_takes_the_best_threshold_that_keeps_it() -> None:
    truth = np.array([True] * 10 + [False] * 10)
    probability = np.concatenate([np.linspace(0.1, 1.0, 10), np.linspace(0.0, 0.45, 10)])
    assert metrics.specificity_at(truth, probability, 0.9) == pytest.approx(0.4)  # 0.2 keeps nine of ten; four healthy lie below it
    assert metrics.specificity_at(truth, probability, 1.0) == pytest.approx(0.2)


def test_kappa_is_one_for_the_same_grades_nought_by_chance_and_forgives_near_misses() -> None:
    truth = np.array([0, 1, 2, 3, 4] * 40)
    assert metrics.quadratic_kappa(truth, truth) == pytest.approx(1)
    shuffled = np.random.default_rng(0).permutation(truth)
    assert abs(metrics.quadratic_kappa(truth, shuffled)) < 0.2
    near, far = np.minimum(truth + 1, 4), (truth + 3) % 5
    assert metrics.quadratic_kappa(truth, near) > 0.6 > metrics.quadratic_kappa(truth, far)


def test_folds_hold_whole_patients_and_a_share_of_each_class(cells: Path) -> None:
    examples = datasets.read_labels(cells, get("malaria"))
    fold = crossval.folds(examples, 4, seed=1)
    assert set(fold) == {0, 1, 2, 3}
    patients = np.array([example.patient for example in examples])
    assert all(len(set(fold[patients == name])) == 1 for name in set(patients))
    for number in range(4):
        labels = [example.label for example, f in zip(examples, fold, strict=True) if f == number]
        assert labels.count("parasitized") == pytest.approx(30, abs=6)


def test_every_picture_is_answered_by_a_model_that_did_not_see_it_and_finished_folds_are_not_fitted_again(
    cells: Path, tmp_path: Path
) -> None:
    examples = datasets.read_labels(cells, get("malaria"))
    fold = crossval.folds(examples, 3, seed=1)
    fits: list[set[int]] = []

    def fit(rows: np.ndarray, work: Path) -> set[int]:  # a "model" that knows what it saw
        fits.append(set(rows))
        return fits[-1]

    def logits(model: set[int], rows: np.ndarray) -> np.ndarray:
        assert not model & set(rows)
        assert len(model) + len(rows) == len(examples)
        return np.stack([rows, -rows], axis=1)

    told = crossval.out_of_fold(fold, fit, logits, tmp_path)  # type: ignore[arg-type]
    assert (told[:, 0] == np.arange(len(examples))).all()
    again = crossval.out_of_fold(fold, fit, logits, tmp_path)  # type: ignore[arg-type]
    assert len(fits) == 3
    assert (again == told).all()
    crossval.write(tmp_path / crossval.FILE, examples, fold, told, cells)
    read = crossval.read(tmp_path / crossval.FILE)
    name = examples[17].path.relative_to(cells).as_posix()
    assert read[name][0] == fold[17]
    assert read[name][1].tolist() == [17, -17]


def test_where_classes_overlap_the_band_stays_within_a_third() -> None:
    random = np.random.default_rng(3)
    labels = random.integers(0, 2, 3000)
    logits = np.stack([np.zeros(3000), random.normal(np.where(labels, 0.7, -0.7), 1.0)], axis=1)
    point = calibrate.point(logits, labels, (1,))
    probability = point.probabilities(logits)[:, 1]
    assert 0.1 < np.mean((probability >= point.low) & (probability < point.high)) <= 1 / 3
    assert point.low <= point.threshold <= point.high


def test_balance_lifts_the_rare_class_of_a_source_without_letting_it_rule(tmp_path: Path) -> None:
    def example(i: int, source: str, label: str) -> datasets.Example:
        return datasets.Example(tmp_path / str(i), label, str(i), source)

    examples = [example(i, "a", "parasitized") for i in range(100)] + [example(i, "b", "uninfected") for i in range(4)]
    even, eased = datasets.weights(examples, balance=False), datasets.weights(examples, balance=True)
    assert even[-1] * 4 == pytest.approx(even[0] * 100, rel=1e-5)
    assert eased[-1] == pytest.approx(5 * eased[0], rel=1e-5)
    assert eased.mean() == pytest.approx(1, rel=1e-5)


def test_grades_are_read_from_their_column(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("file,label,patient_id,source,grade,age\na.png,dr,P1,idrid,3,67\nb.png,no_dr,P2,idrid,0,\n")
    first, second = datasets.read_labels(tmp_path, get("diabetic_retinopathy"))
    assert (first.label, first.age, second.label, second.age) == ("grade_3", "60 to 79", "grade_0", "")
