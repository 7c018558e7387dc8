"""Write an artefact: the model with both outputs, and the manifest that says what it is and how it answers."""

import datetime
import subprocess
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from inference.registry import Input, Manifest, checksum
from training.calibrate import Point
from training.errors import TrainingError
from training.recalibrate import calibrated
from training.recipes import Recipe

if TYPE_CHECKING:
    import keras

    from training import backbones

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


def save(model: "keras.Model", path: Path) -> None:
    """Save a model with its kernels rounded to half precision and the archive compressed: less than half the size, the same answers.

    Half precision keeps 11 bits of each weight, which moves a probability by about a thousandth; `evaluate` measures the saved file where
    patients were held out. The running statistics of batch normalisation keep full precision.
    """
    import keras

    for layer in model.layers:
        if not isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([np.asarray(value, np.float16).astype(np.float32) for value in layer.get_weights()])
    plain = path.with_name("plain.keras")
    model.save(plain)
    compress(plain, path)
    plain.unlink()


def compress(plain: Path, path: Path) -> None:
    """Write a .keras archive again, as small as it gets; the same model makes the same file."""
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as target:
        for entry in source.infolist():  # an entry's own time would make the same model another file
            target.writestr(zipfile.ZipInfo(entry.filename), source.read(entry), zipfile.ZIP_LZMA)


def write(
    *,
    out: Path,
    model: "keras.Model",
    disease: str,
    backbone: "backbones.Backbone",
    recipe: Recipe,
    recipe_values: dict,
    classes: tuple[str, ...],
    positive: tuple[str, ...],
    point: Point,
    seed: int,
    counts: dict[str, dict[str, int]],
    commit: str,
) -> Manifest:
    """Write model and manifest into a folder beside `out`, then move it there: an artefact is whole or not there.

    `commit` is that of the code that trained, which may not be the one of today. A version never changes: raises ArtefactExists.
    """
    from training import backbones

    check_new(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".writing-") as folder:
        beside = Path(folder) / out.name
        beside.mkdir()
        save(backbones.served(model), beside / MODEL_FILE)
        manifest = Manifest(
            disease=disease,
            version=out.name,
            created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            commit=commit,
            backbone=backbone.name,
            input=Input(recipe.size, backbone.offset, backbone.divisor, recipe.preprocess),
            classes=classes,
            positive=positive,
            threshold=point.threshold,
            uncertain=(point.low, point.high),
            temperature=point.temperature,
            file=MODEL_FILE,
            sha256=checksum(beside / MODEL_FILE),
            source=recipe.source,
            licence=recipe.licence,
            seed=seed,
            training=counts,
            recipe=recipe_values,
            known_limits=recipe.known_limits,
        )
        manifest = calibrated(manifest, point)
        (beside / "manifest.json").write_text(manifest.to_json())
        beside.replace(out)
    return manifest
