"""Where each millisecond of a large picture goes, from the bytes of the upload to the stored answer: in one process, on PostgreSQL.

A program of its own, because Django's settings are read once a process: it prints its figures as JSON.
"""

import contextlib
import dataclasses
import io
import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from benchmarks.figures import Figure

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 9
STAGES = ("decode", "gate", "prepare", "model", "heatmap")


def figures() -> list[Figure]:
    run = subprocess.run([sys.executable, "-m", "benchmarks.stages"], cwd=ROOT, check=True, capture_output=True, text=True)
    return [Figure(**row) for row in json.loads(run.stdout.splitlines()[-1])]


def photograph() -> bytes:
    """A drawn skin spot as a phone makes it: a JPEG of 12 megapixels with grain."""
    return _enlarged("skin_cancer", "benign", (4000, 3000), "JPEG", grey=False)


def film() -> bytes:
    """A drawn chest film of 2048 x 2048 pixels: a grey PNG with grain."""
    return _enlarged("tuberculosis", "normal", (2048, 2048), "PNG", grey=True)


def _enlarged(disease: str, label: str, size: tuple[int, int], form: str, *, grey: bool) -> bytes:
    import samples

    pixels = cv2.imdecode(np.frombuffer(samples.draw(disease, label), np.uint8), cv2.IMREAD_GRAYSCALE if grey else cv2.IMREAD_COLOR_RGB)
    if pixels is None:
        raise SystemExit(f"{disease} can not be drawn")
    large = cv2.resize(pixels, size, interpolation=cv2.INTER_CUBIC)
    grain = np.random.default_rng(0).normal(0, 2, large.shape[:2])
    grainy = np.clip(large + (grain if grey else grain[:, :, None]), 0, 255).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(grainy).save(file, form, quality=92)
    return file.getvalue()


def measure() -> list[Figure]:
    """The medians of `ROUNDS` uploads of each; every one differs in its last bytes, so that it is a new scan."""
    from portal.accounts.models import ConsentText, User
    from portal.accounts.services import give_consent
    from portal.analyses import services, worker

    person = User.objects.create_user(email="bench@example.org", password=secrets.token_urlsafe(16))
    text = ConsentText.current()
    if text is None:
        raise SystemExit("there is no consent text")
    give_consent(user=person, text=text)
    found = []
    for what, disease, data in (
        ("12-megapixel photograph of a skin spot", "skin_cancer", photograph()),
        ("2048 x 2048 grey chest film", "tuberculosis", film()),
    ):
        taken: dict[str, list[float]] = {}
        for number in range(ROUNDS + 1):
            fresh = _with_another_pixel(data, number)
            started = time.perf_counter()
            analysis = services.submit(patient=person, data=fresh, disease=disease).analysis
            uploaded = time.perf_counter()
            worker.execute(str(analysis.pk), worker="bench")
            ended = time.perf_counter()
            analysis.refresh_from_db()
            if analysis.status != "done":
                raise SystemExit(f"{what}: {analysis.status} {analysis.error_code}")
            if number == 0:  # loads the model
                continue
            times = {"intake (check, strip, compare, thumbnail, rows)": uploaded - started} | {s: analysis.seconds[s] for s in STAGES}
            times["claim, read, store, audit, tell"] = ended - uploaded - analysis.seconds["total"]
            for name, seconds in times.items():
                taken.setdefault(name, []).append(seconds)
        whole = sum(statistics.median(values) for values in taken.values())
        suite = f"Where the time of a {what} goes"
        found += [Figure(suite, name, statistics.median(values) / whole, "share", ROUNDS) for name, values in taken.items()]
        found.append(Figure(suite, "all of it", whole * 1000, "ms", ROUNDS))
    return found


def _with_another_pixel(data: bytes, number: int) -> bytes:
    """The same picture as another upload: another comment (JPEG) or text chunk (PNG) in it."""
    note = f"upload {number}".encode()
    if data[:2] == b"\xff\xd8":
        return data[:2] + b"\xff\xfe" + (len(note) + 2).to_bytes(2, "big") + note + data[2:]
    import struct
    import zlib

    chunk = b"tEXt" + b"Comment\x00" + note
    whole = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return data[:33] + whole + data[33:]


def main() -> None:
    from medinform import embedded

    with contextlib.ExitStack() as servers:
        var = servers.enter_context(tempfile.TemporaryDirectory(prefix="medinform-bench-"))
        settings: dict[str, Any] = {"VAR_DIR": var, "SECRET_KEY": secrets.token_urlsafe(60), "DEBUG": "false", "SECURE_TLS": "false"}
        settings |= {"DATABASE_URL": servers.enter_context(embedded.postgres_server()), "DJANGO_SETTINGS_MODULE": "medinform.settings"}
        settings |= {"REDIS_URL": servers.enter_context(embedded.redis_server()), "MEDIA_ROOT": f"{var}/media"}
        os.environ.update(settings)
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        call_command("sync_models", stdout=io.StringIO())
        found = measure()
    print(json.dumps([dataclasses.asdict(figure) for figure in found]))


if __name__ == "__main__":
    main()
