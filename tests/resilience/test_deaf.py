"""A worker that hears nothing any more ends by itself, with its children; one that hears goes on."""

import os
import secrets
import subprocess
import sys
import time
from pathlib import Path

import psutil

from medinform.celery import app
from medinform.deaf import EXIT_CODE
from tests.e2e.stack import ROOT, until

SILENT = 4


def test_a_worker_that_hears_nothing_ends_and_one_that_hears_goes_on(tmp_path: Path) -> None:
    queue, log = f"deaf-{secrets.token_hex(4)}", tmp_path / "log"
    environment = {**os.environ, "DEBUG": "true", "SECRET_KEY": "of a test", "WORKER_SILENT_SECONDS": str(SILENT), "VAR_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "celery", "-A", "medinform", "worker", "--queues", queue, "--concurrency", "1", "--without-mingle"]
    with log.open("wb") as output:
        worker = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    try:
        children = until(lambda: "ready" in log.read_text() and psutil.Process(worker.pid).children(), 90, "the worker's start")
        heard_until = time.monotonic() + 2 * SILENT
        while time.monotonic() < heard_until:
            app.send_task("portal.watch.tasks.look_at_models", queue=queue, expires=60)
            time.sleep(0.5)
            assert worker.poll() is None
        assert worker.wait(60) == EXIT_CODE
        assert "no message for 4 s" in log.read_text()
        until(lambda: not any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children), 30, "the child's end")
    finally:
        worker.kill()
