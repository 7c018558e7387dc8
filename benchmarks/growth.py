"""How the portal is when it has grown: its lists, details, searches and queues, with ten thousand scans and with a million.

`python -m benchmarks.growth --scans 1000000` prints the table too. The requests go through the whole of Django in this process, with
PostgreSQL as it is tuned for tests; nobody else asks meanwhile. Each address is asked in turn with the others, so that none has the cache
to itself.
"""

import argparse
import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg2

from benchmarks.figures import Figure, render
from medinform import embedded, memory
from tests.e2e.stack import ADMINISTRATOR, PATIENT, PRACTITIONER, ROOT

SMALL, LARGE, ROUNDS = 10_000, 1_000_000, 100
TURNS = ROUNDS + 2
GOAL = 1.5
Asked = dict[str, tuple[str, str]]  # by name: who asks, for what


def figures(large: int = LARGE) -> list[Figure]:
    """Two portals side by side, asked round about, so that whatever else the machine does meanwhile befalls both."""
    with _portal(SMALL) as (small, _), _portal(large) as (grown, seconds):
        children = [_child(environment) for environment in (small, grown)]
        for _turn in range(TURNS):
            for child in children:
                child.stdin.write("\n")
                child.stdin.flush()
                child.stdout.readline()
        found = [json.loads(child.stdout.readline()) for child in children]
        for child in children:
            child.stdin.close()
            child.wait()
    return _compared(*found, large=large, seconds=seconds)


@contextmanager
def _portal(scans: int) -> Iterator[tuple[dict[str, str], float]]:
    """The environment of a portal with so many scans, and how long they took to make."""
    with (
        tempfile.TemporaryDirectory(prefix="medinform-bench-") as var,
        embedded.redis_server() as redis,
        embedded.postgres_server() as database,
    ):
        environment = {**os.environ, "DATABASE_URL": database, "REDIS_URL": redis, "VAR_DIR": var, "MEDIA_ROOT": f"{var}/media"}
        environment |= {"SECRET_KEY": secrets.token_urlsafe(50), "DEBUG": "true", "SECURE_TLS": "false", "DEMO_SCANS": "no"}
        environment |= {"DEMO_PASSWORD": secrets.token_urlsafe(12), "THROTTLE_USER": "1000000/min", "THROTTLE_ANON": "1000000/min"}
        for command in (["migrate", "-v0"], ["sync_models"], ["seed_demo"], ["populate", "--scans", str(scans)]):
            begun = time.perf_counter()
            subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
        seconds = time.perf_counter() - begun
        _tidy(database)
        yield environment, seconds


