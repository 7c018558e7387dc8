"""Real processes: the answer arrives, once, whatever is killed."""

import signal
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest

from medinform import niceness
from tests.conftest import as_upload, drawn_cell
from tests.e2e.stack import PRACTITIONER, Stack, until


def large(data: bytes) -> bytes:
    """The same cell as a JPEG of 25 megapixels: real work for a second or more."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    return cv2.imencode(".jpg", cv2.resize(pixels, (5000, 5000), interpolation=cv2.INTER_CUBIC))[1].tobytes()


def upload(client: httpx.Client, seed: int, data: bytes | None = None) -> dict:
    answer = client.post("/analyses/", files={"file": as_upload(data or drawn_cell(seed))}, data={"disease": "malaria"}, timeout=60)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def answer_of(client: httpx.Client, pk: str, seconds: float = 60) -> dict:
    def settled() -> dict | None:
        found = client.get(f"/analyses/{pk}/").json()
        return None if found["status"] in ("queued", "running") else found

    return dict(until(settled, seconds, "the answer"))


def test_an_uploaded_scan_is_answered_read_and_signed(stack: Stack) -> None:
    patient, practitioner = stack.client(), stack.client(PRACTITIONER)
    done = answer_of(patient, upload(patient, 201)["id"])
    assert (done["status"], done["finding"]) == ("done", "parasitized")
    review = f"/reviews/{done['review'].rstrip('/').rpartition('/')[2]}"
    reading = {"finding": "parasitized", "confidence": "high", "recommendation": "visit"}
    for step, body in (("claim", None), ("reading", reading), ("sign", reading)):
        assert practitioner.post(f"{review}/{step}/", json=body).status_code == 200
    assert patient.get(f"/analyses/{done['id']}/").json()["report_status"] == "final"
    kinds = {row["kind"] for row in patient.get("/notifications/").json()["results"]}
    assert kinds >= {"analysis_done", "review_signed"}
    until(
        lambda: stack.sql("SELECT 1 FROM notifications_notification WHERE kind = 'review_signed' AND emailed_at IS NOT NULL"),
        20,
        "the mail",
    )


def test_a_burst_is_answered_each_once(stack: Stack) -> None:
    patient = stack.client()
    stack.signal("worker-inference", signal.SIGSTOP)  # it takes nothing until all are queued
    sent = [upload(patient, seed, large(drawn_cell(seed)))["id"] for seed in range(31, 34)]
    stack.signal("worker-inference", signal.SIGCONT)
    until(lambda: stack.sql("SELECT 1 FROM analyses_analysis WHERE status = 'running'"), 30, "a running analysis")
    stack.kill("worker-inference")
    caught = stack.sql("SELECT id FROM analyses_analysis WHERE status = 'running'")
    stack.start("worker-inference")
    answers = [answer_of(patient, pk, 90) for pk in sent]
    assert {answer["status"] for answer in answers} == {"done"}
    counts = stack.sql(
        "SELECT target_id, count(*) FROM audit_auditevent WHERE action = 'analysis.done' AND target_id = ANY(%s) GROUP BY target_id", sent
    )
    assert dict(counts) == dict.fromkeys(sent, 1)
    assert len(caught) == 1
    for (pk,) in caught:
        assert patient.get(f"/analyses/{pk}/").json()["attempt"] == 2


def test_what_is_sent_while_no_worker_runs_is_answered_later(stack: Stack) -> None:
    patient = stack.client()
    stack.kill("worker-inference")
    waiting = upload(patient, 70)
    assert waiting["status"] == "queued"
    assert waiting["place"]["ahead"] == 0
    stack.start("worker-inference")
    assert answer_of(patient, waiting["id"])["status"] == "done"


def test_one_scan_does_not_wait_for_the_many_of_another_person(stack: Stack) -> None:
    many, one = stack.client(), stack.client(PRACTITIONER)
    stack.signal("worker-inference", signal.SIGSTOP)  # it takes nothing until all are queued
    burst = [upload(many, seed)["id"] for seed in range(400, 412)]
    single = upload(one, 420)
    assert single["place"]["ahead"] <= 3
    stack.signal("worker-inference", signal.SIGCONT)
    for pk in (*burst, single["id"]):
        assert answer_of(many if pk in burst else one, pk)["status"] == "done"
    ended = stack.sql("SELECT id FROM analyses_analysis WHERE id = ANY(%s::uuid[]) ORDER BY finished_at", [*burst, single["id"]])
    order = [str(pk) for (pk,) in ended]
    assert order.index(single["id"]) <= 4  # the first few, and the one that was in the worker's hands when it was stopped
    assert order[-1] in burst


def test_a_worker_whose_connections_were_cut_gets_new_ones(stack: Stack) -> None:
    patient = stack.client()
    assert answer_of(patient, upload(patient, 430)["id"])["status"] == "done"
    cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
    assert len(stack.sql(cut)) >= 1
    assert answer_of(patient, upload(patient, 431)["id"])["status"] == "done"


@pytest.mark.skipif(not niceness.AUTOGROUP.exists(), reason="this system does not group processes by session")
@pytest.mark.parametrize(("name", "nice"), [("worker-inference", 10), ("worker-default", 5), ("web", 0)])
def test_who_gives_way_does_so_to_other_sessions_too(stack: Stack, name: str, nice: int) -> None:
    group = Path(f"/proc/{stack.processes[name].pid}/autogroup")
    until(lambda: group.read_text().split()[-1] == str(nice), 30, f"{name} with nice {nice}")
