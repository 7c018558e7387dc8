"""Write an artefact: the model with both outputs, and the manifest that says what it is and how it answers."""

import datetime
import subprocess
import tempfile
from pathlib import Path

import keras

from inference.registry import Input, Manifest, checksum
from training import backbones
from training.errors import TrainingError
from training.recipes import Recipe

MODEL_FILE = "model.keras"


class ArtefactExists(TrainingError):
    """The version was written before; the message says what to do."""


def check_new(out: Path) -> None:
    """Raises ArtefactExists if `out` is there: answers that were given name this version, so another model needs another number."""
    if out.exists():
        raise ArtefactExists(
            f"{out} exists, and a version never changes: choose the next number, or remove the folder if it was never used"
        )


def commit() -> str:
    """The git commit of the code that trains, with "+changes" when files differ from it; "unknown" outside a repository."""
    here = Path(__file__).parent

    def git(*words: str) -> str:
        return subprocess.run(["git", "-C", str(here), *words], capture_output=True, text=True, check=True).stdout.strip()

    try:
        changed = git("status", "--porcelain", "--untracked-files=no", "--", ".", "../inference")
        return git("rev-parse", "HEAD") + ("+changes" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def write(
    *,
    out: Path,
    model: keras.Model,
    disease: str,
    backbone: backbones.Backbone,
    recipe: Recipe,
    recipe_values: dict,
    classes: tuple[str, ...],
    positive: tuple[str, ...],
    temperature: float,
    threshold: float,
    uncertain: tuple[float, float],
    seed: int,
    counts: dict[str, dict[str, int]],
    commit: str,
) -> Manifest:
    """Write model and manifest into a folder beside `out`, then move it there: an artefact is whole or not there.

    `commit` is that of the code that trained, which may not be the one of today. A version never changes: raises ArtefactExists.
    """
    check_new(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".writing-") as folder:
        beside = Path(folder) / out.name
        beside.mkdir()
        backbones.served(model).save(beside / MODEL_FILE)
        manifest = Manifest(
            disease=disease,
            version=out.name,
            created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            commit=commit,
            backbone=backbone.name,
            input=Input(recipe.size, backbone.offset, backbone.divisor),
            classes=classes,
            positive=positive,
            threshold=round(threshold, 4),
            uncertain=(min(uncertain[0], round(threshold, 4)), max(uncertain[1], round(threshold, 4))),
            temperature=round(temperature, 4),
            file=MODEL_FILE,
            sha256=checksum(beside / MODEL_FILE),
            source=recipe.source,
            licence=recipe.licence,
            seed=seed,
            training=counts,
            recipe=recipe_values,
            known_limits=recipe.known_limits,
        )
        (beside / "manifest.json").write_text(manifest.to_json())
        beside.replace(out)
    return manifest
