"""What Schemathesis makes up for every operation of the API, as each role: no 5xx, nothing outside the document. `make drill` has the long
form (drills/fuzz_api.py)."""

import copy
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections, transaction
from django.test import Client
from rest_framework.throttling import SimpleRateThrottle

from drills.fuzz_api import ANONYMOUS, ROLES, UPLOADS, Found, fuzz
from portal.accounts import access
from portal.accounts.models import User
from portal.analyses.models import Analysis
from portal.analyses.services import submit
from portal.questions import services as questions
from portal.reviews.models import Review
from portal.scans import uploads
from tests.conftest import drawn_cell
from tests.portal.cases import URGENT, read, read_and_sign

SEED = 6
CASES = 2  # of each operation: one right, one wrong
Fuzz = Callable[[dict[str, Any]], Found]


@pytest.fixture
def headers(
    patient: User, practitioner: User, administrator: User, other_patient: User, answered: Callable[..., Analysis]
) -> dict[str, dict[str, str]]:
    """Something of everything is there; what each role sends to be known."""
    done = [answered(owner, seed) for seed, owner in enumerate((patient, patient, patient, other_patient), 1)]
    signed, half_read, _, other = (Review.objects.get(analysis=analysis) for analysis in done)
    read_and_sign(signed, practitioner)
    read_and_sign(other, practitioner, **URGENT)
    read(half_read, practitioner)
    submit(patient=patient, data=drawn_cell(9), disease="malaria")
    questions.ask(review=signed, patient=patient, text="Is it serious?")
    people = {"patient": patient, "practitioner": practitioner, "administrator": administrator}
    return {ANONYMOUS: {}} | {role: {"Authorization": f"Token {access.issue(user=user)[1]}"} for role, user in people.items()}


@contextmanager
def one_connection() -> Iterator[None]:
    """As Django's own test client does: the request uses the test's connection, and leaves it open."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in (request_started, request_finished):
            signal.connect(close_old_connections)


@pytest.fixture
def fuzzed(headers: dict[str, dict[str, str]], patient: User, monkeypatch: pytest.MonkeyPatch) -> Fuzz:
    """fuzzed(document): what came of sending it all through the whole stack of middleware, but for the limits of calls a minute."""
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", dict.fromkeys(SimpleRateThrottle.THROTTLE_RATES))
    inner, client, upload = get_wsgi_application(), Client(), uploads.begin(owner=patient, length=1000)

    def application(environ: dict[str, Any], start_response: Any) -> Any:
        return inner({"REMOTE_ADDR": "127.0.0.1", **environ}, start_response)

    def send(case: Any, role: str) -> Any:
        with one_connection(), transaction.atomic():  # each call finds the same: who signs out is signed in for the next
            answer = case.call(app=application, headers=headers[role])
            transaction.set_rollback(True)
        return answer

    def lists(path: str) -> list[Any]:
        if path == UPLOADS:
            return [[{"id": upload.pk}]]
        answers = [client.get(path, headers=headers[role]) for role in ROLES if role != ANONYMOUS]
        return [answer.json() for answer in answers if answer.status_code == 200]

    return lambda document: fuzz(document, send, lists, cases=CASES, number=SEED)


@pytest.fixture
def document(db: None) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(Client().get("/api/v1/schema/?format=json").content)
    return told


@pytest.mark.timeout(240)
def test_whatever_is_sent_gets_an_answer_that_the_document_promises(fuzzed: Fuzz, document: dict[str, Any]) -> None:
    found = fuzzed(document)
    assert found.said == {}
    assert found.server_errors == 0
    operations = sum(len(methods) for methods in document["paths"].values())
    assert found.requests >= CASES * operations * len(ROLES) * 0.95
    assert {200, 201, 204, 400, 401, 403, 404, 409} <= set(found.statuses)


def test_an_answer_outside_the_document_is_found(fuzzed: Fuzz, document: dict[str, Any]) -> None:
    """A document that leaves out a status, names another type, another kind of field, or a header that nobody sends: each is told."""
    path = "/api/v1/me/"
    told = {"get": copy.deepcopy(document["paths"][path]["get"])}
    del told["get"]["responses"]["401"]
    [content] = told["get"]["responses"]["200"]["content"].values()
    told["get"]["responses"]["200"]["content"] = {"text/csv": content}
    found = fuzzed({**document, "paths": {path: told}})
    assert set(found.wrong) == {f"GET {path} 401 UndefinedStatusCode", f"GET {path} 200 UndefinedContentType"}

    told = {"get": copy.deepcopy(document["paths"][path]["get"])}
    told["get"]["responses"]["200"]["headers"] = {"Never-Sent": {"schema": {"type": "string"}, "required": True}}
    components = copy.deepcopy(document["components"])
    components["schemas"]["Me"]["properties"]["email"] = {"type": "integer"}
    found = fuzzed({**document, "paths": {path: told}, "components": components})
    assert set(found.wrong) == {f"GET {path} 200 MissingHeaders", f"GET {path} 200 JsonSchemaError"}
