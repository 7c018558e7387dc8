"""The table of docs/models.md, from the manifests and metrics of the shipped models."""

import argparse

from inference import diseases, registry

_ANCESTOR = {  # accuracies in % on the slides of the ancestor project, without a word on how its pictures were split
    "tuberculosis": 84.56,
    "skin_cancer": 91.87,
    "malaria": 96.26,
    "covid19": 91.87,
    "pneumonia": 86.69,
    "diabetic_retinopathy": 88.34,
}

_SHARES = ("accuracy", "sensitivity", "specificity")


def rows() -> list[str]:
    """Markdown lines: one for each disease's newest version, and one for each of its sources and further figures."""
    lines = [
        "| model | measured on | accuracy | sensitivity | specificity | AUC | specificity at 90 % sensitivity | calibration error | slide |",
        "|" + " --- |" * 9,
    ]
    for code, disease in diseases.DISEASES.items():
        artefact = registry.latest(code)
        if artefact is None or not artefact.metrics:
            continue
        version, metrics = artefact.manifest.version, artefact.metrics
        how = "cross-validation" if metrics["part"] == "cross-validation" else "held-out patients"
        shares = [
            f"{metrics[name]:.1%} ({_ends(metrics[f'{name}_interval'], '.1%')})" for name in ("accuracy", "sensitivity", "specificity")
        ]
        lines.append(
            f"| [{disease.name} {version}](../inference/artifacts/{code}/{version}/MODEL_CARD.md) | {how}: {metrics['patients']} patients, "
            f"{metrics['images']} images, {metrics['date']} | {' | '.join(shares)} | {metrics['auc']:.3f} "
            f"({_ends(metrics['auc_interval'], '.3f')}) | {metrics['specificity_at_90_sensitivity']:.1%} | {metrics['calibration_error']:.3f} "
            f"| {_ANCESTOR[code]} % |"
        )
        for group in metrics["groups"]:
            if group["by"] == "source" and group["auc"] is not None:
                shares = [f"{group[name]:.1%}" for name in _SHARES]
                auc = f"{group['auc']:.3f} ({_ends(group['auc_interval'], '.3f')})"
                lines.append(f"| ... {group['name']} alone | {group['images']} images | {' | '.join(shares)} | {auc} | | | |")
        for extra in metrics["extra"]:
            value = f"**{extra['value']:.3f}** ({_ends(extra['interval'], '.3f')})"
            lines.append(f"| ... {extra['name']} | {extra['images']} images | {value} | | | | | | |")
    return lines


def run(_: argparse.Namespace) -> None:
    """Print the table of docs/models.md."""
    print("\n".join(rows()))


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`table` of the command line."""
    commands.add_parser("table", help=run.__doc__).set_defaults(run=run)


def _ends(interval: list[float], form: str) -> str:
    return f"{interval[0]:{form}} to {interval[1]:{form}}"
