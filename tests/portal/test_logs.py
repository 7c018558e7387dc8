"""A line says which request and which task it belongs to, in every process, and never who it was or what was asked."""

import json
import logging
import logging.config
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from medinform import logs, tracing
from medinform.celery import carry_request, enter_request, leave_request
from portal.accounts.models import User
from portal.audit.context import RequestContext, current, reset_context, set_context
from portal.notifications.tasks import send_emails

ROOT = Path(__file__).resolve().parents[2]


class Lines(logging.Handler):
    """What would have been written, as JSON."""

    def __init__(self) -> None:
        super().__init__()
        self.addFilter(logs.Where())
        self.setFormatter(logs.Json())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))

    @property
    def told(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines]


@pytest.fixture
def written(settings: Any) -> Iterator[Lines]:
    settings.ACCESS_LOG = True
    handler = Lines()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


def test_a_request_is_one_line_by_its_route_with_the_id_that_its_answer_has(
    patient: User, browse: Callable[..., Client], written: Lines
) -> None:
    answer = browse(patient).get("/analyses/?disease=malaria&name=meera")
    line = next(line for line in written.told if line["logger"] == "medinform.access")
    assert (line["route"], line["method"], line["status"]) == ("analyses:list", "GET", 200)
    assert line["request_id"] == answer["X-Request-ID"]
    assert line["seconds"] >= 0
    assert not any(word in "".join(written.lines) for word in ("meera", "127.0.0.1", "disease=malaria"))


def test_djangos_own_lines_name_no_path(client: Client, written: Lines, db: None) -> None:
    client.get("/accounts/password/reset/key/3f-a-secret/?user=meera")
    client.get("/no/such/meera/")
    assert any(line["logger"] == "django.request" and "unmatched" in line["message"] for line in written.told)
    assert not any(word in "".join(written.lines) for word in ("a-secret", "meera"))


def test_an_exception_comes_with_its_traceback_and_its_request(written: Lines) -> None:
    token = set_context(RequestContext(request_id="the-request"))
    try:
        raise ValueError("what went wrong")
    except ValueError:
        logging.getLogger("portal").exception("it broke")
    finally:
        reset_context(token)
    (line,) = written.told
    assert (line["message"], line["level"], line["request_id"]) == ("it broke", "ERROR", "the-request")
    assert "ValueError: what went wrong" in line["exception"]


def test_nothing_that_is_attached_to_a_line_gets_out_unless_it_is_known(written: Lines) -> None:
    logging.getLogger("portal").warning("careful", extra={"email": "meera@home.example", "task": "a.task"})
    assert written.told[0]["task"] == "a.task"
    assert "meera" not in written.lines[0]


def test_a_message_carries_the_request_and_its_task_has_it() -> None:
    token = set_context(RequestContext(address="203.0.113.7", request_id="the-request"))
    headers: dict[str, Any] = {}
    carry_request(headers=headers)
    reset_context(token)
    assert headers == {"request_id": "the-request"}
    send_emails.push_request(id="1", **headers)  # as a worker does with a message's headers
    try:
        enter_request(task_id="1", task=send_emails)
        assert current() == RequestContext(address=None, request_id="the-request")
        leave_request(task_id="1")
    finally:
        send_emails.pop_request()
    assert current() == RequestContext(), "and afterwards nothing of it is left"


def test_the_same_shape_for_people() -> None:
    record = logging.LogRecord("portal", logging.INFO, "", 1, "hello %s", ("there",), None)
    logs.Where().filter(record)
    line = logs.configuration("line", "INFO")["formatters"]["line"]
    assert logging.Formatter(line["format"], style="{").format(record).endswith("INFO portal: hello there")


def test_a_shape_that_nobody_knows_is_refused_at_the_start() -> None:
    environment = {**os.environ, "LOG_FORMAT": "xml", "DEBUG": "true", "SECRET_KEY": secrets.token_urlsafe(60)}
    started = subprocess.run(
        [sys.executable, "-c", "import medinform.settings"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert started.returncode
    assert "LOG_FORMAT is line or json" in started.stderr


@pytest.mark.parametrize(("setting", "package"), [("SENTRY_DSN", "sentry_sdk"), ("OTEL_EXPORTER_OTLP_ENDPOINT", "opentelemetry")])
def test_what_is_asked_for_and_not_installed_is_told_with_what_to_do(setting: str, package: str) -> None:
    hidden = f"import sys; sys.modules['{package}'] = None\nfrom medinform import tracing\ntracing.start('web')"
    environment = {**os.environ, setting: "http://key@127.0.0.1:1/1"}
    started = subprocess.run([sys.executable, "-c", hidden], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert started.returncode
    assert (
        f"{setting} is set, but what it needs is not installed: pip install --require-hashes --requirement requirements-optional.lock"
        in started.stderr
    )


def test_nothing_is_imported_that_was_not_asked_for() -> None:
    asked = "import sys\nfrom medinform import tracing\ntracing.start('web')\nprint({'sentry_sdk', 'opentelemetry'} & set(sys.modules))"
    environment = {name: value for name, value in os.environ.items() if name not in ("SENTRY_DSN", "OTEL_EXPORTER_OTLP_ENDPOINT")}
    started = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert started.stdout.strip() == "set()"


def test_what_goes_to_sentry_says_where_it_broke_and_nothing_else() -> None:
    event = {
        "event_id": "1",
        "transaction": "analyses:detail",
        "request": {"url": "https://portal.example/analyses/77/?name=meera", "headers": {"Cookie": "sessionid=secret"}, "data": "meera"},
        "user": {"id": 7, "ip_address": "203.0.113.7"},
        "breadcrumbs": {"values": [{"message": "SELECT meera"}]},
        "extra": {"sys.argv": ["meera"]},
        "contexts": {"meera": {}},
        "logentry": {"message": "analysis %s failed", "formatted": "analysis meera failed", "params": ["meera"]},
        "exception": {
            "values": [
                {
                    "type": "ValueError",
                    "value": "meera@home.example is not valid",
                    "stacktrace": {"frames": [{"function": "submit", "lineno": 3, "vars": {"name": "meera"}}]},
                }
            ]
        },
    }
    left = tracing.scrub(event)
    told = json.dumps(left)
    assert not any(word in told for word in ("meera", "secret", "203.0.113.7", "portal.example"))
    assert left["exception"]["values"][0]["type"] == "ValueError"
    assert left["exception"]["values"][0]["stacktrace"]["frames"][0] == {"function": "submit", "lineno": 3}
    assert left["transaction"] == "analyses:detail"
