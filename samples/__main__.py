"""`python -m samples`: draw the shipped sample images again."""

from samples import IMAGES, PAINTERS, draw


def main() -> None:
    for disease, labels in PAINTERS.items():
        for label in labels:
            path = IMAGES / disease / f"{label}_synthetic.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(draw(disease, label))
            print(path.relative_to(IMAGES.parent.parent))


if __name__ == "__main__":
    main()
