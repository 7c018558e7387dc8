"""Who looks at a person's data, or changes it, leaves an event: every route of tests/portal/test_access.py, or a reason here."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from portal.accounts.models import User, Verification
from portal.accounts.services import verify_practitioner
from portal.analyses.models import Analysis
from portal.audit import codes
from portal.audit.models import AuditEvent
from portal.audit.services import hashed
from portal.records.looks import WORDS
from portal.reviews.models import CriticalNotice
from tests.conftest import PASSWORD
from tests.portal.access_matrix import GET
from tests.portal.access_walk import Things, address, client_of, routes, things  # noqa: F401  (a fixture)
from tests.security.people import code_of

OWN = "shows oneself only what one said of oneself"
NOBODY = "shows nobody's data"
COUNTS = "counts, of fewer than ten nothing"
# GET that leaves no event, and why that is right.
QUIET = {
    **dict.fromkeys(("accounts:profile", "accounts:consent", "accounts:dependants", "v1:me", "v1:dependant-list", "v1:consent"), OWN),
    **dict.fromkeys(("notifications:list", "notifications:settings", "v1:notification-list", "v1:notification-settings"), OWN),
    **dict.fromkeys(("records:index", "records:looks", "records:withdraw", "records:close", "v1:looks", "v1:closing"), OWN),
    **dict.fromkeys(("accounts:access", "v1:own-token-list", "v1:session-list"), OWN),
    **dict.fromkeys(("reviews:templates", "v1:reading-template-list", "v1:reading-template-detail", "v1:saved-filter-list"), OWN),
    **dict.fromkeys(("notifications:unsubscribe", "v1:upload-detail", "questions:ask"), OWN),
    **dict.fromkeys(
        (
            "healthz",
            "readyz",
            "metrics",
            "words",
            "v1:schema",
            "v1:docs",
            "api-not-found",
            "analyses:disease",
            "analyses:models",
            "analyses:model",
        ),
        NOBODY,
    ),
    **dict.fromkeys(("analyses:operating_point", "analyses:implied", "v1:disease-list", "v1:disease-detail"), NOBODY),
    **dict.fromkeys(("v1:model-version-list", "v1:model-version-detail", "v1:reading-form-list", "v1:reading-form-detail"), NOBODY),
    "v1:service-target-list": NOBODY,
    **dict.fromkeys(("figures:mine", "figures:everybody", "figures:model", "v1:my-figures", "v1:all-figures", "v1:model-figures"), COUNTS),
    "v1:review-colleagues": "names of practitioners to refer to, which the place publishes to its practitioners",
}
WHO = {
    "home": "patient",
    "analyses:list": "patient",
    "questions:list": "patient",
    "questions:ask": "patient",
}  # who has something to see there
FIRST = ("assigned", "administrator", "patient", "practitioner", "unverified")  # else the first of these who sees it


def test_every_read_leaves_an_event(things: Things) -> None:  # noqa: F811
    paths = dict(routes())
    silent, loud = [], []
    for name in sorted(GET):
        seers = [who for who, status in GET[name].items() if status in (200, 286)]
        who = WHO.get(name) or next((who for who in FIRST if who in seers), "patient")
        if name == "v1:review-earlier-scans":  # of the newer case of two
            things.arguments["review"] = [CriticalNotice.objects.get().review_id]
        before = newest()
        response = client_of(name, things.people[who]).get(address(name, paths[name], things))
        b"".join(response)  # what is streamed is written while it is read
        made = AuditEvent.objects.filter(pk__gt=before, actor=things.people[who], action__contains=".").exclude(action="account.signed_in")
        if name in QUIET and made.exists():
            loud.append(name)
        if name not in QUIET and not (made.exists() and all(event.patient_id for event in made)):
            silent.append(name)
    assert (silent, loud) == ([], [])


@pytest.fixture
def administration(administrator: User, browse: Any) -> Client:
    return browse(administrator)


def made_by(user: User, since: int) -> list[tuple[str, str, int | None]]:
    found = AuditEvent.objects.filter(actor=user, pk__gt=since).order_by("pk")
    return [(event.action, event.target_type, event.patient_id) for event in found]


def newest() -> int:
    return AuditEvent.objects.latest("pk").pk


def test_looks_of_the_administration_are_told_to_whom_they_are_about(
    administration: Client, administrator: User, patient: User, answered: Any, browse: Any
) -> None:
    analysis = answered(patient)
    before = newest()
    assert administration.get("/admin/accounts/user/").status_code == 200
    assert ("admin.listed", "accounts.user", patient.pk) in made_by(administrator, before)
    for page, target in (
        (f"accounts/user/{patient.pk}/change/", "accounts.user"),
        (f"analyses/analysis/{analysis.pk}/change/", "analyses.analysis"),
        (f"reviews/review/{analysis.review.pk}/change/", "reviews.review"),
    ):
        before = newest()
        assert administration.get(f"/admin/{page}").status_code == 200
        assert made_by(administrator, before) == [("admin.read", target, patient.pk)]
    before = newest()
    assert administration.get(f"/admin/accounts/user/{patient.pk}/history/").status_code == 200
    assert made_by(administrator, before) == [("admin.history_read", "accounts.user", patient.pk)]
    page = browse(patient).get("/me/data/looks/").content.decode()
    assert "opened what is kept about you in the administration" in page


def test_every_model_in_the_administration_is_watched(administration: Client) -> None:
    from django.contrib import admin
    from django.contrib.admin.models import LogEntry

    from portal.audit.watched import WatchedAdmin

    ours = {
        model: shown for model, shown in admin.site._registry.items() if model is not LogEntry and model.__module__.startswith("portal.")
    }
    assert ours
    assert [model for model, shown in ours.items() if not isinstance(shown, WatchedAdmin)] == []
    libraries = {model: shown for model, shown in admin.site._registry.items() if not model.__module__.startswith("portal.")}
    assert [model for model, shown in libraries.items() if not isinstance(shown, WatchedAdmin)] == []


def test_changes_of_the_administration_name_fields_and_no_content(administration: Client, administrator: User, patient: User) -> None:
    page = f"/admin/accounts/user/{patient.pk}/change/"
    form = administration.get(page).context["adminform"].form
    data = {name: form.initial.get(name) or "" for name in ("email", "name", "role")} | {"name": "Meera Canary", "is_active": "on"}
    profile = patient.patient_profile
    data |= {"patient_profile-TOTAL_FORMS": "1", "patient_profile-INITIAL_FORMS": "1", "patient_profile-0-user": str(patient.pk)}
    data |= {"patient_profile-0-id": str(profile.pk), "patient_profile-0-sex": "female", "patient_profile-0-country": "Nepal"}
    data |= {"emailaddress_set-TOTAL_FORMS": "0", "emailaddress_set-INITIAL_FORMS": "0"}
    before = newest()
    assert administration.post(page, data).status_code == 302
    event = AuditEvent.objects.get(pk__gt=before, action="admin.changed")
    assert event.patient == patient
    assert {"Full name", "Country"} <= set(event.detail["fields"])
    assert "Canary" not in str(event.detail)


# --- signing in


def test_signing_in_failing_and_out_is_kept_without_what_a_stranger_typed(patient: User, settings: Any) -> None:
    client, before = Client(), newest()
    typed = " Stranger@Elsewhere.example"
    client.post("/accounts/login/", {"login": typed, "password": "guess"})
    client.post("/accounts/login/", {"login": patient.email, "password": "guess"})
    client.post("/accounts/login/", {"login": patient.email, "password": PASSWORD})
    client.post("/accounts/logout/")
    events = list(AuditEvent.objects.filter(pk__gt=before).order_by("pk"))
    assert [(event.action, event.actor, event.patient) for event in events] == [
        ("account.sign_in_failed", None, None),
        ("account.sign_in_failed", None, patient),
        ("account.signed_in", patient, patient),
        ("account.signed_out", patient, patient),
    ]
    assert events[0].detail == {"typed": hashed("stranger@elsewhere.example")}
    assert "stranger" not in str([vars(event) for event in events]).lower()
    settings.SECRET_KEY = "another place, another key, another hash"
    assert events[0].detail != {"typed": hashed("stranger@elsewhere.example")}


def test_tokens_are_kept_when_they_are_made_refused_and_ended(patient: User, api: Any) -> None:
    client, before = api(None), newest()
    said = {"email": patient.email, "password": PASSWORD}
    assert client.post("/api/v1/token/", {**said, "password": "guess"}).status_code == 401
    token = client.post("/api/v1/token/", said).json()["token"]
    client.credentials(HTTP_AUTHORIZATION=f"Token {token}")
    assert client.delete("/api/v1/token/").status_code == 204
    assert client.get("/api/v1/me/").status_code == 401
    found = AuditEvent.objects.filter(pk__gt=before).order_by("pk").values_list("action", flat=True)
    assert list(found) == ["account.sign_in_failed", "account.signed_in", "account.token_issued", "account.signed_out"]


def test_changing_what_it_takes_to_sign_in_is_kept(patient: User, browse: Any) -> None:
    client = browse(patient)
    new = "another correct horse"
    before = newest()
    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    client.post("/accounts/email/", {"action_add": "", "email": "second@home.example"})
    client.post("/accounts/email/", {"action_remove": "", "email": "second@home.example"})
    client.post("/accounts/reauthenticate/", {"password": new})
    page = client.get("/accounts/2fa/totp/activate/")
    assert page.status_code == 200
    secret = client.session["mfa.totp.secret"]
    assert client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)})["Location"].endswith("/recovery-codes/")
    Client().post("/accounts/password/reset/", {"email": patient.email})
    actions = set(AuditEvent.objects.filter(pk__gt=before, patient=patient).values_list("action", flat=True))
    assert {"account.password_changed", "account.email_added", "account.email_removed", "account.mfa_added"} <= actions
    assert "account.password_reset_asked" in actions
    assert "second@home" not in str(list(AuditEvent.objects.values_list("detail", flat=True)))


# --- one transaction


def test_an_act_that_is_rolled_back_leaves_no_event(unverified: User, administrator: User) -> None:
    before = newest()
    with transaction.atomic():
        verify_practitioner(profile=unverified.practitioner_profile, by=administrator)
        assert newest() > before
        transaction.set_rollback(True)
    assert newest() == before


def test_who_is_turned_away_leaves_an_event_and_who_mistypes_does_not(things: Things, other_patient: User, browse: Any, api: Any) -> None:  # noqa: F811
    [review], [analysis] = things.arguments["review"], things.arguments["analysis"]
    page, calls, since = browse(other_patient), api(other_patient), newest()
    answers = [
        page.get(f"/analyses/{analysis}/"),
        page.post(f"/reviews/{review}/claim/"),
        calls.get(f"/api/v1/reviews/{review}/"),
        calls.get("/api/v1/audit-events/"),
        page.get("/figures/all/"),
        page.get("/nowhere/"),
        calls.get("/api/v1/nowhere/"),
        page.get("/analyses/models/malaria/9.9.9/"),
        Client().get(f"/api/v1/reviews/{review}/"),
    ]
    made = AuditEvent.objects.filter(pk__gt=since, action="access.refused").order_by("pk")
    assert [answer.status_code for answer in answers] == [404, 404, 404, 403, 403, 404, 404, 404, 401]
    assert [(event.actor, event.target_type, event.target_id, event.detail["status"]) for event in made] == [
        (other_patient, "analyses:detail", str(analysis), 404),
        (other_patient, "reviews:claim", str(review), 404),
        (other_patient, "v1:review-detail", str(review), 404),
        (other_patient, "v1:audit-event-list", "", 403),
        (other_patient, "figures:everybody", "", 403),
    ]
    assert all(event.request_id and event.address for event in made)


@pytest.fixture
def no_more_events(db: None) -> Iterator[None]:
    """The database takes no event: as when its disk is full."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE audit_auditevent ADD CONSTRAINT full_up CHECK (false) NOT VALID")
    return


