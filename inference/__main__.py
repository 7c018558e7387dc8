"""`python -m inference classify --disease D FILE...` answers files; `python -m inference list` shows the models.

The exit code is 0 unless the command itself was misused (2): a file that can not be read is an answer too, with a code.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from inference import diseases, engine, registry
from inference.imaging import MAX_BYTES, ImageRejected


def read(path: Path) -> bytes:
    """The file's bytes, or one byte more than is allowed when it is larger: no file can fill the memory. Raises OSError."""
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def classify(model: engine.Engine, path: Path) -> dict[str, Any]:
    """One file's line."""
    line: dict[str, Any] = dict.fromkeys(
        ("file", "disease", "status", "reason", "finding", "probability", "probabilities", "threshold", "model_version", "seconds")
    )
    line |= {"file": str(path), "disease": model.manifest.disease, "model_version": model.manifest.version}
    try:
        answer = model.answer(read(path))
    except ImageRejected as rejected:
        return line | {"status": "rejected", "reason": rejected.code}
    except OSError:
        return line | {"status": "rejected", "reason": "unreadable_file"}
    return line | {
        "status": "done",
        "finding": answer.finding,
        "probability": answer.probability,
        "probabilities": answer.probabilities,
        "threshold": answer.threshold,
        "seconds": answer.seconds["total"],
    }


def main() -> int:
    """Run the command line; misuse ends in argparse's exit code 2."""
    parser = argparse.ArgumentParser(prog="python -m inference", description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("classify", help="answer image files")
    command.add_argument("--disease", required=True, choices=sorted(diseases.DISEASES))
    command.add_argument("--version", help="default: the newest")
    command.add_argument("--json", action="store_true", help="one JSON object a line")
    command.add_argument("files", nargs="+", type=Path, metavar="FILE")
    commands.add_parser("list", help="show the diseases and their model versions")
    arguments = parser.parse_args()
    if arguments.command == "list":
        for code in diseases.DISEASES:
            print(f"{code:<22} {', '.join(registry.versions(code)) or 'no model yet'}")
        return 0
    found = registry.versions(arguments.disease)
    if not found:
        parser.error(f"there is no model for {arguments.disease} yet")
    try:
        model = engine.get(arguments.disease, arguments.version or found[-1])
    except registry.ArtefactError as error:
        parser.error(str(error))
    for path in arguments.files:
        line = classify(model, path)
        if arguments.json:
            print(json.dumps(line), flush=True)
        elif line["status"] == "done":
            print(f"{line['file']}: {line['finding']} (probability of disease {line['probability']:.3f}, threshold {line['threshold']})")
        else:
            print(f"{line['file']}: rejected, {line['reason']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
