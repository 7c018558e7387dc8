"""The pointing game (Zhang 2018) for malaria: does the heat-map's peak fall on the parasite's stain?

The stain is found without the model: chromatin takes up Giemsa and is more magenta and darker than the haemoglobin about it, so the
pixels of a cell that stand out by that colour are the stain. Cells in which nothing stands out, or too much does, are not counted.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from inference import diseases, engine, imaging, registry
from training import datasets

_STANDS_OUT = 3.0  # standard deviations of the cell's own colour
_SMALLEST, _LARGEST = 0.004, 0.15  # of the cell's area
_NEAR = 0.06  # of the picture's side: half a place of the map


@dataclass(frozen=True)
class Pointing:
    """How many cells were tried, in how many the stain was found, and in how many of those the peak fell on it."""

    cells: int
    segmented: int
    hit: int

    @property
    def share(self) -> float:
        """Hits of the segmented cells, 0 to 1; nan without any."""
        return self.hit / self.segmented if self.segmented else float("nan")


def stain(pixels: np.ndarray) -> np.ndarray | None:
    """Where a parasite's stain lies in a cell, uint8 (h, w, 3) RGB on black: bool (h, w), or None where it can not be told."""
    smooth = cv2.GaussianBlur(pixels, (0, 0), max(0.6, min(pixels.shape[:2]) / 130)).astype(np.float32)
    cell = (
        cv2.erode((pixels.max(axis=2) > 60).astype(np.uint8), np.ones((3, 3), np.uint8), iterations=max(2, min(pixels.shape[:2]) // 22)) > 0
    )
    if cell.sum() < 200:
        return None
    magenta = (smooth[:, :, 0] + smooth[:, :, 2]) / 2 - smooth[:, :, 1]
    centre = np.median(magenta[cell])
    spread = 1.4826 * np.median(np.abs(magenta[cell] - centre)) + 1.0
    found = (magenta > centre + _STANDS_OUT * spread) & cell
    found = cv2.morphologyEx(found.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8)) > 0
    return found if _SMALLEST < found.sum() / cell.sum() < _LARGEST else None


def points_at(answer: engine.Answer, where: np.ndarray) -> bool:
    """Whether the strongest place of the answer's heat-map lies on, or within half a place of the map of, `where`, bool (h, w)."""
    heat = cv2.imdecode(np.frombuffer(answer.heatmap, np.uint8), cv2.IMREAD_UNCHANGED)
    if heat is None:
        raise ValueError("the answer's heat-map is no PNG")
    alpha = heat[:, :, 3]
    height, width = where.shape
    y, x = np.unravel_index(int(cv2.GaussianBlur(alpha.astype(np.float32), (0, 0), 1).argmax()), alpha.shape)
    reach = max(1, round(_NEAR * max(height, width)))
    near = cv2.dilate(where.astype(np.uint8), cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1)))
    return bool(near[min(height - 1, int(y * height / alpha.shape[0])), min(width - 1, int(x * width / alpha.shape[1]))])


def measure(model: engine.Engine, cells: list[bytes]) -> Pointing:
    """Play the game on pictures of parasitised cells; those that the model does not call parasitised count as missed."""
    segmented = hit = 0
    for data in tqdm(cells, desc="pointing", unit="cell", leave=False, disable=None):
        where = stain(imaging.decode(data).pixels)
        if where is None:
            continue
        segmented += 1
        answer = model.answer(data)
        hit += answer.finding in model.manifest.positive and points_at(answer, where)
    return Pointing(len(cells), segmented, hit)


def run(arguments: argparse.Namespace) -> None:
    """Whether malaria's heat-map points at the parasite, on the held-out patients' parasitised cells."""
    artefact = registry.open_folder(arguments.artefact)
    examples = datasets.read_labels(arguments.data, diseases.get(artefact.manifest.disease))
    held_out = datasets.held_out(artefact.manifest, examples)
    cells = [example.path.read_bytes() for example in held_out if example.label in artefact.manifest.positive]
    told = measure(engine.Engine(artefact), cells)
    print(f"{told.hit} of {told.segmented} peaks fall on the stain ({told.share:.1%}); {told.cells} cells, told apart in {told.segmented}")


def add_command(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """`pointing` of the command line."""
    command = commands.add_parser("pointing", help=run.__doc__)
    command.add_argument("--artefact", required=True, type=Path)
    command.add_argument("--data", required=True, type=Path)
    command.set_defaults(run=run)
