"""Figures as `training evaluate` writes them, of a model that is known in closed form: sensitivity 1 - t^2, specificity 1 - (1 - t)^2."""

from typing import Any

THRESHOLD = 0.4


def sensitivity(threshold: float) -> float:
    return 1 - threshold**2


def specificity(threshold: float) -> float:
    return 1 - (1 - threshold) ** 2


def metrics(**changes: Any) -> dict[str, Any]:
    """Version 2 of metrics.json, with 200 pictures, a quarter of them diseased."""
    return {
        "date": "2026-11-24",
        "command": "python -m training evaluate",
        "part": "cross-validation",
        "images": 200,
        "patients": 120,
        "refused_by_the_gate": {"too_dark": 3},
        "threshold": THRESHOLD,
        "accuracy": 0.69,
        "accuracy_interval": [0.62, 0.75],
        "sensitivity": sensitivity(THRESHOLD),
        "sensitivity_interval": [0.78, 0.9],
        "specificity": specificity(THRESHOLD),
        "specificity_interval": [0.58, 0.7],
        "auc": 0.83,
        "auc_interval": [0.77, 0.88],
        "calibration_error": 0.031,
        "calibration_error_before_temperature": 0.05,
        "brier": 0.12,
        "confusion": {"true_positive": 42, "false_positive": 54, "true_negative": 96, "false_negative": 8},
        "share_uncertain": 0.2,
        "accuracy_outside_uncertain": 0.81,
        "seconds_an_image": 0.02,
        "specificity_at_90_sensitivity": 0.53,
        "operating_points": [
            {"threshold": i / 100, "sensitivity": sensitivity(i / 100), "specificity": specificity(i / 100)} for i in range(101)
        ],
        "calibration": [{"probability": 0.05 + i / 10, "observed": min(1.0, 0.02 + i / 9), "images": 40 - 3 * i} for i in range(10)],
        "groups": [
            _group("source", "montgomery", 80, 50),
            _group("source", "shenzhen", 120, 70),
            _group("sex", "female", 90, 55),
            _group("age", "0-17", 20, 12) | {"sensitivity": None, "auc": None, "auc_interval": None},
        ],
        "extra": [{"name": "AUC at another hospital", "value": 0.771, "interval": [0.7, 0.84], "images": 80}],
        **changes,
    }


def _point(threshold: float) -> dict[str, float]:
    return {"threshold": threshold, "sensitivity": sensitivity(threshold), "specificity": specificity(threshold)}


def _group(by: str, name: str, images: int, patients: int) -> dict[str, Any]:
    figures = {"accuracy": 0.7, "sensitivity": 0.8, "specificity": 0.65, "auc": 0.812, "auc_interval": [0.74, 0.88]}
    return {"by": by, "name": name, "images": images, "patients": patients, **figures}
