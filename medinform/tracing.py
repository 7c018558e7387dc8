"""Optional: where an error or a second came from, told to Sentry or to an OpenTelemetry collector that the place runs.

Nothing of it is installed or imported unless SENTRY_DSN or OTEL_EXPORTER_OTLP_ENDPOINT is set. What is sent names routes, tasks and code,
never a person: no path, no query, no form, no header, no address, no local variable.
"""

import importlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ImproperlyConfigured

_INSTALL = "pip install --require-hashes --requirement requirements-optional.lock"
_SENT = (
    *("event_id", "timestamp", "level", "logger", "platform", "release", "environment", "sdk", "transaction", "transaction_info", "type"),
    *("start_timestamp", "exception", "logentry", "fingerprint"),
)
_tracer: Any = None


class Span:
    """A stretch of time under a name; does nothing where nothing is traced."""

    def __init__(self, real: Any = None) -> None:
        self._real = real

    def describe(self, name: str, **facts: Any) -> None:
        if self._real is not None:
            self._real.update_name(name)
            for key, value in facts.items():
                self._real.set_attribute(f"medinform.{key}", value)


@contextmanager
def span(kind: str, carrier: dict[str, str] | None = None, **facts: Any) -> Iterator[Span]:
    """`carrier` holds the trace that this continues, as `carry` wrote it."""
    if _tracer is None:
        yield Span()
        return
    from opentelemetry.propagate import extract

    with _tracer.start_as_current_span(kind, context=extract(carrier) if carrier else None) as real:
        known = Span(real)
        known.describe(kind, **facts)
        yield known


def carry(carrier: dict[str, str]) -> None:
    """Write into a task's headers which trace it belongs to."""
    if _tracer is not None:
        from opentelemetry.propagate import inject

        inject(carrier)


def start(service: str) -> None:
    """In each process, after it was forked. Raises ImproperlyConfigured when one is asked for that is not installed."""
    if os.environ.get("SENTRY_DSN"):
        _start_sentry(service)
    if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        _start_opentelemetry(service)


def _needed(module: str, setting: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImproperlyConfigured(f"{setting} is set, but what it needs is not installed: {_INSTALL}") from error


def _start_sentry(service: str) -> None:
    sentry = _needed("sentry_sdk", "SENTRY_DSN")
    sentry.init(
        dsn=os.environ["SENTRY_DSN"],
        environment=os.environ.get("SENTRY_ENVIRONMENT", "production"),
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        traces_sample_rate=0.0,
        before_send=scrub,
        server_name=service,
        auto_enabling_integrations=False,
        integrations=[_needed("sentry_sdk.integrations.celery", "SENTRY_DSN").CeleryIntegration()]
        if service == "worker"
        else [_needed("sentry_sdk.integrations.django", "SENTRY_DSN").DjangoIntegration(middleware_spans=False, signals_spans=False)],
    )


def scrub(event: dict[str, Any], hint: Any = None) -> dict[str, Any]:
    """What may leave: where in the code it broke, and in which route or task. The words of an exception may quote what a person sent."""
    from portal.audit.context import current

    left = {name: event[name] for name in _SENT if name in event}
    for error in (left.get("exception") or {}).get("values", []):
        error["value"] = ""
        for frame in (error.get("stacktrace") or {}).get("frames", []):
            frame.pop("vars", None)
    if "logentry" in left:
        left["logentry"] = {"message": left["logentry"].get("message", "")}  # the template, without what was put into it
    return {**left, "tags": {"request_id": current().request_id}}


def _start_opentelemetry(service: str) -> None:
    global _tracer
    setting = "OTEL_EXPORTER_OTLP_ENDPOINT"
    sdk, exporting = _needed("opentelemetry.sdk.trace", setting), _needed("opentelemetry.sdk.trace.export", setting)
    otlp = _needed("opentelemetry.exporter.otlp.proto.http.trace_exporter", setting)
    resource = _needed("opentelemetry.sdk.resources", setting).Resource.create({"service.name": f"medinform-{service}"})
    provider = sdk.TracerProvider(resource=resource)
    provider.add_span_processor(exporting.BatchSpanProcessor(otlp.OTLPSpanExporter()))
    _tracer = provider.get_tracer("medinform")
