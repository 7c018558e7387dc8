"""Real pictures through the whole portal: `python -m benchmarks.realdata --data FOLDER/malaria [--number 200]`.

Uploads pictures of held-out patients through the API of a running portal on the embedded default, waits for the worker, and prints
accuracy, sensitivity, specificity, scans a minute, the time of a single upload, and the processes' peak memory.
"""

import argparse
import statistics
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psutil
from rich.console import Console
from rich.progress import track
from rich.table import Table

from inference import diseases, registry
from medinform.demo import PATIENT, agree, portal, sign_in
from training import datasets

SINGLES = 10


def upload(client: httpx.Client, disease: str, path: Path) -> str:
    answer = client.post("/analyses/", files={"file": (path.name, path.read_bytes())}, data={"disease": disease})
    answer.raise_for_status()
    return str(answer.json()["id"])


def settled(client: httpx.Client, pk: str) -> dict[str, Any]:
    pause = threading.Event()
    while True:
        analysis: dict[str, Any] = client.get(f"/analyses/{pk}/").json()
        if analysis["status"] not in ("queued", "running"):
            return analysis
        pause.wait(0.05)


def peaks() -> dict[str, float]:
    """Peak resident memory in MiB of this portal's processes, the largest of each kind."""
    found: dict[str, float] = {}
    for process in psutil.Process().children(recursive=True):
        words = " ".join(process.cmdline())
        kind = next((k for k in ("inference@", "default@", "gunicorn", "beat", "redis-server", "medinform.run") if k in words), None)
        status = Path(f"/proc/{process.pid}/status")
        if kind and status.is_file():
            peak = next((int(line.split()[1]) / 1024 for line in status.read_text().splitlines() if line.startswith("VmHWM")), 0.0)
            found[kind] = max(found.get(kind, 0.0), peak)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.realdata", description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--disease", default="malaria", choices=sorted(diseases.DISEASES))
    parser.add_argument("--number", type=int, default=200)
    arguments = parser.parse_args()
    artefact = registry.latest(arguments.disease)
    if artefact is None:
        raise SystemExit("there is no model to measure")
    disease = diseases.get(arguments.disease)
    held_out = datasets.split(datasets.read_labels(arguments.data, disease), artefact.manifest.seed)["test"]
    order = np.random.default_rng(0).permutation(len(held_out))
    chosen = [held_out[i] for i in order[: arguments.number]]
    singles = [held_out[i] for i in order[arguments.number : arguments.number + SINGLES + 1]]
    console = Console()
    with tempfile.TemporaryDirectory() as folder, portal(Path(folder) / "log") as (address, password):
        client = sign_in(address, PATIENT, password)
        agree(client)
        settled(client, upload(client, disease.code, singles[0].path))  # the worker has loaded its model
        waits = []
        for example in singles[1:]:
            start = time.perf_counter()
            settled(client, upload(client, disease.code, example.path))
            waits.append(time.perf_counter() - start)
        start = time.perf_counter()
        sent = [(example, upload(client, disease.code, example.path)) for example in track(chosen, "Uploading", console=console)]
        answers = [(example, settled(client, pk)) for example, pk in track(sent, "Waiting", console=console)]
        minutes = (time.perf_counter() - start) / 60
        memory = peaks()
    done = [(example.label in disease.positive, answer) for example, answer in answers if answer["status"] == "done"]
    right = [truth == (answer["finding"] in disease.positive) for truth, answer in done]
    table = Table(title=f"{disease.name}: {len(answers)} pictures of {len({e.patient for e in chosen})} held-out patients, through the API")
    table.add_column("figure")
    table.add_column("value", justify="right")
    table.add_row("states", str(dict(Counter(answer["status"] for _, answer in answers))))
    table.add_row("accuracy", f"{np.mean(right):.1%}")
    table.add_row("sensitivity", f"{np.mean([r for r, (truth, _) in zip(right, done, strict=True) if truth]):.1%}")
    table.add_row("specificity", f"{np.mean([r for r, (truth, _) in zip(right, done, strict=True) if not truth]):.1%}")
    table.add_row("can not tell", f"{np.mean([answer['outcome'] == 'uncertain' for _, answer in done]):.1%}")
    table.add_row("scans a minute", f"{len(answers) / minutes:.0f}")
    table.add_row(f"upload to answer, idle (median of {SINGLES}; longest)", f"{statistics.median(waits):.2f} s; {max(waits):.2f} s")
    for kind, peak in sorted(memory.items()):
        table.add_row(f"peak memory, {kind}", f"{peak:.0f} MiB")
    console.print(table)


if __name__ == "__main__":
    main()
