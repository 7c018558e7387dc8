"""A mark on each event that nobody can make who does not have the portal's secret (HMAC-SHA256, RFC 2104). The chain covers an event from
when it is sealed; the mark covers it until then: one that was added by hand, or changed before its seal, does not have a mark that fits.

Looked at once, while it is sealed (chain.py): so the secret may change later. For a while after a change SECRET_KEY_FALLBACKS holds the
old one, for what was written with it.
"""

import json
from datetime import UTC

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from .models import AuditEvent


def canonical(event: AuditEvent) -> str:
    """All of an event but its id (which the seal has) and its address (which closing an account takes away), always in the same letters."""
    facts = {
        "action": event.action,
        "actor": event.actor_id,
        "at": event.at.astimezone(UTC).isoformat(),
        "detail": event.detail,
        "patient": event.patient_id,
        "request": event.request_id,
        "target": [event.target_type, event.target_id],
    }
    return json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def mark(event: AuditEvent, secret: str | None = None) -> str:
    """64 hexadecimal digits; by default of the secret that is in use."""
    return salted_hmac("portal.audit.marks", canonical(event), secret=secret, algorithm="sha256").hexdigest()


def fits(event: AuditEvent) -> bool:
    return any(constant_time_compare(event.mark, mark(event, secret)) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))
