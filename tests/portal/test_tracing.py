"""What leaves for Sentry and for an OpenTelemetry collector, sent by the real clients to a listener of our own."""

import gzip
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import brotli
import pytest

ROOT = Path(__file__).resolve().parents[2]
CANARY = "meera-canary"
# A portal whose page breaks with what a person sent in its words, asked once.
BROKEN = f"""
import django
django.setup()
from medinform import tracing
tracing.start("web")
from django.test import Client
from django.urls import get_resolver
def breaks(request):
    said = request.GET["name"]
    raise ValueError(said + " is not valid")
[page] = [pattern for pattern in get_resolver().url_patterns if getattr(pattern, "name", "") == "healthz"]
page.callback = breaks
client = Client(raise_request_exception=False, headers={{"cookie": "other={CANARY}", "user-agent": "{CANARY}"}})
assert client.get("/healthz?name={CANARY}", REMOTE_ADDR="203.0.113.7").status_code == 500
"""


@dataclass
class Listener:
    port: int = 0
    heard: list[tuple[str, bytes]] = field(default_factory=list)

    def bodies(self, path: str) -> list[bytes]:
        return [body for where, body in self.heard if where == path]


@pytest.fixture
def listener() -> Iterator[Listener]:
    found = Listener()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # the name that the library asks for
            body = self.rfile.read(int(self.headers["Content-Length"]))
            unpack = {"gzip": gzip.decompress, "br": brotli.decompress}.get(self.headers.get("Content-Encoding", ""), bytes)
            found.heard.append((self.path, unpack(body)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *said: object) -> None:
            """A test's listener has nothing to say."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    found.port = server.server_port
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


def broken(tmp_path: Path, **settings: str) -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "medinform.settings", "DEBUG": "true", "SECRET_KEY": "of a test", **settings}
    environment |= {"VAR_DIR": str(tmp_path), "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}", "ALLOWED_HOSTS": "testserver"}
    ended = subprocess.run(
        [sys.executable, "-c", BROKEN], cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    assert ended.returncode == 0, ended.stderr


def test_sentry_hears_where_it_broke_and_nothing_of_who(tmp_path: Path, listener: Listener) -> None:
    broken(tmp_path, SENTRY_DSN=f"http://key@127.0.0.1:{listener.port}/1")
    envelopes = listener.bodies("/api/1/envelope/")
    lines = [json.loads(line) for envelope in envelopes for line in envelope.splitlines() if line]
    [event] = [line for line in lines if "exception" in line]
    [error] = event["exception"]["values"]
    assert (error["type"], error["value"]) == ("ValueError", "")
    assert error["stacktrace"]["frames"][-1]["function"] == "breaks"
    assert event["tags"]["request_id"]
    told = b"".join(envelopes)
    assert CANARY.encode() not in told
    assert b"203.0.113.7" not in told


def test_a_collector_hears_the_route_and_its_time(tmp_path: Path, listener: Listener) -> None:
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

    broken(tmp_path, OTEL_EXPORTER_OTLP_ENDPOINT=f"http://127.0.0.1:{listener.port}")
    bodies = listener.bodies("/v1/traces")
    [resource] = [found for body in bodies for found in ExportTraceServiceRequest.FromString(body).resource_spans]
    [span] = [each for scope in resource.scope_spans for each in scope.spans]
    assert "healthz" in span.name
    assert span.end_time_unix_nano > span.start_time_unix_nano
    assert any(each.value.string_value == "medinform-web" for each in resource.resource.attributes)
    assert CANARY.encode() not in b"".join(bodies)
