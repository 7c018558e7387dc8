"""Who changes a person's data leaves an event: every POST, PUT, PATCH and DELETE of tests/portal/test_access.py, or a reason here."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from rest_framework.test import APIClient

import samples
from portal.accounts.models import User
from portal.analyses import services as analyses
from portal.analyses.models import Analysis
from portal.audit.models import AuditEvent
from portal.reviews import services as reviews
from portal.reviews.models import CriticalNotice, Review
from tests.conftest import PASSWORD, as_upload, drawn_cell, signed_in
from tests.portal.access_matrix import DELETE, POST, PUT
from tests.portal.access_walk import Things, address, routes, things  # noqa: F401  (a fixture)
from tests.portal.cases import READING

WHY = "Another pair of eyes, please"
RULES = "how the place works, no person's data; tests/portal/test_models.py and test_worklist.py look at its audit"
DRAFTS = "said once, when the draft is begun: not for every letter that is typed"
SCREEN = "what one's own screen shows"
QUIET = {
    **dict.fromkeys(("reviews:save_filter", "reviews:remove_filter", "v1:saved-filter-list", "v1:saved-filter-detail"), SCREEN),
    **dict.fromkeys(("notifications:read_all", "notifications:open", "v1:notification-read", "v1:notification-read-all"), SCREEN),
    **dict.fromkeys(("reviews:draft", "v1:review-draft", "reviews:apply_template"), DRAFTS),
}
ELSEWHERE = {
    **dict.fromkeys(("analyses:operating_point", "analyses:reset_operating_point", "v1:model-version-operating-point"), RULES),
    **dict.fromkeys(("v1:model-version-activate", "v1:model-version-retire", "v1:service-target-detail"), RULES),
    "v1:token": "tests/security/test_audit_is_complete.py",
    "v1:upload-list": "speaks tus only: below",
    **dict.fromkeys(("analyses:correct_side", "v1:analysis-side"), "of a picture of an eye: below"),
}


@dataclass
class Act:
    """Who does it, with what in hand, to which review or analysis ("fresh" ones are made for it)."""

    who: str
    data: dict[str, Any] = field(default_factory=dict)
    to: str = "held"
    method: str = "post"


CHILD = {"name": "Ravi", "birth_date": "2020-01-02", "sex": "male", "relationship": "parent"}
CHANGED = {**READING, "notes": "A platelet after all.", "reason": WHY}
PROFILE = {"name": "Meera", "birth_date": "1990-01-02", "sex": "female", "country": "Nepal"}
ACTS: dict[str, Act] = {
    "accounts:language": Act("patient", {"language": "hi"}),
    "accounts:profile": Act("patient", PROFILE),
    "v1:me": Act("patient", {"name": "Meera K."}, method="patch"),
    "accounts:make_token": Act("patient", {"name": "My script", "scope": "read", "days": 7}),
    "accounts:end_token": Act("patient"),
    "accounts:end_session": Act("patient"),
    "accounts:end_everything": Act("patient"),
    "v1:own-token-detail": Act("patient", method="delete"),
    "v1:session-detail": Act("patient", method="delete"),
    "accounts:add_document": Act("unverified", {"title": "Licence", "file": "a document"}),
    "accounts:dependants": Act("patient", CHILD),
    "accounts:remove_dependant": Act("patient"),
    "v1:dependant-list": Act("patient", CHILD),
    "v1:dependant-detail": Act("patient", method="delete"),
    "v1:consent": Act("patient", method="delete"),
    "records:copy": Act("patient"),
    "records:withdraw": Act("patient"),
    "records:close": Act("patient", {"password": PASSWORD, "understood": "on"}),
    "v1:closing": Act("patient", {"password": PASSWORD}),
    "v1:tokens": Act("patient", method="delete"),
    "analyses:disease": Act("patient", {"files": "a picture", "wants_review": "on"}),
    "analyses:cancel": Act("patient", to="waiting"),
    "v1:analysis-cancel": Act("patient", to="waiting"),
    "v1:analysis-requeue": Act("administrator", to="cancelled"),
    "v1:analysis-decline-review": Act("patient"),
    "reviews:claim": Act("practitioner", to="fresh"),
    "reviews:release": Act("assigned"),
    "reviews:flag": Act("practitioner", {"urgency": 1, "reason": WHY}, to="fresh"),
    "reviews:reading": Act("practitioner", READING, to="claimed"),
    "reviews:sign": Act("assigned", READING),
    "reviews:addendum": Act("assigned", {"text": WHY}, to="signed"),
    "reviews:decline": Act("patient"),
    "reviews:refer": Act("assigned", {"to": "speciality:Pathology", "reason": WHY}),
    "reviews:amend": Act("assigned", CHANGED, to="signed"),
    "reviews:told": Act("assigned", {"how": "phone"}),
    "reviews:discard_draft": Act("assigned"),
    "reviews:save_template": Act("assigned", {"template_name": "Other", **READING, "notes": "Rings."}),
    "reviews:change_template": Act("assigned", {"name": "Renamed", "notes": "Other words"}),
    "reviews:delete_template": Act("assigned"),
    "v1:reading-template-list": Act("assigned", {"name": "Third", "disease": "malaria", "said": {"notes": "Rings."}}),
    "v1:reading-template-detail": Act("assigned", method="delete"),
    "v1:review-claim": Act("practitioner", to="fresh"),
    "v1:review-release": Act("assigned"),
    "v1:review-flag": Act("practitioner", {"urgency": "urgent", "reason": WHY}, to="fresh"),
    "v1:review-reading": Act("practitioner", READING, to="claimed"),
    "v1:review-sign": Act("assigned", {**READING, "password": PASSWORD}),
    "v1:review-addenda": Act("assigned", {"text": WHY}, to="signed"),
    "v1:review-decline": Act("patient"),
    "v1:review-refer": Act("assigned", {"speciality": "Pathology", "reason": WHY}),
    "v1:review-amend": Act("assigned", {**CHANGED, "password": PASSWORD}, to="signed"),
    "v1:notice-told": Act("assigned", {"how": "phone"}),
    "questions:ask": Act("patient", {"text": "Is it bad?"}, to="signed"),
    "questions:thread": Act("patient", {"text": "Is it bad?"}),
    "questions:close": Act("patient"),
    "v1:question-messages": Act("patient", {"text": "Is it bad?"}),
    "v1:question-close": Act("patient"),
    "notifications:settings": Act("patient", {"analysis_done-portal": "on"}),
    "v1:notification-settings": Act("patient", {"kinds": [{"kind": "analysis_done", "email": False}]}, method="patch"),
    "notifications:unsubscribe": Act("patient"),
}


def test_every_change_has_an_act_or_a_reason() -> None:
    known = set(ACTS) | set(QUIET) | set(ELSEWHERE)
    assert (set(POST) | set(PUT) | set(DELETE)) - known == set()


@pytest.fixture
def cases(things: Things, patient: User, practitioner: User, answered: Callable[..., Analysis]) -> dict[str, list[Any]]:  # noqa: F811
    """What acts are done to: (analysis, review), by what state they are in."""
    fresh, claimed = (answered(patient, seed).review for seed in (5, 6))  # type: ignore[attr-defined]
    reviews.claim(review=claimed, practitioner=practitioner)
    waiting, cancelled = (analyses.submit(patient=patient, data=drawn_cell(seed), disease="malaria").analysis for seed in (7, 8))
    analyses.cancel(analysis=cancelled, by=patient)
    held = Review.objects.get(pk=things.arguments["review"][0])
    found = {"held": held, "fresh": fresh, "claimed": claimed, "signed": CriticalNotice.objects.get().review}
    return {
        **{name: [review.analysis_id, review.pk] for name, review in found.items()},
        **{name: [analysis.pk, None] for name, analysis in (("waiting", waiting), ("cancelled", cancelled))},
    }


def _client(name: str, person: User) -> Any:
    if name.startswith("v1:"):
        client = APIClient()
        client.force_authenticate(person)
        return client
    browser = Client()
    browser.force_login(person)
    signed_in(browser, person)
    return browser


def _in_hand(data: dict[str, Any]) -> dict[str, Any]:
    files = {"a picture": lambda: as_upload(drawn_cell(9)), "a document": lambda: as_upload(b"%PDF-1.7 drawn", "licence.pdf")}
    return {name: files[value]() if isinstance(value, str) and value in files else value for name, value in data.items()}


def test_every_change_leaves_an_event(things: Things, cases: dict[str, list[Any]]) -> None:  # noqa: F811
    paths = dict(routes())
    silent, nobodys = {}, []
    draft, template = things.arguments["draft"], things.arguments["template"]
    for name, act in ACTS.items():
        analysis, review = cases[act.to]
        things.arguments |= {"analysis": [analysis], "review": [review], "draft": [review, "final"], "template": template}
        with transaction.atomic():
            person = User.objects.get(pk=things.people[act.who].pk)  # type: ignore[union-attr]
            client = _client(name, person)
            before = AuditEvent.objects.latest("pk").pk
            notice = CriticalNotice.objects.get()
            data = {f"{notice.pk.hex[:8]}-how": "phone"} if name == "reviews:told" else _in_hand(act.data)
            response = getattr(client, act.method)(address(name, paths[name], things), data)
            b"".join(response)
            made = AuditEvent.objects.filter(pk__gt=before, actor=person)
            if not made.exists():
                silent[name] = (response.status_code, response.content[:300] if not response.streaming else b"")
            elif not name.startswith(
                ("reviews:save_t", "reviews:change_t", "reviews:delete_t", "v1:reading-template", "notif", "v1:notif")
            ):
                nobodys += [name] if not any(event.patient_id for event in made) else []
            transaction.set_rollback(True)
    assert draft
    assert silent == {}, list(silent)
    assert nobodys == []


def test_an_upload_in_pieces_is_kept_from_its_beginning_to_its_end(api: Any, patient: User) -> None:
    client = api(patient)
    begun = client.post("/api/v1/uploads/", headers={"Tus-Resumable": "1.0.0", "Upload-Length": "10"})
    assert client.delete(begun["Location"], headers={"Tus-Resumable": "1.0.0"}).status_code == 204
    actions = list(AuditEvent.objects.filter(actor=patient, patient=patient).order_by("pk").values_list("action", flat=True))
    assert actions[-2:] == ["upload.begun", "upload.discarded"]


def test_a_corrected_side_is_kept(api: Any, browse: Any, patient: User, all_six: None) -> None:
    eye = samples.path("diabetic_retinopathy", "grade_2").read_bytes()
    sent = analyses.submit(patient=patient, data=eye, disease="diabetic_retinopathy", laterality="L").analysis
    browse(patient).post(f"/analyses/{sent.pk}/side/", {"laterality": "R"})
    assert api(patient).post(f"/api/v1/analyses/{sent.pk}/side/", {"laterality": "L"}).status_code == 200
    assert AuditEvent.objects.filter(actor=patient, patient=patient, action="scan.side_corrected").count() == 2
