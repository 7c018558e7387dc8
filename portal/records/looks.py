"""The audit in plain words, for the person whose data it is: who did what with it, when, and why they may."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import groupby
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from inference import diseases
from portal.accounts.models import Role, User
from portal.analyses.models import Analysis
from portal.audit.models import AuditEvent
from portal.audit.querysets import AuditEventQuerySet

# Each follows the name of who did it. {it} is "your chest X-ray of 12 Nov 2026"; what is not listed is told by its own name.
WORDS = {
    "scan.stored": _("uploaded {it}"),
    "scan.listed": _("saw {it} in a list"),
    "scan.read": _("opened the facts about {it}"),
    "scan.image_read": _("opened {it}"),
    "scan.side_named": _("said which side {it} shows"),
    "scan.side_corrected": _("corrected which side {it} shows"),
    "scan.thumbnail_read": _("saw a small copy of {it}"),
    "analysis.submitted": _("asked the model about {it}"),
    "analysis.listed": _("saw the model's answer about {it} in a list"),
    "analysis.read": _("opened the model's answer about {it}"),
    "analysis.heatmap_read": _("saw where the model looked in {it}"),
    "analysis.cancelled": _("stopped the analysis of {it}"),
    "analysis.requeued": _("had {it} analysed again"),
    "review.listed": _("saw {it} in the worklist, with your age and sex"),
    "review.opened_page": _("opened {it} in the reading room"),
    "review.claimed": _("took {it} to read"),
    "review.released": _("gave {it} back to the queue"),
    "review.read": _("kept a first reading of {it}"),
    "review.signed": _("signed an opinion about {it}"),
    "review.addendum": _("added to an opinion about {it}"),
    "review.declined": _("declined the reading of {it}"),
    "review.amended": _("amended an opinion about {it}"),
    "review.referred": _("referred {it} to another practitioner"),
    "review.next_reading": _("signed a reading of {it}, and another practitioner reads it too"),
    "review.second_reading_waived": _("settled {it} without a second reading"),
    "review.settled": _("settled the answer about {it}"),
    "review.flagged": _("changed how soon {it} is read"),
    "review.draft_begun": _("began to write about {it}"),
    "review.draft_read": _("read their own draft about {it}"),
    "review.draft_discarded": _("threw their draft about {it} away"),
    "question.asked": _("asked a practitioner a question"),
    "question.written": _("wrote to a practitioner again"),
    "question.answered": _("answered your question"),
    "question.read": _("opened your question"),
    "question.listed": _("saw your question in a list"),
    "question.closed": _("closed your question"),
    "critical.listed": _("saw in a list that you have to be told of something"),
    "critical.read": _("opened what you have to be told of"),
    "critical.opened": _("found something in {it} that you have to be told soon"),
    "critical.closed": _("recorded that you were told what was found"),
    "critical.patient_has_read": _("read what was found"),
    "upload.begun": _("began to upload a picture"),
    "dependant.added": _("added a child whom you look after"),
    "dependant.removed": _("took a child off your list"),
    "account.confirmed": _("showed again who they are, to sign an opinion"),
    "account.created": _("opened your account"),
    "account.signed_in": _("signed in"),
    "account.signed_out": _("signed out"),
    "account.password_changed": _("changed your password"),
    "account.password_set": _("set your password"),
    "account.password_reset": _("set a new password by a link in an e-mail"),
    "account.email_added": _("added an e-mail address"),
    "account.email_changed": _("changed your e-mail address"),
    "account.email_confirmed": _("confirmed your e-mail address"),
    "account.email_removed": _("removed an e-mail address"),
    "account.mfa_added": _("added a second step to your sign-in"),
    "account.mfa_removed": _("removed a second step from your sign-in"),
    "account.mfa_reset": _("made new recovery codes"),
    "practitioner.document_added": _("added a document about your profession"),
    "practitioner.document_read": _("opened a document about your profession"),
    "practitioner.verification": _("decided whether you are verified as a practitioner"),
    "upload.discarded": _("threw an upload away"),
    "admin.listed": _("saw what is kept about you in a list of the administration"),
    "admin.read": _("opened what is kept about you in the administration"),
    "admin.history_read": _("saw in the administration who changed what is kept about you"),
    "admin.added": _("added to what is kept about you in the administration"),
    "admin.changed": _("changed what is kept about you in the administration"),
    "admin.deleted": _("deleted something about you in the administration"),
    "audit.listed": _("saw in the audit who did what with your data"),
    "audit.read": _("opened an entry about your data in the audit"),
    "audit.exported": _("exported the audit of your data"),
    "account.token_issued": _("made a token for a program"),
    "account.token_ended": _("ended a token of a program"),
    "account.session_ended": _("signed a browser out"),
    "account.signed_out_everywhere": _("signed you out everywhere"),
    "account.factors_removed": _("took away your second factors, so that you can set up new ones"),
    "account.locked_out": _("closed the sign-in for a while after wrong passwords"),
    "account.lock_lifted": _("opened the sign-in again after wrong passwords"),
    "notifications.chosen": _("chose where you are told of something"),
    "notifications.digest_time": _("chose when you hear what waits"),
    "profile.changed": _("changed your profile"),
    "consent.given": _("agreed to how pictures are used"),
    "consent.withdrawn": _("withdrew your consent"),
    "record.copied": _("made a copy of all your data"),
    "record.erasure_asked": _("withdrew, so that your scans are going to be erased"),
    "record.erasure_cancelled": _("agreed again, so that your scans stay"),
    "account.closing_asked": _("asked to close your account"),
    "account.closing_cancelled": _("kept your account open"),
}
REASONS = {
    "worklist": _("It waits there for any verified practitioner."),
    "reader": _("Practitioners open it to give you a second opinion."),
    "administrator": _("Administrators look after the portal."),
    "self": _("It is yours."),
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

    @property
    def linked(self) -> str | SafeString:
        """What was done, leading to the page that shows what it is about."""
        return format_html('<a href="{}">{}</a>', self.url, self.did) if self.url else self.did


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
    it, url = subject or (gettext("a scan that is not kept any more"), "")
    words = str(WORDS.get(event.action) or _("worked with {it} ({how})"))
    role = gettext("you") if is_own else actor.get_role_display().lower()
    return Look(
        who=gettext("You") if is_own else str(actor),
        role=role,
        is_own=is_own,
        action=event.action,
        did=words.format(it=it, how=event.action.replace(".", " ").replace("_", " ")),
        reason=_reason(event, actor, is_own),
        first_at=event.at,
        last_at=event.at,
        url=url,
    )


def _reason(event: AuditEvent, actor: User, is_own: bool) -> str:
    if is_own:
        return str(REASONS["self"])
    if actor.role == Role.ADMINISTRATOR:
        return str(REASONS["administrator"])
    return str(REASONS["worklist" if event.action == "review.listed" else "reader"])


def _subjects(events: Sequence[AuditEvent]) -> dict[tuple[str, str], tuple[str, str]]:
    """What the targets are, in words, with the page that shows them."""
    keys: dict[str, set[str]] = {"scans.scan": set(), "analyses.analysis": set(), "reviews.review": set()}
    for event in events:
        keys.get(event.target_type, set()).add(event.target_id)
    scans, analyses, reviews = keys.values()
    each = (
        Analysis.objects.filter(known).order_by().values("pk") for known in (Q(scan__in=scans), Q(pk__in=analyses), Q(review__in=reviews))
    )
    first, *others = each  # each by an index of its own
    found = Analysis.objects.filter(pk__in=first.union(*others))
    subjects = {}
    for row in found.order_by("queued_at").values("pk", "scan", "review", "disease", "scan__uploaded_at"):
        modality = gettext(diseases.MODALITIES[diseases.get(row["disease"]).modality])
        picture, day = f"{modality[0].lower()}{modality[1:]}", date_format(timezone.localtime(row["scan__uploaded_at"]), "j M Y")
        words = gettext("your {picture} of {day}").format(picture=picture, day=day)
        subject = words, reverse("analyses:detail", args=[row["pk"]])
        subjects["scans.scan", str(row["scan"])] = subject
        subjects["analyses.analysis", str(row["pk"])] = subjects["reviews.review", str(row["review"])] = subject
    return subjects
