"""The crowd, in a process of its own, since gevent patches it: `python -m benchmarks.load.crowd PLAN.json` prints what it saw as JSON.

FastHttpUser (geventhttpclient) costs a third of Locust's default client: the crowd shares two processors with the portal.
"""

from gevent import monkey

monkey.patch_all()

import base64  # noqa: E402
import itertools  # noqa: E402
import json  # noqa: E402
import random  # noqa: E402
import re  # noqa: E402
import secrets  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections import Counter  # noqa: E402
from collections.abc import Callable  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import gevent  # noqa: E402
from locust import FastHttpUser, between, task  # noqa: E402
from locust.env import Environment  # noqa: E402

PLAN: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text())
PICTURES = [base64.b64decode(text) for text in PLAN["pictures"]]
DISEASE = PLAN["disease"]
CSRF = secrets.token_hex(16)
OPEN = re.compile(r'id="claim-([0-9a-f-]{36})"')
STATUSES: Counter[tuple[str, int]] = Counter()
_numbers = itertools.count()


def picture() -> bytes:
    """A JPEG with a comment of its own: other bytes, the same picture. What identity is cut out for cuts the comment, too."""
    drawn, mark = PICTURES[next(_numbers) % len(PICTURES)], secrets.token_hex(12).encode()
    return drawn[:2] + b"\xff\xfe" + (len(mark) + 2).to_bytes(2, "big") + mark + drawn[2:]


class Person(FastHttpUser):
    abstract = True
    kind = ""
    insecure, connection_timeout, network_timeout = True, 30, 60

    def on_start(self) -> None:
        session = PLAN["sessions"][self.kind].pop()
        self.headers = {"Cookie": f"sessionid={session}; csrftoken={CSRF}", "X-CSRFToken": CSRF, "Accept-Encoding": "gzip"}

    def ask(self, name: str, path: str, *, method: str = "GET", fine: tuple[int, ...] = (200,), **more: Any) -> Any:
        """One request; anything but `fine`, or a refusal that says when to come back, is a failure."""
        headers = {**self.headers, **more.pop("headers", {})}
        with self.client.request(method, path, name=name, headers=headers, catch_response=True, allow_redirects=False, **more) as answer:
            STATUSES[name, answer.status_code] += 1
            asked_to_wait = answer.status_code in (429, 503)
            if answer.status_code in fine or (asked_to_wait and (answer.headers or {}).get("Retry-After")):
                answer.success()
            else:
                answer.failure(f"status {answer.status_code}")
            return answer

    def upload(self, name: str) -> Any:
        files = {"files": ("eye.jpg", picture(), "image/jpeg")}
        return self.ask(
            name,
            f"/analyses/new/{DISEASE}/",
            method="POST",
            fine=(200, 201),
            files=files,
            data={"wants_review": "on"},
            headers={"Accept": "application/json"},
        )


class Patient(Person):
    """Browses and polls."""

    kind, fixed_count, wait_time = "patient", PLAN["patients"], between(5, 15)

    def on_start(self) -> None:
        super().on_start()
        self.analysis, self.polls = "", False
        gevent.sleep(random.uniform(0, 5))  # noqa: S311  (nobody opens a page at the same moment)
        answer = self.upload("upload, first")
        if answer.status_code == 201:
            self.analysis, self.polls = answer.json()["url"], True

    @task(3)
    def scans(self) -> None:
        self.ask("page: own scans", "/analyses/")

    @task(2)
    def home(self) -> None:
        self.ask("page: home", "/")

    @task(4)
    def poll(self) -> None:
        """As the page does: until it is told that there is nothing more to come (286)."""
        if self.polls:
            self.polls = self.ask("page: status", f"{self.analysis}status/", fine=(200, 286)).status_code != 286
        else:
            self.answer()

    @task(2)
    def answer(self) -> None:
        if self.analysis:
            self.ask("page: answer", self.analysis)

    @task(1)
    def disease(self) -> None:
        self.ask("page: disease", f"/analyses/new/{DISEASE}/")

    @task(1)
    def news(self) -> None:
        self.ask("page: news", "/notifications/")


