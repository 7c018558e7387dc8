"""The audit as FHIR AuditEvents: valid by the standard, page by page, without names, and itself audited."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from fhir.resources.R4B.bundle import Bundle

from portal.accounts.models import User
from portal.audit import codes, fhir
from portal.audit.models import AuditEvent
from portal.audit.services import record

API = "/api/v1/audit-events/"


@pytest.fixture
def events(patient: User, other_patient: User, practitioner: User) -> list[AuditEvent]:
    """Five looks at the data of one, one at that of another, one act of the portal itself."""
    made = [record("scan.read", patient, actor=practitioner, patient=patient, number=number) for number in range(5)]
    made.append(record("scan.read", other_patient, actor=practitioner, patient=other_patient))
    return [*made, record("review.overdue", patient, patient=patient)]


def test_every_action_is_a_valid_audit_event(patient: User, practitioner: User) -> None:
    for number, (action, code) in enumerate({**codes.CODES, "something.new": codes.UNKNOWN}.items(), 1):
        detail = {"reason": "Said so", "empty": "", "old": {"hours": 2}, "none": None, "share": 0.5}
        event = AuditEvent(pk=number, at=timezone.now(), action=action, target_type="scans.scan", target_id="1", detail=detail)
        event.actor_id, event.patient_id, event.address = practitioner.pk, patient.pk, "192.0.2.1"
        told = fhir.resource(event)
        assert (told["action"], told["outcome"]) == (code.kind, code.outcome)
        assert told["type"]["code"] == code.event
        assert [coding["code"] for coding in told["subtype"]] == [action, *([code.finer] if code.finer else [])]
        assert told["entity"][0]["what"]["identifier"]["value"] == str(patient.pk)
        assert {"type": "old", "valueString": '{"hours": 2}'} in told["entity"][1]["detail"]


def test_administrators_export_page_by_page(events: list[AuditEvent], administrator: User, patient: User, api: Any) -> None:
    client = api(administrator)
    page, seen = client.get(f"{API}?patient={patient.pk}&action=scan.read&page_size=2").json(), []
    while True:
        assert Bundle.model_validate(page).type == "searchset"
        seen += [int(entry["resource"]["id"]) for entry in page["entry"]]
        following = [link["url"] for link in page["link"] if link["relation"] == "next"]
        if not following:
            break
        page = client.get(following[0]).json()
    assert seen == [event.pk for event in reversed(events[:5])]
    one = client.get(f"{API}{events[0].pk}/").json()
    assert (one["id"], one["agent"][0]["requestor"]) == (str(events[0].pk), True)
    assert patient.email not in json.dumps(one)
    assert patient.name not in json.dumps(one)


def test_the_export_is_filtered_by_time(events: list[AuditEvent], administrator: User, api: Any) -> None:
    later = (timezone.now() + timedelta(hours=1)).isoformat().replace("+00:00", "Z")
    client = api(administrator)
    assert client.get(f"{API}?recorded_after={later}").json()["entry"] == []
    assert client.get(f"{API}?recorded_before={later}").json()["entry"]
    assert client.get(f"{API}?recorded_before=soon").status_code == 400
    assert client.get(f"{API}?patient=999999").status_code == 400


def test_the_export_is_told_to_whom_it_is_about(
    events: list[AuditEvent], administrator: User, patient: User, other_patient: User, api: Any, browse: Any
) -> None:
    api(administrator).get(f"{API}?patient={patient.pk}")
    assert list(AuditEvent.objects.filter(action="audit.exported").values_list("actor", "patient")) == [(administrator.pk, patient.pk)]
    assert "exported the audit of your data" in browse(patient).get("/me/data/looks/").content.decode()
    assert "exported the audit" not in browse(other_patient).get("/me/data/looks/").content.decode()


def test_the_administration_exports_what_is_selected(
    events: list[AuditEvent], administrator: User, patient: User, other_patient: User, browse: Any
) -> None:
    client = browse(administrator)
    asked = {"action": "export_as_fhir", "_selected_action": [event.pk for event in events]}
    response = client.post("/admin/audit/auditevent/", asked)
    assert response["Content-Type"] == "application/fhir+json"
    bundle = Bundle.model_validate(json.loads(b"".join(response)))
    assert [entry.resource.id for entry in bundle.entry] == [str(event.pk) for event in events]
    told = AuditEvent.objects.filter(action="audit.exported", actor=administrator).values_list("patient", flat=True)
    assert set(told) == {patient.pk, other_patient.pk}
