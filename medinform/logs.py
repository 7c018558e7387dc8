"""How log lines look: for people, or as one JSON object a line for machines. The same for Django, gunicorn and Celery.

A line says which request, and which task, it belongs to. It never holds a path (some end in a secret, such as the link of a new password),
a query string, an address or who it was: a request is named by its route.
"""

import datetime
import logging
from typing import Any

from django.http import HttpRequest
from pythonjsonlogger.json import JsonFormatter

KNOWN = ("route", "method", "status", "seconds", "task", "task_id")  # what a line may have beside its words; nothing else gets out


def route_of(request: HttpRequest) -> str:
    """The name of a request's route; of what no route knows, nothing but that."""
    match = getattr(request, "resolver_match", None)
    return (match.view_name or "unnamed") if match is not None else "unmatched"


class Where(logging.Filter):
    """Adds the request's id to every line, and takes the path out of Django's own."""

    def filter(self, record: logging.LogRecord) -> bool:
        from portal.audit.context import current

        request = getattr(record, "request", None)
        request_id = getattr(record, "request_id", "") or current().request_id or getattr(request, "request_id", "")
        record.request_id = request_id
        if isinstance(request, HttpRequest) and isinstance(record.args, tuple):
            known = {request.path: route_of(request), request.get_full_path(): route_of(request)}
            record.args = tuple(known.get(arg, arg) if isinstance(arg, str) else arg for arg in record.args)
        if isinstance(about := getattr(record, "data", None), dict):  # Celery's lines about a task
            record.task, record.task_id = about.get("name"), about.get("id")
        record.request_mark = f" [{request_id}]" if request_id else ""
        return True


class Json(JsonFormatter):
    """One object a line: time, level, logger, message, request_id, what else is KNOWN, and the traceback of an exception."""

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        at = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
        log_data |= {"time": at.isoformat(timespec="milliseconds"), "level": record.levelname, "logger": record.name}
        log_data["message"] = record.getMessage()
        for name in ("request_id", *KNOWN):
            if (value := getattr(record, name, None)) not in (None, ""):
                log_data[name] = value
        if record.exc_info:
            log_data["exception"] = record.exc_text or self.formatException(
                record.exc_info
            )  # without what it quotes: medinform/redaction.py


def configuration(shape: str, level: str) -> dict[str, Any]:
    """For logging.config.dictConfig. `shape` is line or json."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"where": {"()": "medinform.logs.Where"}, "identity": {"()": "medinform.redaction.WithoutIdentity"}},
        "formatters": {
            "line": {"format": "{asctime} {levelname} {name}: {message}{request_mark}", "style": "{"},
            "json": {"()": "medinform.logs.Json"},
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": shape, "filters": ["where", "identity"]}},
        "root": {"handlers": ["console"], "level": level},
        "loggers": {
            "axes": {"level": "ERROR"},  # it would write who could not sign in; the audit knows
            # They bring handlers of their own, which would write every line twice or in another shape.
            **{name: {"handlers": [], "propagate": True} for name in ("django", "gunicorn.error")},
            # Their lines hold paths, queries and addresses; portal/watch/middleware.py writes one that does not.
            **{name: {"handlers": [], "level": "CRITICAL", "propagate": False} for name in ("gunicorn.access", "django.server")},
        },
    }
