"""`python -m samples draw`: draw the shipped sample images again. `python -m samples check`: what the newest models say of them."""

import argparse

import samples


def draw() -> None:
    """Write the shipped samples."""
    for disease, labels in samples.PAINTERS.items():
        for label in labels:
            path = samples.IMAGES / disease / f"{label}_synthetic.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(samples.draw(disease, label))
            print(path.relative_to(samples.IMAGES.parent.parent))


def check() -> None:
    """Print what each sample's model answers."""
    from inference import engine, imaging, registry

    for disease in samples.PAINTERS:
        for path in samples.paths(disease) if registry.versions(disease) else []:
            try:
                answer = engine.get(disease, registry.versions(disease)[-1]).answer(path.read_bytes())
            except imaging.ImageRejected as rejected:
                print(f"{disease} {samples.label(path)}: refused, {rejected.code}")
            else:
                print(
                    f"{disease} {samples.label(path)}: {answer.finding}, {answer.outcome}, {answer.probability:.3f} of {answer.threshold}"
                )


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m samples", description=__doc__)
    parser.add_argument("command", choices=["draw", "check"])
    draw() if parser.parse_args().command == "draw" else check()


if __name__ == "__main__":
    main()
