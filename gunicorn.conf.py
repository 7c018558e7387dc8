"""Read by gunicorn on its start: its lines look like everybody else's. Access lines are written in Django, which knows the route."""

import os
from pathlib import Path
from typing import Any

import environ

from medinform import logs, memory

environ.Env.read_env(Path(__file__).parent / ".env")
logconfig_dict = logs.configuration(os.environ.get("LOG_FORMAT", "line"), os.environ.get("LOG_LEVEL", "INFO"))


def post_worker_init(_worker: Any) -> None:
    memory.settle()
