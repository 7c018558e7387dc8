"""Audit events as FHIR R4 AuditEvent, checked against the standard by fhir.resources as they are built.

People are told apart by the portal's own number of them, never by name: who may see the export can look them up."""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC
from typing import Any

from django.conf import settings

from . import codes
from .models import AuditEvent

OBJECT_ROLE = "http://terminology.hl7.org/CodeSystem/object-role"
ENTITY_TYPE = "http://terminology.hl7.org/CodeSystem/audit-entity-type"


def resource(event: AuditEvent) -> dict[str, Any]:
    """Raises pydantic's ValidationError where it is not an AuditEvent by the standard."""
    from fhir.resources.R4B.auditevent import AuditEvent as Resource  # 26 MB: only for who exports

    return json.loads(Resource.model_validate(_told(event)).model_dump_json())


def bundle(events: Iterable[AuditEvent], *, following: str | None = None, here: str = "") -> dict[str, Any]:
    """A page of a search."""
    links = [{"relation": relation, "url": url} for relation, url in (("self", here), ("next", following)) if url]
    return {"resourceType": "Bundle", "type": "searchset", "link": links, "entry": [_entry(event) for event in events]}


def streamed(events: Iterable[AuditEvent]) -> Iterator[str]:
    """A Bundle of any length, entry by entry."""
    yield '{"resourceType": "Bundle", "type": "collection", "entry": ['
    for number, event in enumerate(events):
        yield ("," if number else "") + json.dumps({"fullUrl": _url(event), "resource": resource(event)})
    yield "]}"


def _entry(event: AuditEvent) -> dict[str, Any]:
    return {"fullUrl": _url(event), "resource": resource(event), "search": {"mode": "match"}}


def _url(event: AuditEvent) -> str:
    return f"{settings.SITE_URL}/api/v1/audit-events/{event.pk}"


def _told(event: AuditEvent) -> dict[str, Any]:
    code = codes.of(event.action)
    finer = [_coding(code.finer)] if code.finer else []
    return {
        "resourceType": "AuditEvent",
        "id": str(event.pk),
        "type": _coding(code.event),
        "subtype": [{"system": f"{settings.SITE_URL}/audit-actions", "code": event.action}, *finer],
        "action": code.kind,
        "recorded": event.at.astimezone(UTC).isoformat(),
        "outcome": code.outcome,
        "agent": [_agent(event)],
        "source": {
            "site": settings.SITE_URL,
            "observer": {"display": "MEDINFORM"},
            "type": [{"code": "4", "display": "Application Server"}],
        },
        "entity": [*_patient(event), _target(event)],
    }


def _coding(code: str) -> dict[str, str]:
    return {"system": codes.DCM, "code": code, "display": codes.NAMES[code]}


def _person(kind: str, number: int) -> dict[str, Any]:
    return {"type": kind, "identifier": {"system": f"{settings.SITE_URL}/people", "value": str(number)}}


def _agent(event: AuditEvent) -> dict[str, Any]:
    """Who did it: a person, somebody who was not signed in, or the portal itself."""
    who = _person("Person", event.actor_id) if event.actor_id else {"display": "nobody who was signed in" if event.address else "MEDINFORM"}
    network = {"network": {"address": event.address, "type": "2"}} if event.address else {}
    return {"who": who, "requestor": event.actor_id is not None, **network}


def _patient(event: AuditEvent) -> list[dict[str, Any]]:
    if event.patient_id is None:
        return []
    return [
        {
            "what": _person("Patient", event.patient_id),
            "type": {"system": ENTITY_TYPE, "code": "1", "display": "Person"},
            "role": {"system": OBJECT_ROLE, "code": "1", "display": "Patient"},
        }
    ]


def _target(event: AuditEvent) -> dict[str, Any]:
    about = {"request": event.request_id, **event.detail}
    told = {name: value if isinstance(value, str) else json.dumps(value) for name, value in about.items() if value not in ("", None)}
    detail = [{"type": name, "valueString": value} for name, value in told.items() if value.strip()]
    return {
        "what": {"identifier": {"system": f"{settings.SITE_URL}/{event.target_type}", "value": event.target_id or "unknown"}},
        "type": {"system": ENTITY_TYPE, "code": "2", "display": "System Object"},
        "role": {"system": OBJECT_ROLE, "code": "4", "display": "Domain Resource"},
        **({"detail": detail} if detail else {}),
    }
