"""Where the current request came from, for services that do not see requests."""

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class RequestContext:
    address: str | None = None
    request_id: str = ""


_context: ContextVar[RequestContext] = ContextVar("request_context", default=RequestContext())  # noqa: B039  (it is frozen)


def current() -> RequestContext:
    return _context.get()


set_context, reset_context = _context.set, _context.reset
