"""What an operating point means for people: of a hundred with the disease, how many get which answer."""

from dataclasses import dataclass
from typing import Any

from inference import charts
from inference.engine import OperatingPoint

from .models import Analysis


@dataclass(frozen=True)
class Share:
    """How often an answer is given: among pictures with the disease, without it, and all of the evaluation. Each 0 to 1."""

    words: str
    diseased: float
    healthy: float
    everyone: float


@dataclass(frozen=True)
class Implied:
    """Sensitivity and specificity of the finding, 0 to 1, and the shares of the three answers."""

    sensitivity: float
    specificity: float
    shares: tuple[Share, ...]


def implied(metrics: dict[str, Any], point: OperatingPoint) -> Implied | None:
    """Read from the operating points that were measured; None when the evaluation did not keep them."""
    at = [charts.rates(metrics, value) for value in (point.threshold, point.low, point.high)]
    if not metrics.get("operating_points") or None in at:
        return None
    (sensitivity, specificity), (low_found, low_cleared), (high_found, high_cleared) = at  # type: ignore[misc]
    prevalence = _prevalence(metrics)

    def share(outcome: str, diseased: float, healthy: float) -> Share:
        everyone = prevalence * diseased + (1 - prevalence) * healthy
        return Share(str(Analysis.Outcome(outcome).label), diseased, healthy, everyone)

    shares = (
        share("suspicious", high_found, 1 - high_cleared),
        share("uncertain", max(0.0, low_found - high_found), max(0.0, high_cleared - low_cleared)),
        share("not_suspicious", 1 - low_found, low_cleared),
    )
    return Implied(sensitivity, specificity, shares)


def _prevalence(metrics: dict[str, Any]) -> float:
    """The share of the evaluation's pictures that show the disease."""
    counts = metrics["confusion"]
    diseased = counts["true_positive"] + counts["false_negative"]
    return float(diseased / (diseased + counts["true_negative"] + counts["false_positive"]))
