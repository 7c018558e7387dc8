"""My data: a copy of everything, and who looked."""

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.accounts.models import Dependant, PractitionerProfile, Role, User
from portal.accounts.services import add_document
from portal.analyses.models import ModelVersion
from portal.audit.context import RequestContext, reset_context, set_context
from portal.audit.models import AuditEvent
from portal.audit.services import record
from portal.notifications.models import Notification
from portal.records import archive, collect, erasure
from portal.records.models import Erasure
from portal.reviews import services as reviews
from portal.scans.models import Scan
from tests.conftest import person
from tests.portal.record_things import Answered, hang_up, signed, unzipped

pytestmark = pytest.mark.django_db


# --- a copy of everything


def test_the_copy_has_all_of_mine_and_opens_without_a_network(
    browse: Any, patient: User, practitioner: User, answered: Answered, settings: Any
) -> None:
    done = answered(patient, symptoms=["fever"])
    review = signed(done, practitioner, notes="Seen clearly.", first="A first thought that stays mine.")
    reviews.add_addendum(review=review, practitioner=practitioner, text="One thing more.")
    copied = unzipped(browse(patient).post("/me/data/copy/"))
    assert copied.testzip() is None
    data = json.loads(copied.read("data.json"))
    assert data["account"]["email"] == patient.email
    assert data["consents"][0]["withdrawn_at"] is None
    [scan], [analysis] = data["scans"], data["analyses"]
    assert copied.read(scan["file"]) == done.scan.file.open("rb").read()
    assert copied.read(analysis["heatmap"]) == done.heatmap.open("rb").read()
    assert analysis["probability"] == done.probability
    assert analysis["model_version"] == done.model_version.version
    assert analysis["symptoms"] == ["fever"]
    opinion = analysis["second_opinion"]
    assert (opinion["practitioner"], opinion["registration_number"]) == (practitioner.name, "MCI 12345")
    assert opinion["opinion"]["notes"] == "Seen clearly."
    assert opinion["addenda"][0]["text"] == "One thing more."
    assert {"review_signed", "addendum"} <= {one["kind"] for one in data["notifications"]}
    assert {"review.claimed", "review.signed"} <= {event["action"] for event in data["who_did_what_with_your_data"]}
    report = copied.read(analysis["report"]).decode()
    assert "Seen clearly." in report
    assert "suspicious for malaria" in report
    everything = b"".join(copied.read(name) for name in copied.namelist())
    assert b"A first thought that stays mine." not in everything
    for page in [name for name in copied.namelist() if name.endswith(".html")]:
        text = copied.read(page).decode()
        assert not re.search(r"(?:src|href)=\"(?:https?:|//|/)", text), f"{page} asks a network"
        folder = Path(page).parent
        for linked in re.findall(r'(?:src|href)="([^"#]+)"', text):
            inside = str((Path("/") / folder / linked).resolve().relative_to("/"))
            assert inside in copied.namelist(), f"{page} leads to {linked}, which is not there"


def test_nothing_of_anybody_else_is_in_the_copy(
    browse: Any, patient: User, practitioner: User, other_practitioner: User, administrator: User, answered: Answered
) -> None:
    stranger = person("canary-mail@elsewhere.example", Role.PATIENT, name="Canary Stranger")
    theirs = signed(answered(stranger, seed=7), other_practitioner, notes="CANARY-NOTE")
    Notification.objects.create(user=stranger, kind="verified", subject_id="CANARY-NEWS", url="/canary-news/")
    analysis = answered(patient)
    token = set_context(RequestContext(address="203.0.113.77"))
    mine = signed(analysis, practitioner)
    record("review.opened_page", mine, actor=practitioner, patient=patient, canary="CANARY-DETAIL")
    reset_context(token)
    picture = theirs.analysis.scan.file.open("rb").read()
    for who in (patient, practitioner):
        copied = unzipped(browse(who).post("/me/data/copy/"))
        everything = b"".join(copied.read(name) for name in copied.namelist())
        assert who.email.encode() in everything
        for canary in (b"Canary Stranger", b"canary-mail", b"CANARY", b"canary-news", picture, str(stranger.pk).encode() + b'"user'):
            assert canary not in everything
    copied = unzipped(browse(patient).post("/me/data/copy/"))
    assert "203.0.113.77" not in copied.read("data.json").decode()


