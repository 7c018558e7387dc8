"""Read by gunicorn on its start: its lines look like everybody else's. Access lines are written in Django, which knows the route."""

import os
from pathlib import Path

import environ

from medinform import logs

environ.Env.read_env(Path(__file__).parent / ".env")
logconfig_dict = logs.configuration(os.environ.get("LOG_FORMAT", "line"), os.environ.get("LOG_LEVEL", "INFO"))
