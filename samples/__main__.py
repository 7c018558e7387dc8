"""`python -m samples draw`: draw the samples and the examples of the pages again. `check`: what the newest models say of the samples."""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import samples
from samples import examples


@dataclass(frozen=True)
class Checked:
    """What a model answered about one sample: a class, or the code of the gate's refusal, which is no class and has no probability."""

    disease: str
    labelled: str
    answered: str
    outcome: str
    probability: float | None

    @property
    def is_right(self) -> bool:
        return self.answered == self.labelled


def draw() -> None:
    """Write every shipped sample, and every example of a good and a bad picture."""
    for disease, labels in samples.PAINTERS.items():
        for label in labels:
            path = samples.path(disease, label)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(samples.draw(disease, label))
            print(path.relative_to(samples.IMAGES.parent.parent))
    for path in examples.draw():
        print(path.relative_to(samples.IMAGES.parent.parent))


def check() -> Iterator[Checked]:
    """The newest model's answer about every shipped sample of each disease that has a model. Raises registry.ArtefactError."""
    from inference import engine, imaging, registry

    for disease in samples.PAINTERS:
        versions = registry.versions(disease)
        for path in samples.paths(disease) if versions else ():
            labelled = samples.label(path)
            try:
                answer = engine.get(disease, versions[-1]).answer(path.read_bytes())
            except imaging.ImageRejected as refusal:
                yield Checked(disease, labelled, refusal.code, "refused", None)
            else:
                yield Checked(disease, labelled, answer.finding, answer.outcome, answer.probability)


def _report() -> bool:
    """Print a line a sample; True if each was answered as labelled."""
    all_right = True
    for row in check():
        all_right &= row.is_right
        probability = "" if row.probability is None else f"{row.probability:.3f}"
        remark = "" if row.is_right else "NOT AS LABELLED"
        print(f"{row.disease:21} {row.labelled:16} {row.answered:16} {row.outcome:15} {probability:6} {remark}".rstrip())
    return all_right


def main() -> int:
    """Run the command line. The status of `check` is 1 if any sample is not answered as labelled."""
    parser = argparse.ArgumentParser(prog="python -m samples", description=__doc__)
    parser.add_argument("command", choices=["draw", "check"])
    if parser.parse_args().command == "check":
        return 0 if _report() else 1
    draw()
    return 0


if __name__ == "__main__":
    sys.exit(main())
