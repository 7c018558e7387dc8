"""`make demo`: the whole portal without a person. Starts it on a free port with a database of its own and talks to it over HTTP.

A patient uploads, the worker answers, the practitioner claims, reads and signs. The exit code is 0 only if every step worked.
"""

import argparse
import contextlib
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.progress import track
from rich.table import Table

import samples
from inference.diseases import DISEASES
from medinform.embedded import free_port

BASE_DIR = Path(__file__).resolve().parent.parent
READY_SECONDS = 180
ANSWER_SECONDS = 120
PICTURES = {".png", ".jpg", ".jpeg"}
PATIENT, PRACTITIONER = "patient@example.org", "practitioner@example.org"


class StepFailed(Exception):
    """One step did not work; the message says which and what the portal said."""


@dataclass
class Row:
    disease: str
    file: str
    finding: str = "-"
    probability: str = "-"
    seconds: str = "-"
    review: str = "-"
    problem: str = ""


@contextlib.contextmanager
def portal(log: Path) -> Iterator[tuple[str, str]]:
    """A running portal of its own. Yields its address and the password of its demo accounts."""
    with tempfile.TemporaryDirectory(prefix="medinform-demo-") as var:
        port, password = free_port(), secrets.token_urlsafe(12)
        environment = {**os.environ, "VAR_DIR": var, "PORT": str(port), "DEMO_PASSWORD": password, "DEMO_SCANS": "no", "DEBUG": "true"}
        environment |= {"SITE_URL": f"http://localhost:{port}", "DATABASE_URL": f"sqlite:///{var}/demo.sqlite3", "PYTHONUNBUFFERED": "1"}
        environment |= {"MEDIA_ROOT": f"{var}/media", "STATIC_ROOT": f"{var}/static"}
        with log.open("wb") as output:
            process = subprocess.Popen([sys.executable, "-m", "medinform.run"], cwd=BASE_DIR, env=environment, stdout=output, stderr=output)
        try:
            address = f"http://127.0.0.1:{port}"
            wait_until_ready(address, process)
            yield address, password
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


def wait_until_ready(address: str, process: subprocess.Popen) -> None:
    pause = threading.Event()
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{address}/healthz").status_code == 200:
                return
        pause.wait(0.2)
    raise StepFailed("the portal did not start")


def sign_in(address: str, email: str, password: str, code: str = "") -> httpx.Client:
    """A client with a token."""
    said = {"email": email, "password": password, **({"code": code} if code else {})}
    return with_token(address, _ok(httpx.post(f"{address}/api/v1/token/", json=said), "sign in")["token"])


def with_token(address: str, token: str) -> httpx.Client:
    return httpx.Client(base_url=f"{address}/api/v1", headers={"Authorization": f"Token {token}"}, timeout=30)


def agree(client: httpx.Client) -> None:
    """Read the consent text in force and agree to it, if that was not done before."""
    text = _ok(client.get("/me/consent/"), "read the consent text")
    if not text["given"]:
        _ok(client.post("/me/consent/", json={"version": text["version"]}), "agree to the consent text")


def _ok(response: httpx.Response, step: str) -> Any:
    if response.status_code >= 400:
        try:
            problem = response.json()
            said = f"{problem['code']}: {problem['detail']}"
        except (ValueError, KeyError):
            said = f"status {response.status_code}"
        raise StepFailed(f"{step}: {said}")
    return response.json()


