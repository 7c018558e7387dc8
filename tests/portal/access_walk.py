"""Walking every route with the whole cast: the routes, the things of `patient` that fill their paths, and a client for each person."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.test import APIClient

from portal.accounts import access, dependants
from portal.accounts.models import PractitionerDocument, Role, User
from portal.accounts.services import add_document
from portal.analyses.models import Analysis
from portal.audit.models import AuditEvent
from portal.notifications import unsubscribe
from portal.notifications.models import Notification
from portal.questions import services as questions
from portal.reviews import drafts, own_templates
from portal.reviews import services as reviews
from portal.reviews.models import CriticalNotice, Review, SavedFilter, ServiceTarget
from portal.scans import uploads
from tests.conftest import PASSWORD, an_answered, malaria_in_use, person, unverified_practitioner, verified
from tests.portal.cases import URGENT


def routes(patterns: Any = None, prefix: str = "", namespace: str = "") -> Iterator[tuple[str, str]]:
    """Every (name, path pattern) of the URLconf."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from routes(pattern.url_patterns, prefix + str(pattern.pattern), inner)
        elif isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name}", prefix + str(pattern.pattern)


@dataclass
class Things:
    people: dict[str, User | None]
    arguments: dict[str, list[Any]]


CAST = ("patient", "other_patient", "unverified", "practitioner", "other_practitioner", "administrator")


@pytest.fixture
def things(request: pytest.FixtureRequest, answered: Callable[..., Analysis]) -> Things:
    return made(*map(request.getfixturevalue, CAST), answered)


def made_for_all() -> Things:
    """The same without fixtures, to be made once for many tests: see `made_once`."""
    administrator = person("ada@clinic.example", Role.ADMINISTRATOR)
    patients = (person(email, Role.PATIENT) for email in ("meera@home.example", "otto@home.example"))
    practitioners = (verified(email, administrator) for email in ("dr.rao@clinic.example", "dr.osei@clinic.example"))
    answered = partial(an_answered, malaria_in_use())
    return made(*patients, unverified_practitioner("uma@clinic.example"), *practitioners, administrator, answered)


def made(
    patient: User,
    other_patient: User,
    unverified: User,
    practitioner: User,
    other_practitioner: User,
    administrator: User,
    answered: Callable[..., Analysis],
) -> Things:
    analysis = answered(patient)
    review = reviews.claim(review=analysis.review, practitioner=other_practitioner)  # type: ignore[attr-defined]
    reviews.record_reading(review=review, practitioner=other_practitioner, finding="parasitized", confidence="high", recommendation="none")
    drafts.save(review=review, practitioner=other_practitioner, stage="final", said={"notes": "Half a thought"})
    template = own_templates.save(practitioner=other_practitioner, name="Mine", disease="malaria", said={"notes": "Ring form."})
    document: PractitionerDocument = add_document(profile=unverified.practitioner_profile, title="Licence", data=b"%PDF-1.7 drawn here")
    notice = a_notice(answered(patient, 2).review, other_practitioner)  # type: ignore[attr-defined]
    note = Notification.objects.filter(user=patient).first()
    assert note is not None
    assert ContentFile is not None
    child = dependants.add(guardian=patient, name="Asha", birth_date=date.today(), sex="female", relationship="parent")
    upload = uploads.begin(owner=patient, length=10)
    browser = Client()
    browser.post("/accounts/login/", {"login": patient.email, "password": PASSWORD})
    session = UserSession.objects.get(user=patient)
    token, _ = access.issue(user=patient, name="Mine")
    people: dict[str, User | None] = {"anonymous": None, "patient": patient, "other_patient": other_patient, "unverified": unverified}
    people |= {"practitioner": practitioner, "assigned": other_practitioner, "administrator": administrator}
    arguments = {"scan": [analysis.scan_id], "analysis": [analysis.pk], "review": [review.pk], "notification": [note.pk]}
    arguments["notice"] = [notice.pk]
    arguments |= {"draft": [review.pk, "final"], "template": [template.pk]}
    view = SavedFilter.objects.create(user=practitioner, name="Urgent", query="urgency=1")
    arguments |= {"saved": [view.pk], "service": [ServiceTarget.objects.get(disease="malaria", urgency=1).pk]}
    model = analysis.model_version
    arguments["question"] = [questions.ask(review=review, patient=patient, text="What do you see?").pk]
    arguments["link"] = [unsubscribe.address(patient, "analysis_done").rstrip("/").rpartition("/")[2]]
    arguments["audit"] = [AuditEvent.objects.filter(patient=patient).latest("pk").pk]
    arguments |= {"upload": [upload.pk], "dependant": [child.pk], "model": [model.pk], "model page": [model.disease, model.version]}
    arguments |= {"session": [session.pk], "token": [token.pk]}
    return Things(people, arguments | {"document": [document.pk], "disease": ["malaria"]})


def a_notice(review: Review, reader: User) -> CriticalNotice:
    """Of a case of its own: a critical opinion that `reader` signed."""
    said = {"finding": "parasitized", "confidence": "high", **URGENT}
    reviews.claim(review=review, practitioner=reader)
    reviews.record_reading(review=review, practitioner=reader, **said)
    return reviews.sign(review=review, practitioner=reader, **said).notice  # type: ignore[attr-defined,no-any-return]


def address(name: str, path: str, things: Things) -> str:
    """The path with the things of `patient` in it."""
    app, _, action = name.partition(":")
    kind = (
        action.partition("-")[0]
        if app == "v1"
        else {"scans": "scan", "analyses": "analysis", "reviews": "review", "questions": "question"}.get(app, "notification")
    )
    if name == "accounts:document":
        kind = "document"
    if name == "accounts:remove_dependant":
        kind = "dependant"
    if name in ("analyses:disease", "v1:reading-form-detail"):
        kind = "disease"
    if name == "reviews:told":
        kind = "notice"
    if name == "reviews:remove_filter":
        kind = "saved"
    if app in ("analyses", "figures") and "models/" in path:
        kind = "model page"
    kind = {"accounts:end_session": "session", "accounts:end_token": "token", "v1:own-token-detail": "token"}.get(name, kind)
    if "/drafts/" in path:
        kind = "draft"
    if "templates/" in path:
        kind = "template"
    if name == "questions:ask":
        kind = "review"
    if name == "notifications:unsubscribe":
        kind = "link"
    values = iter(things.arguments.get(kind, []))
    filled = re.sub(r"\(\?P<[^>]+>(?:[^()]|\([^()]*\))*\)|<[^>]+>", lambda _: str(next(values, "")), path)
    return "/" + filled.replace("^", "").replace("$", "").replace("\\", "")


def fresh(person: User | None) -> User | None:
    """Read anew: nothing that an earlier request kept on the object counts."""
    return User.objects.get(pk=person.pk) if person else None


def client_of(name: str, person: User | None) -> Any:
    if name.startswith("v1:"):
        client = APIClient()
        client.force_authenticate(person)
        return client
    client = Client()
    if person is not None:
        client.force_login(person)
    return client
