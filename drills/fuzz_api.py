"""Every operation of the OpenAPI document is called with what Schemathesis makes up, right and wrong, as each role.

No answer may be a 5xx (but a 503 that says when to come back), and none may be outside the document: a status that it does not know,
another type of content, a body or headers that do not fit. `tests/security/test_fuzz_api.py` is the short form, in one process.
"""

import contextlib
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import httpx
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi import checks

from drills.faults import SEED
from drills.load import load
from drills.portal import Portal, portal
from drills.report import Report
from medinform.demo import agree, with_token
from tests.e2e.stack import ADMINISTRATOR, PATIENT, PRACTITIONER, ROOT, until

ANONYMOUS = "anonymous"
ROLES = {ANONYMOUS: "", "patient": PATIENT, "practitioner": PRACTITIONER, "administrator": ADMINISTRATOR}
KNOWN_IDS = 0.7  # of the calls are about something that is there
REQUESTS = 2000  # a round; 25 rounds make 50,000
ABOUT = (
    "Calls that Schemathesis makes up from the OpenAPI document, each sent as each of four roles to a deployed portal; 7 of 10 name "
    f"something that exists. Outside the document: a status, type, body or header that it does not promise. Seed {SEED}."
)
MANY = "1000000"
# Whose address comes in, their token goes out; the one before it ends. A second factor is there, as the place asks.
ISSUER = """
import sys
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from knox.models import AuthToken
from portal.accounts import access
from portal.accounts.models import User
for line in sys.stdin:
    user = User.objects.get(email=line.strip())
    if not user.authenticator_set.exists():
        TOTP.activate(user, generate_totp_secret())
    AuthToken.objects.filter(user=user).delete()
    print(access.issue(user=user)[1], flush=True)
"""
CHECKS = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]
Send = Callable[[Any, str], Any]  # (case, role): the answer
Lists = Callable[[str], list[Any]]  # what a list answers to each role, by its path
LISTS = {"/api/v1/figures/models/": "/api/v1/model-versions/"}  # where what is named is listed elsewhere
UPLOADS = "/api/v1/uploads/"  # of these there is no list


@schemathesis.serializer("application/offset+octet-stream")
def _piece(context: Any, value: Any) -> Any:
    return value if isinstance(value, bytes) else str(value).encode()


@dataclass
class Found:
    """`wrong`: each kind of answer outside the document, with how often; `said`: the first of it; `statuses`: of all answers."""

    requests: int = 0
    server_errors: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    said: dict[str, str] = field(default_factory=dict)

    def judge(self, case: Any, role: str, answer: Any) -> None:
        self.requests += 1
        self.statuses[answer.status_code] += 1
        is_busy = answer.status_code == 503 and "retry-after" in answer.headers
        self.server_errors += answer.status_code >= 500 and not is_busy
        try:
            case.validate_response(answer, checks=CHECKS if is_busy else [not_a_server_error, *CHECKS])
        except FailureGroup as group:
            for failure in group.exceptions:
                kind = f"{case.operation.label} {answer.status_code} {type(failure).__name__}"
                self.wrong[kind] += 1
                self.said.setdefault(kind, f"as {role}: {' '.join(str(failure).split())[:300]}; {case.as_curl_command()[:300]}")


def fuzz(document: dict[str, Any], send: Send, lists: Lists, *, cases: int, number: int, roles: Iterable[str] = ROLES) -> Found:
    """`cases` of each operation, every other one wrong on purpose, each sent as every role. `number` is the seed."""
    found, chance = Found(), random.Random(number)  # noqa: S311  # repeatable on purpose

    def asked(case: Any) -> None:
        for who in roles:
            found.judge(case, who, send(case, who))

    for result in schemathesis.openapi.from_dict(document).get_all_operations():
        operation: Any = result.ok()  # type: ignore[union-attr]  # our own document is valid
        listed, _, name = operation.path.partition("}")[0].partition("{")
        known = {name: _named(lists(LISTS.get(listed, listed)), name)} if name else {}
        wrong = cases // 2 if _can_be_wrong(operation) else 0
        for mode, share in ((GenerationMode.POSITIVE, cases - wrong), (GenerationMode.NEGATIVE, wrong)):
            if share:
                _one(operation, mode, share, number, chance, known, asked)
    return found


def _can_be_wrong(operation: Any) -> bool:
    """Whether there is something to send that is not just any text. (Hypothesis finds out too, after hundreds of tries.)"""
    sent = [*operation.query, *operation.path_parameters, *(header for header in operation.headers if header.name != "Authorization")]
    return bool(operation.body) or any(parameter.definition.get("schema") != {"type": "string"} for parameter in sent)


