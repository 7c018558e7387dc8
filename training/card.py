"""The model card (Mitchell 2019), rendered from manifest and metrics, so that it can not say something else."""

from inference import diseases
from inference.registry import Artefact


def _percent(metrics: dict, name: str) -> str:
    low, high = metrics[f"{name}_interval"]
    return f"{metrics[name]:.1%} ({low:.1%} to {high:.1%})"


def render(artefact: Artefact) -> str:
    """Markdown of an evaluated artefact."""
    manifest, metrics = artefact.manifest, artefact.metrics
    disease = diseases.get(manifest.disease)
    matrix = metrics["confusion"]
    low, high = manifest.uncertain
    rest = "not known" if metrics["accuracy_outside_uncertain"] is None else f"{metrics['accuracy_outside_uncertain']:.1%}"
    refused = ", ".join(f"{count} {code}" for code, count in metrics["refused_by_the_gate"].items())
    lines = [
        f"# {disease.name} {manifest.version}",
        "",
        f"{disease.summary} Input: a {disease.picture}. **Decision support, not a diagnosis.** {disease.cannot_tell}",
        "",
        "## On patients it never saw",
        "",
        f"Measured on {metrics['date']} with `{metrics['command']}`: {metrics['images']} images of {metrics['patients']} held-out "
        "patients; 95 % intervals in brackets, by patient.",
        "",
        "| figure | value |",
        "| --- | --- |",
        f"| accuracy | {_percent(metrics, 'accuracy')} |",
        f"| sensitivity | {_percent(metrics, 'sensitivity')} |",
        f"| specificity | {_percent(metrics, 'specificity')} |",
        f"| AUC | {metrics['auc']:.3f} ({metrics['auc_interval'][0]:.3f} to {metrics['auc_interval'][1]:.3f}) |",
        f"| calibration error (ECE, 10 bins) | {metrics['calibration_error']:.3f}; without temperature "
        f"{metrics['calibration_error_before_temperature']:.3f} |",
        f"| Brier score | {metrics['brier']:.3f} |",
        f"| diseased found / missed | {matrix['true_positive']} / {matrix['false_negative']} |",
        f"| healthy cleared / alarmed | {matrix['true_negative']} / {matrix['false_positive']} |",
        f'| answered "can not tell" | {metrics["share_uncertain"]:.1%}; accuracy of the rest {rest} |',
        f"| refused by the gate, whose limits were set with these pictures in view | {refused or 'none'} |",
        "",
        "## How it answers",
        "",
        f"Classes: {', '.join(manifest.classes)}; positive: {', '.join(manifest.positive)}. The probability is calibrated by "
        f"temperature ({manifest.temperature}). From {manifest.threshold} on the finding is positive; "
        f'from {low} to {high} the answer is "can not tell". '
        "All three were set on validation patients.",
        "",
        "## How it was made",
        "",
        f"- Backbone {manifest.backbone}, input {manifest.input.size} x {manifest.input.size}, seed {manifest.seed}, "
        f"commit `{manifest.commit[:12]}`, {manifest.created}",
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
