"""Fit the gate and measure it: `python -m training gate fit | evaluate | check`.

The network learns four kinds of picture against each other, against what code draws (gate_drawn), against pictures of software packages
where they are to be had (gate_pictures), and against misuse of its own kinds: films on their side, negatives, snippets, pictures without
their colour, pictures within pictures. The measurement deals patients, and whole kinds of other pictures, into five parts; each part is
judged by a gate, limits included, that saw nothing of it.
"""

import argparse
import multiprocessing
import os
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

import samples
from inference import diseases, gate, imaging
from training import datasets, gate_drawn, gate_pictures
from training.gate_variants import MISUSES, SEVERITIES, degrade, misuse, vary

PARTS = 5
OTHER = len(gate.KINDS)
_A_SET, _VARIANTS = (1200, 3)  # pictures of a set that are learned from, and how many variants of each
_DRAWN, _FOUND = 120, 120  # pictures of a kind of other pictures
_TRIED = 60  # pictures of a set that are taken worse and worse
_LEARNED = ("as it is", "variant")
_COMPONENTS, _HIDDEN, _EPOCHS, _BATCH = 160, 96, 16, 512
# From which probability on a picture passes. One half where films of places that were not learned from pass as well as others; less where
# the pictures come from few cameras or laboratories: one of another place that is refused wrongly can not be read at all, while a wrong one
# that passes meets a model that knows uncertainty, and a practitioner.
_LEAST = {diseases.CHEST_XRAY: 0.5, diseases.FUNDUS: 0.25, diseases.DERMOSCOPY: 0.35, diseases.BLOOD_SMEAR: 0.15}
_OWN_PAGES = Path(__file__).resolve().parents[1] / "docs" / "images"


@dataclass(frozen=True)
class Job:
    """One picture to be looked at: from a file, a painter or the memory; `name` is its set or its kind, `part` where it is held out.

    It is learned from when it has `variants`; when it is `tried`, it is also taken worse and worse, to see when that is noticed.
    """

    kind: int
    name: str
    source: str
    part: int
    seed: int
    variants: int
    tried: bool = False
    path: Path | None = None
    pixels: np.ndarray | None = None


@dataclass(frozen=True)
class Looked:
    """The figures of many pictures, row by row: float32 (n, d), kind, name, source, part, role ("as it is", "variant" or a misuse),
    quality, and whether a gate may learn from it where it is not held out."""

    figures: np.ndarray
    kind: np.ndarray
    name: np.ndarray
    source: np.ndarray
    part: np.ndarray
    role: np.ndarray
    quality: np.ndarray
    learned: np.ndarray

    def __getitem__(self, rows: np.ndarray) -> "Looked":
        return Looked(*(getattr(self, field)[rows] for field in self.__dataclass_fields__))


def part_of(name: str) -> int:
    """In which part a patient is held out; the same everywhere."""
    return zlib.crc32(name.encode()) % PARTS


def rows_of(folder: Path) -> list[dict[str, str]]:
    """The rows of labels.csv, sorted by file. Raises datasets.DataError."""
    return sorted(datasets.table(folder, "file", "patient_id"), key=lambda row: row["file"])


