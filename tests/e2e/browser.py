"""A real browser: Chromium or Chrome of the system; as root on Debian it is installed when it is missing."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class NoBrowser(RuntimeError):
    """Neither here nor to be installed."""


def executable() -> str:
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], check=False, env=environment, capture_output=True)
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"], check=True, env=environment, capture_output=True
        )
        found = shutil.which("chromium")
    if found is None:
        raise NoBrowser("the browser test needs Chromium or Chrome: install one (on Debian: apt-get install chromium)")
    return found


@contextmanager
def browser() -> Iterator[Browser]:
    options = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=executable(), args=options)
        try:
            yield started
        finally:
            started.close()
