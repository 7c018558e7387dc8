"""The model card (Mitchell 2019), rendered from manifest and metrics, so that it can not say something else."""

from typing import Any

from inference import diseases
from inference.registry import Artefact


def render(artefact: Artefact) -> str:
    """Markdown of an evaluated artefact; its pictures, roc.svg and calibration.svg, lie beside it."""
    manifest, metrics = artefact.manifest, artefact.metrics
    disease = diseases.get(manifest.disease)
    low, high = manifest.uncertain
    lines = [
        f"# {disease.name} {manifest.version}",
        "",
        f"{disease.summary} Input: a {disease.picture}. **Decision support, not a diagnosis.** {disease.cannot_tell}",
        "",
        "## On patients it never saw",
        "",
        f"Measured on {metrics['date']} with `{metrics['command']}`: {_how(metrics)}; 95 % intervals in brackets, by patient.",
        "",
        *_table(("figure", "value"), _figures(metrics)),
        "",
        "![ROC curve](roc.svg) ![Calibration curve](calibration.svg)",
        "",
        *_groups(metrics),
        "## How it answers",
        "",
        f"Classes: {', '.join(manifest.classes)}; positive: {', '.join(manifest.positive)}. The probability is calibrated by "
        f"temperature ({manifest.temperature}). From {manifest.threshold} on the finding is positive; "
        f'from {low} to {high} the answer is "can not tell". '
        "All three were set on patients that the fitted weights had not seen. An administrator can set other values for a place.",
        "",
        "## How it was made",
        "",
        f"- Backbone {manifest.backbone}, input {manifest.input.size} x {manifest.input.size} ({manifest.input.preprocess}), "
        f"seed {manifest.seed}, commit `{manifest.commit[:12]}`, {manifest.created}",
        f"- Data: {manifest.source}; licence: {manifest.licence}",
        *(f"- {part}: {', '.join(f'{count} {name}' for name, count in counts.items())}" for part, counts in manifest.training.items()),
        f"- SHA-256 of {manifest.file}: `{manifest.sha256}`",
        "",
        "## Known limits",
        "",
        *(f"- {limit}" for limit in manifest.known_limits),
        "",
    ]
    return "\n".join(lines)


def _how(metrics: dict[str, Any]) -> str:
    counts = f"{metrics['images']} images of {metrics['patients']}"
    if metrics["part"] == "cross-validation":
        return f"{counts} patients, each answered once by a fold's model that did not see its patient, calibrated by the other folds"
    return f"{counts} held-out patients"


def _figures(metrics: dict[str, Any]) -> list[tuple[str, str]]:
    matrix = metrics["confusion"]
    rest = "not known" if metrics["accuracy_outside_uncertain"] is None else f"{metrics['accuracy_outside_uncertain']:.1%}"
    refused = ", ".join(f"{count} {code}" for code, count in metrics["refused_by_the_gate"].items())
    rows = [(name, f"{metrics[name]:.1%} {_interval(metrics[f'{name}_interval'])}") for name in ("accuracy", "sensitivity", "specificity")]
    rows.append(("AUC", f"{metrics['auc']:.3f} {_interval(metrics['auc_interval'], '.3f')}"))
    if metrics.get("specificity_at_90_sensitivity") is not None:
        rows.append(("specificity at 90 % sensitivity", f"{metrics['specificity_at_90_sensitivity']:.1%}"))
    rows += [
        (extra["name"], f"{extra['value']:.3f} {_interval(extra['interval'], '.3f')}, n = {extra['images']}")
        for extra in metrics.get("extra", [])
    ]
    before = metrics["calibration_error_before_temperature"]
    return [
        *rows,
        ("calibration error (ECE, 10 bins)", f"{metrics['calibration_error']:.3f}; without temperature {before:.3f}"),
        ("Brier score", f"{metrics['brier']:.3f}"),
        ("diseased found / missed", f"{matrix['true_positive']} / {matrix['false_negative']}"),
        ("healthy cleared / alarmed", f"{matrix['true_negative']} / {matrix['false_positive']}"),
        ('answered "can not tell"', f"{metrics['share_uncertain']:.1%}; accuracy of the rest {rest}"),
        ("refused by the gate and not counted", refused or "none"),
    ]


def _groups(metrics: dict[str, Any]) -> list[str]:
    """One table per way of grouping; nothing where there are no groups."""
    lines: list[str] = []
    for by in dict.fromkeys(group["by"] for group in metrics.get("groups", [])):
        rows = [
            (
                group["name"],
                str(group["images"]),
                *(_share(group[name]) for name in ("accuracy", "sensitivity", "specificity")),
                "one class only" if group["auc"] is None else f"{group['auc']:.3f} {_interval(group['auc_interval'], '.3f')}",
            )
            for group in metrics["groups"]
            if group["by"] == by
        ]
        lines += [*_table((by, "images", "accuracy", "sensitivity", "specificity", "AUC"), rows), ""]
    return lines


def _table(head: tuple[str, ...], rows: list[Any]) -> list[str]:
    return [f"| {' | '.join(head)} |", "|" + " --- |" * len(head), *(f"| {' | '.join(row)} |" for row in rows)]


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _interval(ends: list[float | None], form: str = ".1%") -> str:
    low, high = ("?" if end is None else format(end, form) for end in ends)
    return f"({low} to {high})"
