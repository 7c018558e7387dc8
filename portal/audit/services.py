"""The only way to write an audit event."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.crypto import salted_hmac

from . import marks
from .context import current
from .models import AuditEvent


def record(action: str, target: models.Model, *, actor: Any = None, patient: Any = None, **detail: Any) -> AuditEvent:
    """Add one event, in the caller's transaction. `actor` None means the system itself."""
    event = _marked(_event(action, target, actor, patient, detail))
    event.save()
    return event


def record_many(
    action: str, targets: Sequence[models.Model], *, patients: Sequence[Any], actor: Any = None, details: Sequence[dict[str, Any]] = ()
) -> None:
    """One event for each of `targets`, in one statement. `details` is empty, or has one for each."""
    AuditEvent.objects.bulk_create(
        _marked(_event(action, target, actor, patient, detail))
        for target, patient, detail in zip(targets, patients, details or [{}] * len(targets), strict=True)
    )


def record_looked(action: str, people: Iterable[Any], *, by: Any, **detail: Any) -> None:
    """Somebody looked at the audit itself: once for each of the `people` whom that told of, or once where it was nobody."""
    about = list(set(people) - {None}) or [None]
    record_many(action, [AuditEvent()] * len(about), actor=by, patients=about, details=[detail] * len(about))


def record_export(people: Iterable[Any], *, by: Any, way: str) -> None:
    record_looked("audit.exported", people, by=by, way=way, format="FHIR R4")


def record_refused(*, by: Any, route: str, ids: Sequence[str], status: int) -> None:
    """Somebody was turned away. What they asked for is named as they did: by the route, and the first id in it."""
    event = _event("access.refused", AuditEvent(), by, None, {"status": status, "ids": list(ids)})
    event.target_type, event.target_id = route[:40], ids[0] if ids else ""
    _marked(event).save()


def hashed(words: str) -> str:
    """What a stranger typed, so that the same words are known again, and no words are kept. The key is the portal's own secret."""
    return salted_hmac("portal.audit", words.strip().lower(), algorithm="sha256").hexdigest()[:32]


def forget_addresses(person: Any) -> int:
    """What a person did stays, from where does not: an address is an identity. For closing an account; the only change ever made."""
    theirs = Q(actor=person) | Q(actor__isnull=True, patient=person)  # and what the portal did while it served them
    return AuditEvent.objects.filter(theirs, address__isnull=False).update(address=None)


def _marked(event: AuditEvent) -> AuditEvent:
    event.detail = json.loads(json.dumps(event.detail, cls=DjangoJSONEncoder))  # as it is read again
    event.mark = marks.mark(event)
    return event


def _event(action: str, target: models.Model, actor: Any, patient: Any, detail: dict[str, Any]) -> AuditEvent:
    request = current()
    return AuditEvent(
        action=action,
        target_type=target._meta.label_lower,
        target_id="" if target.pk is None else str(target.pk),
        actor=None if isinstance(actor, AnonymousUser) else actor,
        patient=patient,
        address=request.address,
        request_id=request.request_id,
        detail=detail,
    )