def one_scan(patient: httpx.Client, practitioner: httpx.Client, path: Path, row: Row) -> None:
    """Upload, wait, claim, read, sign; fills the row as it goes. Raises StepFailed."""
    start = time.perf_counter()
    upload = {"files": {"file": (path.name, path.read_bytes())}, "data": {"disease": row.disease}}
    analysis = _ok(patient.post("/analyses/", **upload), "upload")  # type: ignore[arg-type]
    pause = threading.Event()
    while analysis["status"] in ("queued", "running"):
        if time.perf_counter() - start > ANSWER_SECONDS:
            raise StepFailed("no answer came in time")
        pause.wait(0.1)
        analysis = _ok(patient.get(f"/analyses/{analysis['id']}/"), "ask for the answer")
    if analysis["status"] != "done":
        raise StepFailed(f"{analysis['status']}: {analysis['error_code']}: {analysis['error_message']}")
    row.seconds = f"{time.perf_counter() - start:.2f}"
    row.finding, row.probability = analysis["finding"], f"{analysis['probability']:.3f}"
    review = f"/reviews/{analysis['review'].rstrip('/').rpartition('/')[2]}"
    _ok(practitioner.post(f"{review}/claim/"), "claim")
    opinion = {"finding": analysis["finding"], "confidence": "moderate", "recommendation": "none", "notes": "Read by the demo."}
    _ok(practitioner.post(f"{review}/reading/", json=opinion), "read")
    row.review = _ok(practitioner.post(f"{review}/sign/", json=opinion), "sign")["status"]
    report = _ok(patient.get(f"/analyses/{analysis['id']}/"), "see the final report")["report_status"]
    if report != "final":
        raise StepFailed(f"the report is {report}, not final")


def pictures(images: Path | None, disease: str | None, available: list[str]) -> list[tuple[str, Path]]:
    """What to upload: a person's own files, or a sample for each available disease. Raises StepFailed."""
    if disease and disease not in available:
        raise StepFailed(f"{disease} has no model; available: {', '.join(available)}")
    if images is None:
        chosen = [(code, path) for code in available if not disease or code == disease for path in samples.paths(code)]
    elif not disease:
        raise StepFailed("say which disease: make demo IMAGES=folder DISEASE=malaria")
    else:
        files = [images] if images.is_file() else sorted(path for path in images.rglob("*") if path.suffix.lower() in PICTURES)
        chosen = [(disease, path) for path in files]
    if not chosen:
        raise StepFailed("there is nothing to upload: no pictures found")
    return chosen


def show(rows: list[Row], console: Console) -> None:
    table = Table(title="MEDINFORM demo: decision support, not a diagnosis")
    for heading in ("Disease", "File", "Finding", "Probability", "Seconds to answer", "Review"):
        table.add_column(heading)
    for row in rows:
        table.add_row(
            row.disease, row.file, row.finding, row.probability, row.seconds, f"[red]{row.problem}" if row.problem else row.review
        )
    console.print(table)


def main() -> int:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__.partition("\n")[0])
    parser.add_argument("--images", type=Path, help="your own pictures: a folder or a file")
    parser.add_argument("--disease")
    arguments = parser.parse_args()
    console = Console(width=max(100, Console().width))
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="medinform-demo-log-") as folder:
        log = Path(folder) / "portal.log"
        try:
            if arguments.images and not arguments.images.exists():
                raise StepFailed(f"{arguments.images} does not exist")
            pictures(arguments.images, arguments.disease, list(DISEASES))  # what can not work is said before the portal takes its time
            console.print("Starting the portal on a free port ...")
            with portal(log) as (address, password):
                patient, practitioner = (sign_in(address, email, password) for email in (PATIENT, PRACTITIONER))
                agree(patient)
                catalogue = _ok(patient.get("/diseases/"), "catalogue")
                available = [disease["code"] for disease in catalogue if disease["available"]]
                chosen = pictures(arguments.images, arguments.disease, available)
                for disease, path in track(chosen, "Uploading, answering, reading", console=console):
                    row = Row(disease, path.name)
                    rows.append(row)
                    try:
                        one_scan(patient, practitioner, path, row)
                    except (StepFailed, httpx.HTTPError) as error:
                        row.problem = str(error)
        except (StepFailed, httpx.HTTPError) as error:
            console.print(f"[red]Failed:[/red] {error}")
            if log.is_file():
                console.print(log.read_text(errors="replace")[-4000:], markup=False, highlight=False)
            return 1
        show(rows, console)
        failed = [row for row in rows if row.problem]
        console.print(f"{len(rows) - len(failed)} of {len(rows)} scans uploaded, answered, claimed, read and signed.")
        return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