def test_practitioners_take_what_they_wrote_but_not_whose_scan_it_was(
    browse: Any, patient: User, practitioner: User, answered: Answered
) -> None:
    add_document(profile=practitioner.practitioner_profile, title="Licence", data=b"%PDF-1.7 drawn here")
    review = signed(answered(patient), practitioner, notes="My own words.")
    reviews.add_addendum(review=review, practitioner=practitioner, text="Added words.")
    copied = unzipped(browse(practitioner).post("/me/data/copy/"))
    data = json.loads(copied.read("data.json"))
    assert [one["stage"] for one in data["opinions_you_wrote"]] == ["independent", "final"]
    assert data["opinions_you_wrote"][1]["notes"] == "My own words."
    assert data["addenda_you_wrote"][0]["text"] == "Added words."
    assert copied.read(data["practitioner_profile"]["documents"][0]["file"]) == b"%PDF-1.7 drawn here"
    everything = b"".join(copied.read(name) for name in copied.namelist())
    for of_the_patient in (patient.name, patient.email, str(review.analysis.scan_id)):
        assert of_the_patient.encode() not in everything


def test_one_copy_at_a_time_and_a_few_an_hour(browse: Any, api: Any, patient: User, settings: Any) -> None:
    settings.COPIES_AN_HOUR = 2
    client = api(patient)
    first = client.get("/api/v1/me/copy/")
    assert first.status_code == 200
    refused = client.get("/api/v1/me/copy/")
    assert (refused.status_code, refused.json()["code"], refused["Retry-After"]) == (429, "copy_in_progress", "60")
    assert "is being sent already" in browse(patient).post("/me/data/copy/", follow=True).content.decode()
    hang_up(first)
    assert unzipped(client.get("/api/v1/me/copy/")).namelist()
    refused = client.get("/api/v1/me/copy/")
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_copies")


def test_a_copy_is_audited_and_told_by_mail(browse: Any, patient: User, django_capture_on_commit_callbacks: Any, settings: Any) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        unzipped(browse(patient).post("/me/data/copy/"))
    assert AuditEvent.objects.filter(action="record.copied", actor=patient, patient=patient).count() == 1
    assert Notification.objects.filter(user=patient, kind="record_copied").count() == 1


def test_a_picture_that_is_gone_does_not_keep_the_rest(browse: Any, patient: User, answered: Answered) -> None:
    done = answered(patient)
    done.scan.file.storage.delete(done.scan.file.name)
    copied = unzipped(browse(patient).post("/me/data/copy/"))
    assert not [name for name in copied.namelist() if name.startswith("images/")]
    assert f"reports/{done.pk}.html" in copied.namelist()


def test_the_copy_of_many_scans_needs_no_more_queries_a_scan_and_little_memory(patient: User, answered: Answered) -> None:
    import tracemalloc

    first = answered(patient)
    with CaptureQueriesContext(connection) as few:
        for _ in archive.Copy(patient, "lock"):
            pass
    scan = Scan.objects.get(pk=first.scan_id)
    big = b"\x89PNG" + bytes(2**20)
    for number in range(60):
        name = scan.file.storage.save(f"scans/big{number}.png", io.BytesIO(big))
        Scan.objects.create(
            patient=patient,
            file=name,
            thumbnail=scan.thumbnail.name,
            format="PNG",
            width=1,
            height=1,
            size=1,
            source_sha256=f"{number}",
            sha256="",
        )
    tracemalloc.start()
    with CaptureQueriesContext(connection) as many:
        sent = sum(len(chunk) for chunk in archive.Copy(patient, "lock"))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sent > 60 * 2**20
    assert most < 8 * 2**20
    assert len(many) <= len(few) + 4  # one more a batch of rows


def test_every_model_of_a_person_is_in_the_copy_or_left_out_for_a_reason() -> None:
    """Whoever adds a model that belongs to a person, or hangs on a scan, says in portal/records/collect.py what becomes of it."""
    found = {field.model._meta.label_lower for field in erasure.pointing_at(User)}
    todo = [Scan]
    while todo:
        model = todo.pop()
        found.add(model._meta.label_lower)
        todo += [field.model for field in erasure.pointing_at(model)]
    assert found - collect.COLLECTED - set(collect.LEFT_OUT) == set()


def test_what_a_person_left_on_a_scan_goes_with_it_or_with_the_account() -> None:
    """A row of a person that neither goes with the account nor hangs on their scan would outlive both."""
    hanging, todo = set(), [Scan]
    while todo:
        model = todo.pop()
        hanging.add(model)
        todo += [field.model for field in erasure.pointing_at(model)]
    staying = {AuditEvent, Erasure, ModelVersion, PractitionerProfile}  # no words about the person are in them
    staying.add(Dependant)  # emptied with the account, and deleted with the record
    for field in erasure.pointing_at(User):
        goes = field.remote_field.on_delete is models.CASCADE or field.model in hanging
        assert goes or field.model in staying, f"{field} is neither deleted with the account nor with the scan"


