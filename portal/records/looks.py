"""The audit in plain words, for the person whose data it is: who did what with it, when, and why they may."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from inference import diseases
from portal.accounts.models import Role, User
from portal.analyses.models import Analysis
from portal.audit.models import AuditEvent
from portal.audit.querysets import AuditEventQuerySet

# {it} is "your chest X-ray of 12 Nov", {they} "the model's answer about your ..."; what is not listed is told by its own name.
WORDS = {
    "scan.stored": "uploaded {it}",
    "scan.side_named": "said which side the picture shows",
    "scan.listed": "saw {it} in a list",
    "scan.read": "opened the facts about {it}",
    "scan.image_read": "opened {it}",
    "scan.thumbnail_read": "saw a small copy of {it}",
    "analysis.submitted": "asked the model about {it}",
    "analysis.listed": "saw the model's answer about {it} in a list",
    "analysis.read": "opened the model's answer about {it}",
    "analysis.heatmap_read": "saw where the model looked in {it}",
    "analysis.cancelled": "stopped the analysis of {it}",
    "analysis.requeued": "had {it} analysed again",
    "review.listed": "saw {it} in the worklist, with your age and sex",
    "review.opened_page": "opened {it} in the reading room",
    "review.claimed": "took {it} to read",
    "review.released": "gave {it} back to the queue",
    "review.read": "kept a first reading of {it}",
    "review.signed": "signed an opinion about {it}",
    "review.addendum": "added to an opinion about {it}",
    "review.declined": "declined the reading of {it}",
    "review.amended": "amended an opinion about {it}",
    "review.referred": "referred {it} to another practitioner",
    "review.next_reading": "signed a reading of {it}, and another practitioner reads it too",
    "review.second_reading_waived": "settled {it} without a second reading",
    "review.settled": "settled the answer about {it}",
    "review.flagged": "changed how soon {it} is read",
    "review.draft_begun": "began to write about {it}",
    "review.draft_read": "read their own draft about {it}",
    "review.draft_discarded": "threw their draft about {it} away",
    "question.asked": "asked a practitioner a question",
    "question.written": "wrote to a practitioner again",
    "question.answered": "answered your question",
    "question.read": "opened your question",
    "question.listed": "saw your question in a list",
    "question.closed": "closed your question",
    "critical.listed": "saw in a list that you have to be told of something",
    "critical.read": "opened what you have to be told of",
    "critical.opened": "found something in {it} that you have to be told soon",
    "critical.closed": "recorded that you were told what was found",
    "critical.patient_has_read": "read what was found",
    "upload.begun": "began to upload a picture",
    "dependant.added": "added a child whom you look after",
    "dependant.removed": "took a child off your list",
    "account.confirmed": "showed again who they are, to sign an opinion",
    "notifications.chosen": "chose where you are told of something",
    "notifications.digest_time": "chose when you hear what waits",
    "profile.changed": "changed your profile",
    "consent.given": "agreed to how pictures are used",
    "consent.withdrawn": "withdrew your consent",
    "record.copied": "made a copy of all your data",
    "record.erasure_asked": "withdrew, so that your scans are going to be erased",
    "record.erasure_cancelled": "agreed again, so that your scans stay",
    "account.closing_asked": "asked to close your account",
    "account.closing_cancelled": "kept your account open",
}
REASONS = {
    "worklist": "It waits there for any verified practitioner.",
    "reader": "Practitioners open it to give you a second opinion.",
    "administrator": "Administrators look after the portal.",
    "self": "It is yours.",
}


@dataclass
class Look:
    """One thing that one person did with one's data; the same thing on the same day is told once, with how often."""

    who: str
    role: str
    is_own: bool
    action: str
    did: str
    reason: str
    first_at: datetime
    last_at: datetime
    url: str = ""
    times: int = 1


@dataclass
class Day:
    date: date
    looks: list[Look] = field(default_factory=list)


def looks_of(user: Any, *, own: bool) -> AuditEventQuerySet:
    """Newest first; with or without what the person did themselves."""
    events = AuditEvent.objects.visible_to(user).select_related("actor")
    return events if own else events.exclude(actor=user)


def in_words(events: Sequence[AuditEvent], user: User) -> list[Look]:
    """One for each event, in one query more, however many."""
    subjects = _subjects(events)
    return [_look(event, user, subjects.get((event.target_type, event.target_id))) for event in events]


def by_day(looks: Sequence[Look]) -> list[Day]:
    """Grouped by day, the same thing by the same person once."""
    days = []
    for day, todays in groupby(looks, key=lambda look: timezone.localdate(look.first_at)):
        told: dict[tuple, Look] = {}
        for look in todays:
            same = told.setdefault((look.who, look.role, look.did), look)
            if same is not look:
                same.times += look.times
                same.first_at = look.first_at
        days.append(Day(day, list(told.values())))
    return days


def _look(event: AuditEvent, user: User, subject: tuple[str, str] | None) -> Look:
    actor = event.actor
    assert actor is not None  # noqa: S101  (visible_to leaves out what the portal did by itself)
    is_own = actor.pk == user.pk
    it, url = subject or ("a scan that is not kept any more", "")
    words = WORDS.get(event.action, f"worked with {{it}} ({event.action.replace('.', ' ').replace('_', ' ')})")
    role = "you" if is_own else actor.get_role_display().lower()
    return Look(
        who="You" if is_own else str(actor),
        role=role,
        is_own=is_own,
        action=event.action,
        did=words.format(it=it),
        reason=_reason(event, actor, is_own),
        first_at=event.at,
        last_at=event.at,
        url=url,
    )


def _reason(event: AuditEvent, actor: User, is_own: bool) -> str:
    if is_own:
        return REASONS["self"]
    if actor.role == Role.ADMINISTRATOR:
        return REASONS["administrator"]
    return REASONS["worklist" if event.action == "review.listed" else "reader"]


def _subjects(events: Sequence[AuditEvent]) -> dict[tuple[str, str], tuple[str, str]]:
    """What the targets are, in words, with the page that shows them."""
    keys: dict[str, set[str]] = {"scans.scan": set(), "analyses.analysis": set(), "reviews.review": set()}
    for event in events:
        keys.get(event.target_type, set()).add(event.target_id)
    scans, analyses, reviews = keys.values()
    found = Analysis.objects.filter(Q(scan__in=scans) | Q(pk__in=analyses) | Q(review__in=reviews))
    subjects = {}
    for row in found.order_by("queued_at").values("pk", "scan", "review", "disease", "scan__uploaded_at"):
        modality = diseases.MODALITIES[diseases.get(row["disease"]).modality]
        words = f"your {modality[0].lower()}{modality[1:]} of {timezone.localtime(row['scan__uploaded_at']):%-d %b %Y}"
        subject = words, reverse("analyses:detail", args=[row["pk"]])
        subjects["scans.scan", str(row["scan"])] = subject
        subjects["analyses.analysis", str(row["pk"])] = subjects["reviews.review", str(row["review"])] = subject
    return subjects
