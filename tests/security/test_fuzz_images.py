"""Damaged and malicious pictures through intake and engine: each an answer with a code. `make drill` has the long form
(drills/fuzz_images.py)."""

import pytest

from drills.fuzz_images import fuzz
from drills.mutants import MUTATORS, mutant

SEED, FILES = 61, 200


@pytest.mark.filterwarnings("ignore:.*(EXIF|Tag data|file)")
def test_every_mutant_gets_an_answer_with_a_code_and_ends_no_decoder() -> None:
    found = fuzz(SEED, FILES)
    assert found.wrong == []
    assert found.files == FILES
    assert len(found.decoders) == 1
    assert {"read", "truncated", "corrupt", "too_many_pixels", "unsupported_type"} <= set(found.codes)
    assert "crash" not in found.codes


def test_mutants_are_of_every_kind_and_the_same_each_time() -> None:
    made = [mutant(number) for number in range(SEED, SEED + 60)]
    assert {name for names, _ in made for name in names.split(" + ")} == set(MUTATORS)
    assert made[:5] == [mutant(number) for number in range(SEED, SEED + 5)]
