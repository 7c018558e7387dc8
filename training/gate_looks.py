"""All that the gate learns from and is tried on, looked at: the figures of pictures of our sets, of other pictures, and of their variants.

Pictures of no kind are drawn by code (drawn), come from software packages where they are to be had (gate_pictures), or are misuse of our
own kinds (gate_variants): films on their side, negatives, snippets, pictures without their colour, pictures within pictures.
"""

import multiprocessing
import os
import zlib
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

import samples
from inference import diseases, gate, imaging
from training import datasets, drawn, gate_pictures
from training.gate_variants import MISUSES, SEVERITIES, degrade, misuse, vary

PARTS = 5
OTHER = len(gate.KINDS)
LEARNED = ("as it is", "variant")
_A_SET, _VARIANTS = (1200, 3)  # pictures of a set that are learned from, and how many variants of each
_DRAWN, _FOUND = 120, 120  # pictures of a kind of other pictures
_TRIED = 60  # pictures of a set that are taken worse and worse
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
    found: dict[str, list[np.ndarray | None]] = {kind: [None] * _DRAWN for kind in drawn.PAINTERS}
    medical = set(drawn.MEDICAL)
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
        pixels = job.pixels if job.pixels is not None else drawn.draw(job.name, job.seed)
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
                rows["learned"].append(job.variants > 0 and (misused or role in LEARNED))
    return Looked(**{field: np.array(values) for field, values in rows.items()})
