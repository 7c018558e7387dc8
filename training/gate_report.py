"""What the gate is worth: the tables of docs/models.md, from pictures that were looked at.

Patients, and whole kinds of other pictures, are dealt into parts; each part is judged by a gate, limits included, that saw nothing of it.
"""

from collections import Counter

import numpy as np

from inference import diseases, gate
from training import drawn
from training.gate_fit import fit_gate
from training.gate_looks import OTHER, PARTS, Looked
from training.gate_variants import MISUSES, SEVERITIES


def faults(fitted: gate.Gate, seen: Looked, kind: int) -> np.ndarray:
    """The code that each row would be refused with as a picture of this kind, "" where it passes: what gate.Gate.fault says, in bulk."""
    chance = fitted.probabilities(seen.figures)[:, kind]
    bright, dark, blur = seen.quality.T
    rules = [
        ("too_dark", bright < fitted.darkest[kind]),
        ("too_bright", dark > fitted.brightest[kind]),
        ("too_blurred", blur > gate.NO_EDGE_AT_ALL),
        ("wrong_modality", chance < fitted.least[kind]),
        ("too_blurred", blur > fitted.most_blur[kind]),
    ]
    return np.select([rule for _, rule in rules], [code for code, _ in rules], "")


def report(seen: Looked, seed: int) -> str:
    """The tables of docs/models.md: every row is judged by a gate that saw neither its patient nor, outside our sets, its kind."""
    codes = np.empty((len(seen.kind), OTHER), "<U16")  # what each row is refused with on each page
    for part in range(PARTS):
        held = seen.part == part
        judge = fit_gate(seen[~held & seen.learned], seed)
        for page in range(OTHER):
            codes[held, page] = faults(judge, seen[held], page)
    return "\n".join([*_in_kind(seen, codes), "", *_other_kinds(seen, codes), "", *_misuses(seen, codes), "", *_worse(seen, codes)])


def _share(rows: np.ndarray) -> str:
    return f"{100 * rows.mean():.1f} %" if rows.size else "-"


def _in_kind(seen: Looked, codes: np.ndarray) -> list[str]:
    lines = ["| set, source | pictures | pass | refused, by code | sent to another page: refused |", "| --- | --- | --- | --- | --- |"]
    plain = (seen.role == "as it is") & (seen.kind < OTHER)
    for name in dict.fromkeys(seen.name[plain]):
        of_set = plain & (seen.name == name)
        for source in ("", *sorted(set(seen.source[of_set]))):
            rows = of_set & (seen.source == source) if source else of_set
            if source and rows.sum() == of_set.sum():
                continue
            kind = int(seen.kind[rows][0])
            refused = Counter(code for code in codes[rows, kind].tolist() if code)
            others = [page for page in range(OTHER) if page != kind]
            lines.append(
                f"| {name}{', ' + source if source else ''} | {rows.sum()} | {_share(codes[rows, kind] == '')} "
                f"| {', '.join(f'{count} {code}' for code, count in refused.most_common()) or 'none'} "
                f"| {_share(codes[rows][:, others] != '')} |"
            )
    return lines


def _other_kinds(seen: Looked, codes: np.ndarray) -> list[str]:
    """Refused by any code and on any page; the mean over kinds, so that a kind of many pictures counts as one."""
    lines = [f"| other pictures | kinds | pictures | {' | '.join(gate.KINDS)} | hardest kinds |", "| --- |" + " --- |" * (OTHER + 3)]
    plain = (seen.role == "as it is") & (seen.kind == OTHER)
    for title, wanted in (
        ("drawn, medical", (True, True)),
        ("drawn, not medical", (True, False)),
        ("found, medical", (False, True)),
        ("found, not medical", (False, False)),
    ):
        names = [
            n
            for n in sorted(set(seen.name[plain]))
            if ((n in drawn.PAINTERS), (seen.source[plain & (seen.name == n)][0] == "medical")) == wanted
        ]
        if not names:
            continue
        shares = {name: (codes[plain & (seen.name == name)] != "").mean(axis=0) for name in names}
        hardest = sorted(names, key=lambda name: shares[name].min())[:3]
        mean = np.mean(list(shares.values()), axis=0)
        lines.append(
            f"| {title} | {len(names)} | {(plain & np.isin(seen.name, names)).sum()} "
            f"| {' | '.join(f'{100 * share:.1f} %' for share in mean)} "
            f"| {', '.join(f'{name} {100 * shares[name].min():.0f} %' for name in hardest)} |"
        )
    return lines


def _misuses(seen: Looked, codes: np.ndarray) -> list[str]:
    own = _own_page(seen)
    lines = [f"| misuse, sent to its own page: refused | {' | '.join(gate.KINDS)} |", "| --- |" + " --- |" * OTHER]
    for way in MISUSES:
        rows = seen.role == way
        lines.append(f"| {way} | {' | '.join(_share(codes[rows & (own == kind), kind] != '') for kind in range(OTHER))} |")
    return lines


def _own_page(seen: Looked) -> np.ndarray:
    pages = {disease.code: gate.KINDS.index(disease.modality) for disease in diseases.DISEASES.values()}
    pages["drawn_cells"] = pages["malaria"]
    return np.array([pages.get(name, OTHER) for name in seen.name])


def _worse(seen: Looked, codes: np.ndarray) -> list[str]:
    own = _own_page(seen)
    lines = [f"| taken worse: refused, and of these with the right code | {' | '.join(gate.KINDS)} |", "| --- |" + " --- |" * OTHER]
    for code, steps in SEVERITIES.items():
        for by in steps:
            rows = seen.role == f"{code} {by:g}"
            cells = []
            for kind in range(OTHER):
                said = codes[rows & (own == kind), kind]
                cells.append(f"{_share(said != '')}, {_share(said[said != ''] == code)}" if (said != "").any() else _share(said != ""))
            how = f"Gaussian of {by:g} % of the side" if code == "too_blurred" else f"values x {by:g}"
            lines.append(f"| {code}: {how} | {' | '.join(cells)} |")
    return lines


def unseen(seen: Looked, seed: int) -> str:
    """What a gate makes of whole sources and whole kinds of medical picture that it never saw at all."""
    plain = seen.role == "as it is"
    lines = ["| never seen at all | pictures | outcome |", "| --- | --- | --- |"]
    for source in sorted(set(seen.source[seen.kind < OTHER])):
        rows = plain & (seen.source == source) & (seen.kind < OTHER)
        kind = int(seen.kind[rows][0])
        if {*seen.source[seen.kind == kind]} == {source}:
            continue
        judge = fit_gate(seen[seen.learned & (seen.source != source)], seed)
        lines.append(f"| {source} | {rows.sum()} | {_share(faults(judge, seen[rows], kind) == '')} pass as {gate.KINDS[kind]} |")
    for kind in range(OTHER):
        rows, own = plain & (seen.kind == kind), _own_page(seen)
        if not rows.any():
            continue
        judge = fit_gate(seen[seen.learned & (own != kind)], seed)
        said = np.stack([faults(judge, seen[rows], page) for page in range(OTHER) if page != kind], axis=1)
        lines.append(f"| {gate.KINDS[kind]} | {rows.sum()} | {_share(said != '')} refused on the other pages |")
    return "\n".join(lines)
