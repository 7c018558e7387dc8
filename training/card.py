"""The model card (Mitchell 2019), rendered from manifest and metrics, so that it can not say something else."""

from typing import Any

from inference import diseases
from inference.registry import Artefact


def render(artefact: Artefact) -> str:
    """Markdown of an evaluated artefact; its pictures, roc.svg and calibration.svg, lie beside it."""
    manifest, metrics = artefact.manifest, artefact.metrics
    disease = diseases.get(manifest.disease)
    low, high = manifest.uncertain
    unit = metrics.get("unit", "patients")
    commit, changed, _ = manifest.commit.partition("+changes")
    lines = [
        f"# {disease.name} {manifest.version}",
        "",
        f"{disease.summary} Input: a {disease.picture}. **Decision support, not a diagnosis.** {disease.cannot_tell}",
        "",
        f"## On {unit} that the model which answered never saw",
        "",
        f"Measured on {metrics['date']} with `{metrics['command']}`: {_how(metrics)}; 95 % intervals in brackets, by whole {unit}.",
        "",
        *table(("figure", "value"), _figures(metrics)),
        "",
        "![ROC curve](roc.svg) ![Calibration curve](calibration.svg)",
        "",
        *_groups(metrics),
        *_left_out(metrics),
        "## How it answers",
        "",
        f"Classes: {', '.join(manifest.classes)}; positive: {', '.join(manifest.positive)}. The probability is calibrated by "
        f"temperature ({manifest.temperature}){_biases(artefact)}. From {manifest.threshold} on the finding is positive; "
        f'from {low} to {high} the answer is "can not tell". '
        f"{_set_on(metrics)} An administrator can set other values for a place.",
        "",
        *_served(artefact),
        "## How it was made",
        "",
        f"- Backbone {manifest.backbone}, input {manifest.input.size} x {manifest.input.size} ({manifest.input.preprocess}), "
        f"seed {manifest.seed}, commit `{commit[:12]}`{', with changes that were not committed' if changed else ''}, {manifest.created}",
        f"- Data: {manifest.source}; licence: {manifest.licence}",
        *(f"- {part}: {', '.join(f'{count} {name}' for name, count in counts.items())}" for part, counts in manifest.training.items()),
        f"- SHA-256 of {manifest.file}, which is served: `{manifest.sha256}`",
        *([f"- SHA-256 of {manifest.reference}, which was trained: `{manifest.reference_sha256}`"] if manifest.reference else []),
        "",
        "## Known limits",
        "",
        *(f"- {limit}" for limit in manifest.known_limits),
        "",
    ]
    return "\n".join(lines)


def _how(metrics: dict[str, Any]) -> str:
    counts, unit = f"{metrics['images']} images of {metrics['patients']}", metrics.get("unit", "patients")
    if metrics["part"] == "cross-validation":
        return (
            f"{counts} {unit}, each answered once by a fold's model that had not seen its patient, at a threshold set on the other "
            "folds. The model that is shipped is the same recipe fitted on all of them: it could not be measured itself"
        )
    return f"{counts} held-out {unit}"


def _set_on(metrics: dict[str, Any]) -> str:
    if metrics["part"] == "cross-validation":
        return "They were set on the answers of all folds' models, each about patients that it had not seen."
    return f"They were set on {metrics.get('unit', 'patients')} that neither the fit nor the figures above used."


def _biases(artefact: Artefact) -> str:
    manifest = artefact.manifest
    pairs = ", ".join(f"{name} {value:+}" for name, value in zip(manifest.classes, manifest.bias, strict=False) if value)
    return f" and a bias of its logit ({pairs})" if pairs else ""


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
        lines += [*table((by, "images", "accuracy", "sensitivity", "specificity", "AUC"), rows), ""]
    return lines


def _left_out(metrics: dict[str, Any]) -> list[str]:
    """Places that a fit of the same recipe never saw; nothing where that was not measured."""
    told = metrics.get("left_out")
    if not told:
        return []
    rows = [
        (
            row["name"],
            str(row["images"]),
            *(_share(row[name]) for name in ("sensitivity", "specificity")),
            "one class only" if row["auc"] is None else f"{row['auc']:.3f} {_interval(row['auc_interval'], '.3f')}",
        )
        for row in told["rows"]
    ]
    return [
        "## On places that a model never saw",
        "",
        f"Measured on {told['date']} with `python -m training sources`: for each source, the same recipe was fitted without it "
        f"({told['epochs']} epochs, at {told['size']} px) and asked about it, at this model's threshold.",
        "",
        *table(("source left out", "images", "sensitivity", "specificity", "AUC"), rows),
        "",
    ]


def served(rows: dict[str, Any], chosen: str) -> list[str]:
    """How the variants of a model compare, the chosen one in bold: Markdown."""
    told = [
        (
            f"**{name}**" if name == chosen else name,
            f"{row['bytes'] / 1e6:.1f}",
            f"{row['milliseconds'] / rows['keras']['milliseconds']:.2f}",
            f"{row['auc']:.4f}",
            f"{row['agreement']:.1%}",
            f"{row['calibration_error']:.3f}",
            f"{row['largest_difference']:.4f}",
        )
        for name, row in rows.items()
    ]
    return table(("variant", "MB", "time", "AUC", "same side of the threshold", "calibration error", "largest difference"), told)


def _served(artefact: Artefact) -> list[str]:
    """What answers, and why that; nothing where the Keras model itself is served."""
    if not artefact.manifest.variants:
        return []
    return [
        "## What serves it",
        "",
        "The variant in bold answers: the fastest whose AUC is within 0.002 of the trained Keras model's, with at least 99.5 % of the same "
        "decisions. On the pictures of validation patients (of all, where the model was cross-validated); time as a share of the Keras "
        "model's traced function, in the same run; calibration error with a temperature of its own; the largest difference of a "
        "probability.",
        "",
        *served(artefact.manifest.variants, artefact.manifest.variant),
        "",
    ]


def table(head: tuple[str, ...], rows: list[Any]) -> list[str]:
    return [f"| {' | '.join(head)} |", "|" + " --- |" * len(head), *(f"| {' | '.join(row)} |" for row in rows)]


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _interval(ends: list[float | None], form: str = ".1%") -> str:
    low, high = ("?" if end is None else format(end, form) for end in ends)
    return f"({low} to {high})"