def _tidy(database: str) -> None:
    """What autovacuum has long done in a portal of two years, and would else do to these rows while they are asked for."""
    with closing(psycopg2.connect(database)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute("VACUUM (ANALYZE)")
        cursor.execute("CHECKPOINT")


def _child(environment: dict[str, str]) -> Any:
    command = [sys.executable, "-m", "benchmarks.growth", "--measure"]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def _compared(small: dict[str, Any], grown: dict[str, Any], *, large: int, seconds: float) -> list[Figure]:
    suite = f"{large:,} scans over {SMALL:,}, PostgreSQL"
    found = [Figure(suite, "making them (manage.py populate)", large / seconds, "scans/s", 1)]
    for name in grown:
        before, after = small[name], grown[name]
        found += [
            Figure(suite, f"{name}: p95 over p95", after["p95"] / before["p95"], "x", ROUNDS, f"<= {GOAL}"),
            Figure(suite, f"{name}: median over median", after["p50"] / before["p50"], "x", ROUNDS),
            Figure(suite, f"{name}: p95", 1000 * after["p95"], "ms", ROUNDS),
            Figure(suite, f"{name}: queries more", after["queries"] - before["queries"], "", 1, "<= 0"),
        ]
    return found


def measure() -> dict[str, dict[str, float]]:
    """Seconds and queries of each address, as the demo's people see it. In a process that has Django's settings."""
    import django

    django.setup()
    from portal.figures.services import keep

    keep()  # as the scheduler does every quarter of an hour
    memory.settle()  # as a web process does
    clients, asked, queries = signed_in(), addresses(), {}
    times: dict[str, list[float]] = {name: [] for name in asked}
    for turn in range(TURNS):
        sys.stdin.readline()  # when it is this portal's turn
        if turn == 1:  # the first turn has filled what is kept in this process
            queries = count_queries(clients, asked)
        else:
            for name, (email, address) in asked.items():
                begun = time.perf_counter()
                get(clients[email], address)
                if turn:
                    times[name].append(time.perf_counter() - begun)
        print(flush=True)
    spread = {name: statistics.quantiles(each, n=20) for name, each in times.items()}
    return {name: {"p95": each[-1], "p50": each[9], "queries": queries[name]} for name, each in spread.items()}


def signed_in() -> dict[str, Any]:
    """The demo's people, by address."""
    from django.test import Client

    from portal.accounts.models import ConsentText, User
    from portal.accounts.services import give_consent, has_consented

    clients = {}
    for email in (PATIENT, PRACTITIONER, ADMINISTRATOR):
        user, text = User.objects.get(email=email), ConsentText.current()
        if text and not has_consented(user):
            give_consent(user=user, text=text)
        clients[email] = Client(headers={"host": "localhost"})
        clients[email].force_login(user)
    return clients


def count_queries(clients: dict[str, Any], asked: Asked) -> dict[str, int]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    found = {}
    for name, (email, address) in asked.items():
        get(clients[email], "/notifications/")  # once in a while the first request says that the session is in use
        with CaptureQueriesContext(connection) as captured:
            get(clients[email], address)
        found[name] = len(captured)
    return found


def get(client: Any, address: str) -> None:
    answer = client.get(address)
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if answer.status_code != 200 or not body:
        raise SystemExit(f"{address}: {answer.status_code}")


def addresses() -> Asked:
    """Each list, detail, search and queue once, of people who have much; what is asked for has as much to show in either portal."""
    from portal.accounts.models import User
    from portal.analyses.models import Analysis
    from portal.audit.models import AuditEvent
    from portal.reviews.models import Review

    patient = User.objects.get(email=PATIENT)
    read = Analysis.objects.filter(patient=patient, status="done", review__status="signed").order_by("-queued_at")[:200]
    mine = next(each for each in read if not each.catalogue.laterality)  # of one of two it is asked whether it may still be corrected
    waits = _with_earlier(Review.objects.filter(status="waiting").order_by("due_at"))
    signed = _with_earlier(Review.objects.filter(status="signed", practitioner__email=PRACTITIONER).order_by("-signed_at"))
    event = AuditEvent.objects.order_by("-pk")[0]
    v1, admin = "/api/v1", "/admin"
    patients = {
        "home": "/",
        "my scans": "/analyses/",
        "my scans of one disease": f"/analyses/?disease={mine.disease}",
        "an answer": f"/analyses/{mine.pk}/",
        "my news": "/notifications/",
        "my questions": "/questions/",
        "my data": "/me/data/",
        "who looked at my data": "/me/data/looks/",
        "API: scans": f"{v1}/scans/",
        "API: analyses": f"{v1}/analyses/",
        "API: analyses that are done": f"{v1}/analyses/?status=done&disease={mine.disease}",
        "API: an analysis": f"{v1}/analyses/{mine.pk}/",
        "API: news": f"{v1}/notifications/",
        "API: who looked": f"{v1}/me/looks/",
    }
    practitioners = {
        "worklist": "/reviews/",
        "worklist, urgent": "/reviews/?view=open&urgency=1",
        "worklist, search": "/reviews/?q=Reader",
        "worklist, by reference": f"/reviews/?q={waits.reference}",
        "what I signed": "/reviews/?view=signed",
        "what is overdue": "/reviews/?view=overdue",
        "a case that waits": f"/reviews/{waits.pk}/",
        "a case that I signed": f"/reviews/{signed.pk}/",
        "my figures": "/figures/",
        "questions to answer": "/questions/",
        "API: reviews": f"{v1}/reviews/",
        "API: reviews that wait": f"{v1}/reviews/?status=waiting",
        "API: a review": f"{v1}/reviews/{signed.pk}/",
        "API: scans, as a practitioner": f"{v1}/scans/",
        "API: analyses, as a practitioner": f"{v1}/analyses/",
    }
    administrators = {
        "everybody's figures": "/figures/all/",
        "a model's figures": f"/figures/models/{mine.disease}/{mine.model_version.version}/",
        "admin: scans": f"{admin}/scans/scan/",
        "admin: analyses": f"{admin}/analyses/analysis/",
        "admin: analyses, search": f"{admin}/analyses/analysis/?q={patient.email}",
        "admin: reviews": f"{admin}/reviews/review/",
        "admin: people": f"{admin}/accounts/user/",
        "admin: people, search for one": f"{admin}/accounts/user/?q={patient.email}",
        "admin: people, search that fills its page": f"{admin}/accounts/user/?q=Patient",
        "admin: news": f"{admin}/notifications/notification/",
        "admin: audit": f"{admin}/audit/auditevent/",
        "admin: audit, one event": f"{admin}/audit/auditevent/{event.pk}/change/",
        "admin: audit, search": f"{admin}/audit/auditevent/?q={mine.pk}",
        "API: scans, as an administrator": f"{v1}/scans/",
        "API: analyses, as an administrator": f"{v1}/analyses/",
        "API: reviews, as an administrator": f"{v1}/reviews/",
    }
    of = {PATIENT: patients, PRACTITIONER: practitioners, ADMINISTRATOR: administrators}
    return {name: (email, address) for email, theirs in of.items() for name, address in theirs.items()}


def _with_earlier(reviews: Any) -> Any:
    """The first with pictures to compare with: a page that shows them asks for more than one without, in small portals as in large."""
    from portal.scans.models import Scan

    latest = reviews.select_related("analysis__scan")[:200]
    return next(each for each in latest if Scan.objects.before(each.analysis.scan, each.analysis.catalogue).exists())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--scans", type=int, default=LARGE)
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "medinform.settings")
        print(json.dumps(measure()))
    else:
        print(render(figures(arguments.scans)))


if __name__ == "__main__":
    main()