# --- who looked


def test_who_looked_is_told_in_plain_words_by_day(
    browse: Any, patient: User, practitioner: User, administrator: User, answered: Answered
) -> None:
    done = answered(patient)
    reader, keeper = browse(practitioner), browse(administrator)
    for _ in range(3):
        reader.get("/reviews/")
    reader.get(f"/scans/{done.scan_id}/image/")
    keeper.get(f"/analyses/{done.pk}/")
    browse(patient).get(f"/analyses/{done.pk}/")
    page = " ".join(re.sub(r"<[^>]+>", "", browse(patient).get("/me/data/looks/").content.decode()).split())
    when = timezone.localtime(done.scan.uploaded_at).strftime("%-d %b %Y")
    assert f"{practitioner.name}, practitioner, opened your blood smear of {when}." in page
    assert "in the worklist, with your age and sex, 3 times since" in page
    assert "It waits there for any verified practitioner." in page
    assert f"{administrator.name}, administrator, opened the model&#x27;s answer about your blood smear" in page
    assert "Administrators look after the portal." in page
    assert "You" not in page.partition("Who looked at my data")[2].partition("MEDINFORM is decision")[0].replace("Your", "")
    own = browse(patient).get("/me/data/looks/?own=yes").content.decode()
    assert "uploaded your blood smear" in own


def test_nobody_sees_who_looked_at_another(
    browse: Any, api: Any, patient: User, other_patient: User, practitioner: User, answered: Answered
) -> None:
    signed(answered(patient), practitioner)
    assert practitioner.name in browse(patient).get("/me/data/looks/").content.decode()
    assert practitioner.name not in browse(other_patient).get("/me/data/looks/").content.decode()
    assert api(other_patient).get("/api/v1/me/looks/").json()["results"] == []
    assert "Nobody has looked at your data but you" in browse(other_patient).get("/me/data/looks/").content.decode()


def test_the_pages_of_looks_are_stable_and_need_a_fixed_number_of_queries(
    browse: Any, api: Any, patient: User, practitioner: User, answered: Answered
) -> None:
    done = answered(patient)
    client = browse(patient)
    record("scan.read", done.scan, actor=practitioner, patient=patient)
    with CaptureQueriesContext(connection) as few:
        client.get("/me/data/looks/")
    for number in range(250):
        record(f"made.up_{number}", done.scan, actor=practitioner, patient=patient)
    with CaptureQueriesContext(connection) as many:
        page = client.get("/me/data/looks/").content.decode()
    assert len(many) == len(few)
    assert len(re.findall(r"made up \d+", page)) == 100
    record("made.up_meanwhile", done.scan, actor=practitioner, patient=patient)
    seen = set(re.findall(r"made up (\d+)", page))
    while found := re.search(r'href="\?(before=\d+)"', page):
        page = client.get(f"/me/data/looks/?{found[1]}").content.decode()
        assert not seen & set(re.findall(r"made up (\d+)", page))
        seen |= set(re.findall(r"made up (\d+)", page))
    assert seen == {str(number) for number in range(250)}
    assert client.get("/me/data/looks/?before=what").status_code == 200
    assert client.get(f"/me/data/looks/?before={'9' * 30}").status_code == 200
    answer = api(patient).get("/api/v1/me/looks/?page_size=50").json()
    assert answer["next"]
    assert {"who": practitioner.name, "role": "practitioner", "action": "made.up_meanwhile"}.items() <= answer["results"][0].items()
    assert not any(look["is_own"] for look in answer["results"])
    assert any(look["is_own"] for look in api(patient).get("/api/v1/me/looks/?own=true&page_size=100&").json()["results"]) or answer["next"]


def test_every_action_that_touches_a_person_has_words() -> None:
    """A new action is told by its own name until it has words; this tells which of today's have none."""
    from portal.records.looks import WORDS

    source = "".join(path.read_text() for path in Path("portal").rglob("*.py"))
    actions = set(re.findall(r"(?:record|record_many|audit|audit_many)\(\s*\"([a-z]+\.[a-z_]+)\"", source))
    by_the_portal = {"analysis.handed_over", "review.opened", "review.claim_expired", "review.overdue", "account.closed", "record.erased"}
    by_the_portal |= {"account.sign_in_failed", "account.mfa_failed", "account.password_reset_asked"}  # by who was not signed in
    about_no_patient = {name for name in actions if name.split(".")[0] in ("model", "practitioner", "retention", "template")}
    about_no_patient |= {"account.created"}
    assert actions - set(WORDS) - by_the_portal - about_no_patient == set()
