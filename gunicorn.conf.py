"""Read by gunicorn on its start: its lines look like everybody else's. Access lines are written in Django, which knows the route."""

import gc
import os
from pathlib import Path
from typing import Any

import environ

from medinform import logs

environ.Env.read_env(Path(__file__).parent / ".env")
logconfig_dict = logs.configuration(os.environ.get("LOG_FORMAT", "line"), os.environ.get("LOG_LEVEL", "INFO"))


def post_worker_init(_worker: Any) -> None:
    """What a web process has loaded stays until it ends: the collector need not go through it again at every few requests (gc.freeze), nor
    look for garbage after each 700 objects, of which a page makes thousands."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 10, 10)