def test_an_event_that_can_not_be_written_stops_the_act(
    unverified: User, administrator: User, patient: User, answered: Any, browse: Any, request: pytest.FixtureRequest
) -> None:
    analysis: Analysis = answered(patient)
    client, stranger = browse(patient), Client(raise_request_exception=False)
    client.raise_request_exception = False
    request.getfixturevalue("no_more_events")
    with pytest.raises(DatabaseError), transaction.atomic():
        verify_practitioner(profile=unverified.practitioner_profile, by=administrator)
    unverified.practitioner_profile.refresh_from_db()
    assert unverified.practitioner_profile.verification == Verification.PENDING
    for path in (f"/analyses/{analysis.pk}/", f"/scans/{analysis.scan_id}/image/", "/me/data/copy/"):
        with transaction.atomic():
            assert (client.post(path) if path.endswith("copy/") else client.get(path)).status_code == 500
            transaction.set_rollback(True)
    with transaction.atomic():
        assert stranger.post("/accounts/login/", {"login": patient.email, "password": PASSWORD}).status_code == 500
        transaction.set_rollback(True)
    assert "sessionid" not in stranger.cookies


# --- words and codes


def actions_in_the_code() -> set[str]:
    """Every name that the code records."""
    found = {f"analysis.{to}" for to in ("done", "rejected", "failed")} | {"template.added", "template.changed"}
    found |= {f"{model}.{how}" for model in ("readingpolicy", "criticalrule") for how in ("set", "removed")}
    for path in Path("portal").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and path.name == "listeners.py":
                found |= {node.value} if node.value.startswith("account.") else set()
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.startswith(("record", "audit", "_event")):
                first = node.args[0] if node.args else None
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    found.add(first.value)
    return found - {""}


def test_every_action_has_a_code_and_every_code_an_action() -> None:
    assert set(codes.CODES) - {"audit.exported"} == actions_in_the_code() - {"audit.exported"}
    assert {code.kind for code in codes.CODES.values()} <= set("CRUDE")


def test_a_persons_own_words_are_there_for_what_is_told_to_them() -> None:
    told = {action for action in codes.CODES if action.startswith(("account.", "admin.", "audit.", "practitioner."))}
    not_told = {
        "account.closed",
        "account.sign_in_failed",
        "account.mfa_failed",
        "account.password_reset_asked",
    }  # nobody's act, or nobody left
    assert told - set(WORDS) == not_told