def _one(
    operation: Any,
    mode: GenerationMode,
    cases: int,
    number: int,
    chance: random.Random,
    known: dict[str, list[str]],
    use: Callable[[Any], Any],
) -> None:
    @seed(number)
    @settings(max_examples=cases, database=None, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
    @given(case=operation.as_strategy(generation_mode=mode))
    def run(case: Any) -> None:
        for name, values in known.items():
            if values and chance.random() < KNOWN_IDS:
                case.path_parameters[name] = chance.choice(values)
        use(case)

    with contextlib.suppress(Unsatisfiable):  # of some operations nothing can be wrong
        run()


def _named(lists: Iterable[Any], name: str) -> list[str]:
    """What the rows of these lists are called in a path."""
    found = []
    for told in lists:
        rows = told if isinstance(told, list) else told.get("results") or [entry["resource"] for entry in told.get("entry", [])]
        found += [str(row[name]) for row in rows if name in row]
    return found


class Deployed:
    """The same, against a portal that runs. Who has signed out, or withdrawn their consent, by one of the calls comes back; not by signing
    in, since the passwords that are made up close that for a while."""

    def __init__(self, running: Portal) -> None:
        self.address, self.session, self.calls = running.stack.address, requests.Session(), 0
        command = [sys.executable, "manage.py", "shell", "--verbosity", "0", "--command", ISSUER]
        self.issuer = subprocess.Popen(
            command, cwd=ROOT, env=running.stack.environment, text=True, bufsize=1, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.clients: dict[str, httpx.Client] = {}
        begin = {"Tus-Resumable": "1.0.0", "Upload-Length": "1000"}
        begun = [self.client("patient").post("/uploads/", headers=begin) for _ in range(20)]
        self.uploads = [{"id": answer.headers["Location"].split("/")[-2]} for answer in begun]

    def close(self) -> None:
        self.issuer.communicate()

    def client(self, role: str) -> httpx.Client:
        self.calls += 1
        if self.calls % 200 == 0:
            self.clients = {}
        if role not in self.clients:
            asked, told = self.issuer.stdin, self.issuer.stdout
            print(ROLES[role], file=asked)
            self.clients[role] = with_token(self.address, told.readline().strip())  # type: ignore[union-attr]  # a pipe
            agree(self.clients[role])
        return self.clients[role]

    def send(self, case: Any, role: str) -> Any:
        headers = {} if role == ANONYMOUS else {"Authorization": self.client(role).headers["Authorization"]}
        self.session.cookies.clear()
        answer = case.call(base_url=self.address, session=self.session, headers=headers)
        if answer.status_code in (204, 401):
            self.clients.pop(role, None)
        return answer

    def lists(self, path: str) -> list[Any]:
        if path == UPLOADS:
            return [self.uploads]
        answers = [self.client(role).get(path.removeprefix("/api/v1")) for role in ROLES if role != ANONYMOUS]
        return [answer.json() for answer in answers if answer.status_code == 200]


def drill(rounds: int) -> Report:
    report = Report("fuzz-api", ABOUT)
    with portal(THROTTLE_TOKEN=f"{MANY}/min", LOCKOUT_ADDRESS_FAILURES=MANY) as running:
        with load(running.stack, every=0.3, large=300) as steady:
            until(lambda: len(steady.accepted) >= 40, 120, "forty uploads")
        document = httpx.get(f"{running.stack.address}/api/v1/schema/", params={"format": "json"}, timeout=60).json()
        operations = sum(len(methods) for methods in document["paths"].values())
        cases = -(-REQUESTS * rounds // (operations * len(ROLES)))
        with contextlib.closing(Deployed(running)) as deployed:
            found = fuzz(document, deployed.send, deployed.lists, cases=cases, number=SEED)
    statuses = ", ".join(f"{status}: {n:,}" for status, n in sorted(found.statuses.items()))
    row = {"rounds": rounds, "operations": operations, "requests": found.requests, "5xx": found.server_errors}
    report.rows.append({**row, "outside the document": sum(found.wrong.values()), "answers": statuses})
    report.failed += [f"{n} times: {kind}: {found.said[kind]}" for kind, n in found.wrong.most_common()]
    if found.requests < REQUESTS * rounds:
        report.failed.append(f"only {found.requests:,} requests")
    return report
