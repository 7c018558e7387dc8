"""What is said of a model: figures over all, per group, and those that only one disease has."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from inference.registry import Manifest
from training import metrics

if TYPE_CHECKING:
    from training.evaluate import Measured

_DRAWS = 1000
_SMALLEST_GROUP = 20
_POINTS = np.unique(np.concatenate([np.linspace(0, 1, 81), [0.001, 0.002, 0.005, 0.995, 0.998, 0.999], np.linspace(0.005, 0.1, 20)]))


def overall(manifest: Manifest, measured: "Measured") -> dict[str, Any]:
    """All figures of metrics.json that come from the answers; shares from 0 to 1, intervals of 95 % by patient (Efron 1993)."""
    columns = [manifest.classes.index(name) for name in manifest.positive]
    examples = measured.examples
    truth = np.array([example.label in manifest.positive for example in examples])
    patients = np.array([example.patient for example in examples])
    probability, raw = measured.scores[:, columns].sum(1), measured.raw[:, columns].sum(1)
    called, unsure = measured.called, measured.unsure
    right = called == truth
    told: dict[str, Any] = {}
    for name, measure in _measures(truth, probability, called).items():
        low, high = metrics.interval_by_patient(patients, measure, draws=_DRAWS)
        told[name] = _round(measure(np.arange(len(truth))))
        told[f"{name}_interval"] = [_round(low), _round(high)]
    return told | {
        "calibration_error": _round(metrics.calibration_error(truth, probability)),
        "calibration_error_before_temperature": _round(metrics.calibration_error(truth, raw)),
        "brier": _round(float(np.mean((probability - truth) ** 2))),
        "confusion": metrics.confusion(truth, called),
        "share_uncertain": _round(float(unsure.mean())),
        "accuracy_outside_uncertain": _round(float(right[~unsure].mean())) if (~unsure).any() else None,
        "specificity_at_90_sensitivity": _round(metrics.specificity_at(truth, probability, 0.9)),
        "operating_points": [
            {
                "threshold": round(float(cut), 4),
                "sensitivity": _round(float((probability[truth] >= cut).mean())),
                "specificity": _round(float((probability[~truth] < cut).mean())),
            }
            for cut in _POINTS
        ],
        "calibration": _bins(truth, probability),
        "groups": _groups(measured, truth, probability),
        "extra": _extra(manifest, measured, truth, probability),
    }


def _measures(truth: np.ndarray, probability: np.ndarray, called: np.ndarray) -> dict[str, Callable[[np.ndarray], float]]:
    return {
        "accuracy": lambda rows: float((called == truth)[rows].mean()),
        "sensitivity": lambda rows: float(called[rows][truth[rows]].mean()) if truth[rows].any() else float("nan"),
        "specificity": lambda rows: float((~called[rows][~truth[rows]]).mean()) if (~truth[rows]).any() else float("nan"),
        "auc": lambda rows: metrics.auc(truth[rows], probability[rows]),
    }


def _bins(truth: np.ndarray, probability: np.ndarray) -> list[dict[str, Any]]:
    """The calibration curve: ten bins of equal width (Guo 2017)."""
    number = np.minimum((probability * 10).astype(int), 9)
    return [
        {
            "probability": _round(float(probability[number == b].mean())),
            "observed": _round(float(truth[number == b].mean())),
            "images": int(np.sum(number == b)),
        }
        for b in np.unique(number)
    ]


def _groups(measured: "Measured", truth: np.ndarray, probability: np.ndarray) -> list[dict[str, Any]]:
    """The same figures per source, age and sex, where more than one is known and a group has enough pictures."""
    told = []
    patients = np.array([example.patient for example in measured.examples])
    for by in ("source", "age", "sex"):
        values = np.array([getattr(example, by) for example in measured.examples])
        names = [name for name in np.unique(values) if name and name != "unknown"]
        if len(names) < 2:
            continue
        for name in names:
            rows = np.flatnonzero(values == name)
            if len(rows) < _SMALLEST_GROUP:
                continue
            figures = {key: _round(measure(rows)) for key, measure in _measures(truth, probability, measured.called).items()}
            both = bool(truth[rows].any() and (~truth[rows]).any())
            interval = metrics.interval_by_patient(patients[rows], lambda i, rows=rows: metrics.auc(truth[rows[i]], probability[rows[i]]))  # type: ignore[misc]
            told.append(
                {"by": by, "name": str(name), "images": len(rows), "patients": len(set(patients[rows]))}
                | figures
                | {"auc_interval": [_round(end) for end in interval] if both else None}
            )
    return told


def _extra(manifest: Manifest, measured: "Measured", truth: np.ndarray, probability: np.ndarray) -> list[dict[str, Any]]:
    """Figures of one disease: all classes told apart, kappa of grades, and COVID-19 against other pneumonia inside one source."""
    examples = measured.examples
    labels = np.array([manifest.classes.index(example.label) for example in examples])
    answers = np.array([manifest.classes.index(name) for name in measured.findings])
    patients = np.array([example.patient for example in examples])
    everything = np.arange(len(labels))
    told: list[dict[str, Any]] = []

    def add(name: str, figure: Callable[[np.ndarray], float], rows: np.ndarray) -> None:
        low, high = metrics.interval_by_patient(patients[rows], lambda i: figure(rows[i]), draws=_DRAWS)
        told.append({"name": name, "value": _round(figure(rows)), "interval": [_round(low), _round(high)], "images": len(rows)})

    if len(manifest.classes) > 2:
        add(f"accuracy over all {len(manifest.classes)} classes", lambda rows: float(np.mean(labels[rows] == answers[rows])), everything)
    if "grade_0" in manifest.classes:
        add("quadratic kappa of the grades", lambda rows: metrics.quadratic_kappa(labels[rows], answers[rows]), everything)
    sources = np.array([example.source for example in examples])
    if "other_pneumonia" in manifest.classes:
        ill = labels != manifest.classes.index("normal")
        for source in np.unique(sources):
            rows = np.flatnonzero(ill & (sources == source))
            if len(set(labels[rows])) > 1:
                add(
                    f"AUC of COVID-19 against other pneumonia inside {source}",
                    lambda rows: metrics.auc(truth[rows], probability[rows]),
                    rows,
                )
                others = rows[~truth[rows]]
                add(
                    f"share of other pneumonia at or above the threshold inside {source}",
                    lambda i: float(measured.called[i].mean()),
                    others,
                )
    return told


def _round(value: float) -> float | None:
    """Four digits; None for what can not be said (JSON has no nan)."""
    return None if np.isnan(value) else round(float(value), 4)
