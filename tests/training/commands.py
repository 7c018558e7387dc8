"""`python -m training` with the recipe of malaria made small, in the test's own process or, where that matters, in one of its own.

TensorFlow takes seconds to import: what a command does is tried in this process, that there is such a command in another.
"""

import contextlib
import dataclasses
import io
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from training import __main__ as command
from training import recipes

ROOT = Path(__file__).resolve().parents[2]
# A change of depth in the middle; and, where that is not what is tried, none, which spares TensorFlow half of its tracing
HEAD_FIRST = (recipes.Stage("head", 1, 1e-2, 1e-2), recipes.Stage("all", 4, 1e-2, 1e-3))
AT_ONCE = (recipes.Stage("all", 5, 1e-2, 1e-3),)
ONE_EPOCH = (recipes.Stage("all", 1, 1e-2, 1e-2),)


class Told(NamedTuple):
    """What a command answered."""

    returncode: int
    stdout: str
    stderr: str


def small(**changed: Any) -> recipes.Recipe:
    """The shipped recipe, smaller; everything else is the command as it is."""
    return dataclasses.replace(recipes.RECIPES["malaria"], **{"size": 48, "stages": HEAD_FIRST, "folds": 0} | changed)


def train(*words: str | Path, **changed: Any) -> Told:
    """The command with the small recipe, or what is `changed` of it, in this process.

    It begins as a new process does: without the models of the commands before it.
    """
    import keras

    keras.backend.clear_session()
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        patch.setitem(recipes.RECIPES, "malaria", small(**changed))
        patch.setattr(sys, "argv", ["training", *map(str, words)])
        try:
            code = command.main()
        except SystemExit as misused:  # argparse
            code = int(misused.code or 0)
    return Told(code, out.getvalue(), err.getvalue())


def process(*words: str | Path) -> subprocess.Popen[str]:
    """The same in a process of its own, with all that it prints in one stream."""
    script = """
import sys
from tests.training import commands
commands.recipes.RECIPES["malaria"] = commands.small()
sys.exit(commands.command.main())
"""
    given = [sys.executable, "-c", script, *map(str, words)]
    return subprocess.Popen(given, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)


def fit_words(cells: Path, out: Path, work: Path, *more: str | Path) -> tuple[str | Path, ...]:
    """The words of a fit with the smallest backbone."""
    return ("fit", "--disease", "malaria", "--data", cells, "--backbone", "tiny", "--out", out, "--work", work, *more)


def fit(cells: Path, out: Path, work: Path, *more: str | Path, **changed: Any) -> Told:
    """A fit that is done."""
    told = train(*fit_words(cells, out, work, *more), **changed)
    assert told.returncode == 0, told.stderr
    return told
