"""Critical findings: a signed opinion that the patient must be told of by a person opens a to-do, "patient told by whom, when".

It opens with the first signature, also while a second practitioner still has to read: to call somebody too early does less harm than too
late. What is critical is data (CriticalRule). That the patient opened the answer in the portal is kept as a fact; it closes the to-do only
where the rule says that this is enough.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.analyses.models import Analysis
from portal.audit.services import record

from .errors import ReviewError
from .models import CriticalNotice, CriticalRule, Opinion, Review
from .signals import critical_overdue

How = CriticalNotice.How
CLOCKS_DIFFER = timedelta(minutes=2)


def rules_for(analysis: Analysis, opinion: Opinion) -> list[CriticalRule]:
    """Those that the opinion fulfils."""
    return list(
        CriticalRule.objects.filter(
            Q(disease="") | Q(disease=analysis.disease),
            Q(finding="") | Q(finding=opinion.finding),
            Q(recommendation="") | Q(recommendation=opinion.recommendation),
            urgency__in=opinion.urgencies_reached,
        )
    )


def open_if_critical(review: Review, opinion: Opinion) -> CriticalNotice | None:
    """In the caller's transaction, which holds the lock of the case. A case whose patient is to be told already, or was told, gets no
    second to-do, unless an amendment made critical what was not."""
    rules = rules_for(review.analysis, opinion)
    if not rules:
        return None
    others = CriticalNotice.objects.filter(review=review)
    if others.open().exists() or (opinion.version == 1 and others.exclude(how=How.WITHDRAWN).exists()):
        return None
    notice = CriticalNotice.objects.create(
        review=review,
        opinion=opinion,
        practitioner=opinion.practitioner,
        reading_is_enough=all(rule.reading_is_enough for rule in rules),
        due_at=timezone.now() + timedelta(minutes=min(rule.target_minutes for rule in rules)),
    )
    record("critical.opened", notice, actor=opinion.practitioner, patient=review.patient)
    return notice


def tell(
    *, notice: CriticalNotice, by: Any, how: str, told_by: str = "", told_at: datetime | None = None, note: str = ""
) -> CriticalNotice:
    """Record that the patient was told, and close the to-do. Without a name it was `by`, without a time it was now. Raises ReviewError."""
    if how not in How.values or how == How.READ:
        raise ReviewError("unknown_choice", _("Say how the patient was told."))
    with transaction.atomic():
        found = CriticalNotice.objects.visible_to(by).select_for_update(of=("self",)).filter(pk=notice.pk).first()
        if found is None:
            raise ReviewError("not_yours", _("Who signed the opinion, or an administrator, records this."))
        notice = found
        if not notice.is_open:
            raise ReviewError("already_told", _("It is recorded already that the patient was told."))
        now = timezone.now()
        if how == How.WITHDRAWN:
            _require_overruled(notice, note)
        else:
            notice.told_at, notice.told_by = told_at or now, told_by.strip() or by.name
            if not notice.review.analysis.queued_at <= notice.told_at <= now + CLOCKS_DIFFER:
                raise ReviewError("impossible_time", _("The patient was told between the upload of the scan and now."))
        notice.how, notice.note, notice.closed_by, notice.closed_at = how, note.strip(), by, now
        notice.save()
        record("critical.closed", notice, actor=by, patient=notice.review.patient, how=how)
    return notice


def _require_overruled(notice: CriticalNotice, note: str) -> None:
    review = notice.review
    final = review.final if review.status == Review.Status.SIGNED else None
    if final is None or rules_for(review.analysis, final):
        raise ReviewError("still_critical", _("The answer is critical, or not settled yet. Record who told the patient."))
    if not note.strip():
        raise ReviewError("reason_required", _("Say why the patient need not be told."))


def patient_has_read(analysis: Analysis) -> None:
    """The patient opened a page with the settled answer: kept the first time."""
    unread = CriticalNotice.objects.filter(review__analysis=analysis, review__status=Review.Status.SIGNED, patient_read_at__isnull=True)
    for pk in unread.values_list("pk", flat=True):
        with transaction.atomic():
            notice = CriticalNotice.objects.select_for_update(of=("self",)).select_related("review__patient").get(pk=pk)
            if notice.patient_read_at is not None:
                continue
            now = timezone.now()
            notice.patient_read_at = now
            if notice.is_open and notice.reading_is_enough:
                notice.how, notice.told_at, notice.closed_at = How.READ, now, now
            notice.save()
            patient = notice.review.patient
            record("critical.patient_has_read", notice, actor=patient, patient=patient, closed=not notice.is_open)


def remind() -> int:
    """Whoever should have told a patient by now is reminded, and administrators are told. Each notice once: news are told once."""
    late = list(CriticalNotice.objects.overdue().with_all())
    for notice in late:
        with transaction.atomic():
            critical_overdue.send(CriticalNotice, notice=notice)
    return len(late)
