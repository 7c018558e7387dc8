"""The only way to write an audit event."""

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q

from .context import current
from .models import AuditEvent


def record(action: str, target: models.Model, *, actor: Any = None, patient: Any = None, **detail: Any) -> AuditEvent:
    """Add one event, in the caller's transaction. `actor` None means the system itself."""
    request = current()
    return AuditEvent.objects.create(
        action=action,
        target_type=target._meta.label_lower,
        target_id=str(target.pk),
        actor=None if isinstance(actor, AnonymousUser) else actor,
        patient=patient,
        address=request.address,
        request_id=request.request_id,
        detail=detail,
    )


def record_many(
    action: str, targets: Sequence[models.Model], *, patients: Sequence[Any], actor: Any = None, details: Sequence[dict[str, Any]] = ()
) -> None:
    """One event for each of `targets`, in one statement. `details` is empty, or has one for each."""
    request = current()
    AuditEvent.objects.bulk_create(
        AuditEvent(
            action=action,
            target_type=target._meta.label_lower,
            target_id=str(target.pk),
            actor=actor,
            patient=patient,
            address=request.address,
            request_id=request.request_id,
            detail=detail,
        )
        for target, patient, detail in zip(targets, patients, details or [{}] * len(targets), strict=True)
    )


def forget_addresses(person: Any) -> int:
    """What a person did stays, from where does not: an address is an identity. For closing an account; the only change ever made."""
    theirs = Q(actor=person) | Q(actor__isnull=True, patient=person)  # and what the portal did while it served them
    return AuditEvent.objects.filter(theirs, address__isnull=False).update(address=None)