def in_kind_jobs(data: Path, seed: int) -> list[Job]:
    """A job for each picture of the sets in the folder; of each set some, spread over sources and patients, are learned from."""
    jobs: list[Job] = []
    for disease in diseases.DISEASES.values():
        if not (data / disease.code / "labels.csv").is_file():
            print(f"no {disease.code} in {data}: done without")
            continue
        rows = rows_of(data / disease.code)
        random = np.random.default_rng([seed, *disease.code.encode()])
        waiting = defaultdict(list)
        for i in random.permutation(len(rows)):
            waiting[rows[i].get("source") or ""].append(i)
        chosen: set[int] = set()
        while len(chosen) < min(_A_SET, len(rows)):
            chosen.update(places.pop() for places in waiting.values() if places)
        order = {i: place for place, i in enumerate(sorted(chosen, key=lambda i: zlib.crc32(rows[i]["file"].encode())))}
        for i, row in enumerate(rows):
            place = order.get(i, len(rows))
            jobs.append(
                Job(
                    kind=gate.KINDS.index(disease.modality),
                    name=disease.code,
                    source=row.get("source") or "",
                    part=part_of(f"{disease.modality}/{row['patient_id'] or row['file']}"),
                    seed=zlib.crc32(f"{seed} {disease.code}/{row['file']}".encode()),
                    variants=_VARIANTS if i in chosen else 0,
                    tried=place < _TRIED,
                    path=data / disease.code / row["file"],
                )
            )
    if (data / "malaria").is_dir():
        jobs += [_drawn_cell(label, seed + place) for label in ("parasitized", "uninfected") for place in range(1000, 1000 + _DRAWN // 2)]
    return jobs


def _drawn_cell(label: str, seed: int) -> Job:
    """The cells of one laboratory are all cut out in one way: those of samples/, with a smooth outline and a rim, are another."""
    png = np.frombuffer(samples.draw("malaria", label, seed), np.uint8)
    return Job(
        kind=gate.KINDS.index(diseases.BLOOD_SMEAR),
        name="drawn_cells",
        source="drawn",
        part=seed % PARTS,
        seed=seed,
        variants=_VARIANTS,
        pixels=cv2.cvtColor(np.asarray(cv2.imdecode(png, cv2.IMREAD_COLOR)), cv2.COLOR_BGR2RGB),
    )


def other_jobs(packages: Path | None, seed: int) -> list[Job]:
    """A job for each picture of no kind. Medical and other kinds are dealt into the parts in turn."""
    found: dict[str, list[np.ndarray | None]] = {kind: [None] * _DRAWN for kind in gate_drawn.PAINTERS}
    medical = set(gate_drawn.MEDICAL)
    for source in gate_pictures.SOURCES:
        if packages is None:
            break
        random = np.random.default_rng([seed, *source.kind.encode()])
        pictures = gate_pictures.pictures(packages, source, _FOUND, random)
        print(f"{source.kind}: {len(pictures)} pictures of {source.package}" + ("" if pictures else ": not there, done without"))
        if pictures:
            found[source.kind] = list(pictures)
            medical |= {source.kind} if source.medical else set()
    own = [gate_pictures.photograph(path, np.random.default_rng(seed)) for path in sorted(_OWN_PAGES.glob("*.png"))]
    found["own_pages"] = [picture for pictures in own for picture in pictures]
    jobs = []
    for group in (sorted(medical), sorted(set(found) - medical)):
        for place, kind in enumerate(group):
            for i, pixels in enumerate(found[kind]):
                jobs.append(
                    Job(
                        kind=OTHER,
                        name=kind,
                        source="medical" if kind in medical else "not medical",
                        part=place % PARTS,
                        seed=zlib.crc32(f"{seed} {kind} {i}".encode()),
                        variants=max(1, _FOUND // len(found[kind])),
                        pixels=pixels,
                    )
                )
    return jobs


def _look(job: Job) -> list[tuple[str, np.ndarray, tuple[float, float, float]]]:
    """The figures of a picture as it is, of its variants, and of one misuse of it."""
    cv2.setNumThreads(1)
    if job.path is not None:
        pixels = imaging.decode(job.path.read_bytes()).pixels
    else:
        pixels = job.pixels if job.pixels is not None else gate_drawn.draw(job.name, job.seed)
    pixels = gate.small_copy(pixels)
    random = np.random.default_rng(job.seed)
    kind = gate.KINDS[job.kind] if job.kind < OTHER else None
    looks = [("as it is", pixels)]
    looks += [("variant", vary(pixels, kind, random)) for _ in range(job.variants)]
    if job.variants and kind:
        looks.append(misuse(pixels, kind, random))
    if job.tried:
        looks += [(f"{code} {by:g}", degrade(pixels, code, by)) for code, steps in SEVERITIES.items() for by in steps]
    rows = []
    for role, look in looks:
        taken = gate.quality(gate.small_copy(look))
        rows.append((role, gate.figures(gate.small_copy(look)), (taken.bright_tone, taken.dark_tone, taken.blur)))
    return rows


def look(jobs: list[Job]) -> Looked:
    """Do the jobs on all cores; the result does not depend on how many there are."""
    rows: dict[str, list] = {field: [] for field in Looked.__dataclass_fields__}
    fresh = multiprocessing.get_context("spawn")  # OpenCV's threads do not survive a fork
    with ProcessPoolExecutor(os.cpu_count(), fresh) as pool:
        results: Iterable = pool.map(_look, jobs, chunksize=64)
        for job, seen in zip(jobs, tqdm(results, total=len(jobs), desc="looking", unit="picture", disable=None), strict=True):
            for role, found, taken in seen:
                misused = role in MISUSES
                rows["figures"].append(found)
                rows["kind"].append(OTHER if misused else job.kind)
                rows["name"].append(job.name)
                rows["source"].append(job.source)
                rows["part"].append(job.part)
                rows["role"].append(role)
                rows["quality"].append(taken)
                rows["learned"].append(job.variants > 0 and (misused or role in _LEARNED))
    return Looked(**{field: np.array(values) for field, values in rows.items()})


def fit_network(seen: Looked, seed: int) -> dict[str, np.ndarray]:
    """Principal components, then one hidden layer with four independent outputs, by Adam: gate.Gate's arrays up to output_bias.

    Each of the four kinds weighs as much as each other, and all other pictures as much as the four; among these each drawn or found kind,
    and the misuse of each set, weighs the same.
    """
    random = np.random.default_rng(seed)
    mean = seen.figures.mean(axis=0)
    scale = seen.figures.std(axis=0) + np.float32(0.05)
    even = (seen.figures - mean) / scale
    values, vectors = np.linalg.eigh(np.cov(even, rowvar=False))
    axes = (vectors[:, ::-1][:, :_COMPONENTS] / np.sqrt(values[::-1][:_COMPONENTS] + 0.5)).astype(np.float32)
    inputs = even @ axes
    truth = (seen.kind[:, None] == np.arange(OTHER)).astype(np.float32)
    weight = _weights(seen)
    width = axes.shape[1]
    values_of = {
        "hidden": (random.standard_normal((width, _HIDDEN)) * np.sqrt(2 / width)).astype(np.float32),
        "hidden_bias": np.zeros(_HIDDEN, np.float32),
        "output": (random.standard_normal((_HIDDEN, OTHER)) * np.sqrt(1 / _HIDDEN)).astype(np.float32),
        "output_bias": np.full(OTHER, -1, np.float32),
    }
    moments = {name: [np.zeros_like(value), np.zeros_like(value)] for name, value in values_of.items()}
    steps, done = _EPOCHS * (len(inputs) // _BATCH), 0
    for _ in range(_EPOCHS):
        order = random.permutation(len(inputs))
        for start in range(0, len(order) - _BATCH + 1, _BATCH):
            rows, done = order[start : start + _BATCH], done + 1
            batch = inputs[rows] + random.standard_normal((_BATCH, width), np.float32) * np.float32(0.15)
            kept = (random.random((_BATCH, _HIDDEN), np.float32) > 0.2) / np.float32(0.8)
            raw = batch @ values_of["hidden"] + values_of["hidden_bias"]
            active = np.maximum(raw, 0) * kept
            chance = 0.5 + 0.5 * np.tanh((active @ values_of["output"] + values_of["output_bias"]) / 2)
            error = (chance - truth[rows]) * weight[rows, None] / _BATCH
            back = (error @ values_of["output"].T) * kept * (raw > 0)
            slopes = {"output": active.T @ error, "output_bias": error.sum(0), "hidden": batch.T @ back, "hidden_bias": back.sum(0)}
            rate = 2e-3 * 0.5 * (1 + np.cos(np.pi * done / steps))
            for name, slope in slopes.items():
                first, second = moments[name]
                first += 0.1 * (slope - first)
                second += 0.001 * (slope * slope - second)
                move = first / (1 - 0.9**done) / (np.sqrt(second / (1 - 0.999**done)) + 1e-8)
                values_of[name] -= np.float32(rate) * (move + np.float32(1e-3) * values_of[name])
    return {"mean": mean, "scale": scale, "axes": axes} | values_of


def _weights(seen: Looked) -> np.ndarray:
    weight = np.zeros(len(seen.kind), np.float32)
    for kind in range(OTHER + 1):
        of_kind = seen.kind == kind
        if kind < OTHER:
            weight[of_kind] = 1 / max(1, of_kind.sum())
            continue
        groups = np.char.add(seen.name.astype(str), np.where(np.isin(seen.role, _LEARNED), "", " misused"))
        names = np.unique(groups[of_kind])
        for name in names:
            rows = of_kind & (groups == name)
            weight[rows] = OTHER / len(names) / rows.sum()
    return weight / weight.mean()


def fit_gate(seen: Looked, seed: int) -> gate.Gate:
    """The network, from which probability on it passes, and the limits of Quality.

    The limits leave a margin beyond the ordinary pictures of a kind: half as bright as its darkest, half-way from its brightest to white,
    and a tenth of the way from its softest to no sharpness at all, where the outermost half percent is not counted as ordinary.
    """
    darkest, brightest, most_blur = np.zeros(OTHER, np.float32), np.full(OTHER, 255, np.float32), np.ones(OTHER, np.float32)
    for kind in range(OTHER):
        taken = seen.quality[(seen.kind == kind) & (seen.role == "as it is")]
        if len(taken):
            darkest[kind] = 0.5 * np.percentile(taken[:, 0], 0.5)
            brightest[kind] = 0.5 * (255 + np.percentile(taken[:, 1], 99.5))
            most_blur[kind] = 0.9 * np.percentile(taken[:, 2], 99.5) + 0.1
    network = fit_network(seen, seed)
    return gate.Gate(
        **network,
        least=np.array([_LEAST[kind] for kind in gate.KINDS], np.float32),
        darkest=darkest,
        brightest=brightest,
        most_blur=most_blur,
    )


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


def _without(seen: Looked, fitted: Callable[[int], gate.Gate]) -> tuple[np.ndarray, np.ndarray]:
    """What gates that saw nothing of a row say of it: codes for each page (n, 4), and probabilities (n, 4)."""
    codes, chances = (np.empty((len(seen.kind), OTHER), "<U16"), np.zeros((len(seen.kind), OTHER), np.float32))
    for part in range(PARTS):
        held, judge = seen.part == part, fitted(part)
        chances[held] = judge.probabilities(seen.figures[held])
        for kind in range(OTHER):
            codes[held, kind] = faults(judge, seen[held], kind)
    return codes, chances


def report(seen: Looked, seed: int) -> str:
    """The tables of docs/models.md: every row is judged by a gate that saw neither its patient nor, outside our sets, its kind."""
    codes, _ = _without(seen, lambda part: fit_gate(seen[(seen.part != part) & seen.learned], seed))
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
            if ((n in gate_drawn.PAINTERS), (seen.source[plain & (seen.name == n)][0] == "medical")) == wanted
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
    print(report(seen, arguments.seed))
    if arguments.unseen:
        print("\n" + unseen(seen, arguments.seed))


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