class WalkIn(Person):
    """Sends one picture and looks until it is answered."""

    kind, fixed_count, wait_time = "walkin", PLAN["walk_ins"], between(5, 15)

    @task
    def send(self) -> None:
        answer = self.upload("upload, one picture")
        if answer.status_code != 201:
            return
        url = answer.json()["url"]
        for _ in range(60):
            gevent.sleep(2)
            if self.ask("page: status", f"{url}status/", fine=(200, 286)).status_code != 200:
                break


class Camp(Person):
    """Sends one picture after the other, whatever the portal says: all camps together as many a second as the file says at the moment."""

    kind, fixed_count = "camp", PLAN["camps"]

    def wait_time(self) -> float:
        now, apart = time.monotonic(), PLAN["camps"] / float(Path(PLAN["rate"]).read_text())
        self.next = max(getattr(self, "next", now) + apart, now - apart)  # who was kept waiting catches up, but no more than one
        return max(0.0, self.next - now)

    @task
    def send(self) -> None:
        self.upload("upload, camp")


class Practitioner(Person):
    """Opens the worklist, claims, reads, signs: one case after the other, each in 15 to 45 seconds."""

    kind, fixed_count, wait_time = "practitioner", PLAN["practitioners"], between(3, 9)

    @task
    def read(self) -> None:
        page = self.ask("page: worklist", "/reviews/")
        open_ones = list(dict.fromkeys(OPEN.findall(page.text or "")))
        if not open_ones:
            return
        pk = random.choice(open_ones[:20])  # noqa: S311
        api = f"/api/v1/reviews/{pk}"
        if self.ask("api: claim", f"{api}/claim/", method="POST", fine=(200, 404, 409), json={}).status_code != 200:
            return  # somebody else was first: it is held, or signed already, and then not there for others
        self.ask("page: reading room", f"/reviews/{pk}/")
        gevent.sleep(random.uniform(12, 36))  # noqa: S311
        self.ask("api: reading", f"{api}/reading/", method="POST", json=PLAN["opinion"])
        self.ask("api: sign", f"{api}/sign/", method="POST", json=PLAN["opinion"])


KINDS: list[Callable[..., Any]] = [Patient, WalkIn, Camp, Practitioner]


def main() -> dict[str, Any]:
    crowd = [kind for kind in KINDS if kind.fixed_count]  # type: ignore[attr-defined]
    environment = Environment(user_classes=crowd, host=PLAN["address"])  # type: ignore[arg-type]
    runner = environment.create_local_runner()
    count = sum(kind.fixed_count for kind in crowd)  # type: ignore[attr-defined]
    runner.start(count, spawn_rate=count / PLAN["arrive"])
    gevent.sleep(PLAN["arrive"])
    environment.stats.reset_all()
    began = time.process_time()
    gevent.sleep(PLAN["seconds"])
    spent = (time.process_time() - began) / PLAN["seconds"]
    runner.stop()
    return {
        "spent": spent,
        "requests": {entry.name: _said(entry) for entry in environment.stats.entries.values()},
        "pages": [[time_, times] for entry in _pages(environment) for time_, times in entry.response_times.items()],
        "statuses": [[name, status, times] for (name, status), times in sorted(STATUSES.items())],
        "errors": [f"{error.name}: {error.error} ({error.occurrences})" for error in environment.stats.errors.values()],
    }


def _pages(environment: Environment) -> list[Any]:
    return [entry for entry in environment.stats.entries.values() if entry.name.startswith("page:")]


def _said(entry: Any) -> dict[str, float]:
    quantiles = {f"p{share}": entry.get_response_time_percentile(share / 100) for share in (50, 95, 99)}
    return {"n": entry.num_requests, "failures": entry.num_failures, **quantiles}


if __name__ == "__main__":
    print(json.dumps(main()))
