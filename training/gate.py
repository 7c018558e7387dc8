"""The commands of the gate: `python -m training gate fit | evaluate | check`."""

import argparse
from collections import Counter
from pathlib import Path

import numpy as np

from inference import diseases, gate, imaging
from training import gate_report
from training.gate_fit import fit_gate
from training.gate_looks import Looked, in_kind_jobs, look, other_jobs, rows_of


def _looked(arguments: argparse.Namespace) -> Looked:
    """All pictures looked at; from the file --kept if it is there, else it is written for the next command."""
    if arguments.kept and arguments.kept.is_file():
        with np.load(arguments.kept, allow_pickle=False) as file:
            return Looked(**{field: file[field] for field in Looked.__dataclass_fields__})
    seen = look(in_kind_jobs(arguments.data, arguments.seed) + other_jobs(arguments.packages, arguments.seed))
    if arguments.kept:
        np.savez(arguments.kept, **{field: getattr(seen, field) for field in Looked.__dataclass_fields__})
    return seen


def fit(arguments: argparse.Namespace) -> None:
    """Fit the gate on all pictures and write its file."""
    seen = _looked(arguments)
    fit_gate(seen[seen.learned], arguments.seed).save(arguments.out)
    print(f"{arguments.out}: {arguments.out.stat().st_size} bytes, of {seen.learned.sum()} pictures and variants")


def evaluate(arguments: argparse.Namespace) -> None:
    """Measure the gate on patients and on kinds of other pictures that it never saw, and print the tables of docs/models.md."""
    seen = _looked(arguments)
    print(gate_report.report(seen, arguments.seed))
    if arguments.unseen:
        print("\n" + gate_report.unseen(seen, arguments.seed))


def check(arguments: argparse.Namespace) -> None:
    """How many pictures of a set the shipped gate lets through, and why not the others."""
    disease = diseases.get(arguments.disease)
    rows = rows_of(arguments.data)
    refused: Counter[str] = Counter()
    for row in rows:
        try:
            gate.check(imaging.decode((arguments.data / row["file"]).read_bytes()).pixels, disease)
        except imaging.ImageRejected as rejected:
            refused[rejected.code] += 1
    print(f"{len(rows) - refused.total()} of {len(rows)} pictures pass the gate; refused: {dict(refused) or 'none'}")


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `gate` with its own commands to those of `python -m training`."""
    own = commands.add_parser("gate", help="fit, measure or try the gate").add_subparsers(required=True)
    for run in (fit, evaluate):
        command = own.add_parser(run.__name__, help=run.__doc__)
        command.add_argument("--data", required=True, type=Path, help="folder with one folder a disease, each with labels.csv")
        command.add_argument("--packages", type=Path, help="folder under which software packages with pictures are unpacked")
        command.add_argument("--seed", type=int, default=7)
        command.add_argument("--kept", type=Path, help="an .npz file of what was looked at: read if it is there, else written")
        command.set_defaults(run=run)
        if run is fit:
            command.add_argument("--out", type=Path, default=gate.MODEL)
        else:
            command.add_argument("--unseen", action="store_true", help="also leave out whole sources and whole kinds: a dozen more fits")
    command = own.add_parser("check", help=check.__doc__)
    command.add_argument("--disease", required=True, choices=sorted(diseases.DISEASES))
    command.add_argument("--data", required=True, type=Path, help="the folder of one disease")
    command.set_defaults(run=check)
