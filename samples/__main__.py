"""`python -m samples draw`: draw the shipped sample images again."""

import argparse

from samples import IMAGES, PAINTERS, draw


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m samples", description=__doc__)
    parser.add_argument("command", choices=["draw"])
    parser.parse_args()
    for disease, labels in PAINTERS.items():
        for label in labels:
            path = IMAGES / disease / f"{label}_synthetic.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(draw(disease, label))
            print(path.relative_to(IMAGES.parent.parent))


if __name__ == "__main__":
    main()
