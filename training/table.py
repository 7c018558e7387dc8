"""The tables of docs/models.md, from the manifests and metrics of the shipped models."""

import argparse

from inference import diseases, registry
from training import card

_ANCESTOR = {  # accuracies in % on the slides of the ancestor project, without a word on how its pictures were split
    "tuberculosis": 84.56,
    "skin_cancer": 91.87,
    "malaria": 96.26,
    "covid19": 91.87,
    "pneumonia": 86.69,
    "diabetic_retinopathy": 88.34,
}

_SHARES = ("accuracy", "sensitivity", "specificity")
_HEAD = ("model", "measured on", *_SHARES, "AUC", "specificity at 90 % sensitivity", "calibration error", "accuracy on the slide")


def rows() -> list[str]:
    """Markdown lines: one for each disease's newest version, and one for each of its sources and further figures."""
    lines = [_line(*_HEAD), "|" + " --- |" * len(_HEAD)]
    for code, disease in diseases.DISEASES.items():
        artefact = registry.latest(code)
        if artefact is None or "unit" not in artefact.metrics:
            continue
        version, metrics = artefact.manifest.version, artefact.metrics
        unit = metrics["unit"]
        how = "cross-validation" if metrics["part"] == "cross-validation" else f"held-out {unit}"
        lines.append(
            _line(
                f"[{disease.name} {version}](../inference/artifacts/{code}/{version}/MODEL_CARD.md)",
                f"{how}: {metrics['patients']} {unit}, {metrics['images']} images, {metrics['date']}",
                *(f"{metrics[name]:.1%} {_ends(metrics[f'{name}_interval'], '.1%')}" for name in _SHARES),
                f"{metrics['auc']:.3f} {_ends(metrics['auc_interval'], '.3f')}",
                f"{metrics['specificity_at_90_sensitivity']:.1%}",
                f"{metrics['calibration_error']:.3f}",
                f"{_ANCESTOR[code]} %",
            )
        )
        for group in metrics["groups"]:
            if group["by"] == "source" and group["auc"] is not None:
                auc = f"{group['auc']:.3f} {_ends(group['auc_interval'], '.3f')}"
                shares = (f"{group[name]:.1%}" for name in _SHARES)
                lines.append(_line(f"... {group['name']} alone", f"{group['images']} images", *shares, auc, "", "", ""))
        for left in metrics.get("left_out", {}).get("rows", []):
            auc = "one class only" if left["auc"] is None else f"{left['auc']:.3f} {_ends(left['auc_interval'], '.3f')}"
            shares = ("" if left[name] is None else f"{left[name]:.1%}" for name in _SHARES)
            lines.append(_line(f"... {left['name']}, by a model made without it", f"{left['images']} images", *shares, auc, "", "", ""))
        for extra in metrics["extra"]:
            value = f"**{extra['value']:.3f}** {_ends(extra['interval'], '.3f')}"
            lines.append(_line(f"... {extra['name']}", f"{extra['images']} images", value, *[""] * 6))
    return lines


def variants() -> list[str]:
    """Markdown lines: how the variants of each disease's newest version compare, the one that answers in bold."""
    lines: list[str] = []
    for code, disease in diseases.DISEASES.items():
        artefact = registry.latest(code)
        if artefact is None or not artefact.manifest.variants:
            continue
        head, rule, *told = card.served(artefact.manifest.variants, artefact.manifest.variant)
        lines = lines or [f"| model {head}", f"| --- {rule}"]
        lines += [f"| {disease.name} {artefact.manifest.version} {line}" for line in told]
    return lines


def run(_: argparse.Namespace) -> None:
    """Print the tables of docs/models.md."""
    print("\n".join([*rows(), "", *variants()]))


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`table` of the command line."""
    commands.add_parser("table", help=run.__doc__).set_defaults(run=run)


def _line(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _ends(interval: list[float], form: str) -> str:
    return f"({interval[0]:{form}} to {interval[1]:{form}})"
