"""The access rule for analyses, and the compare-and-set that moves them."""

from typing import Any

from django.db import models
from django.db.models import Q

from portal.audit.rows import reason, seen


class AnalysisQuerySet(models.QuerySet):
    def visible_to(self, user: Any, *, gathered: bool = False) -> models.QuerySet:
        """Own analyses; all for administrators; for a verified practitioner also those whose model answer was revealed to them,
        and those that a patient asks about whose signer has left.

        A practitioner reads first and sees the model's answer afterwards: until their own reading is kept, the analysis does not
        exist for them. It stays seen by those who signed a reading of it, or referred it after they had read it.

        `gathered` says how it is asked, not what: audit.rows.
        """
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_administrator:
            return self
        own = Q(patient=user)
        if not user.is_verified_practitioner:
            return self.filter(own)
        # Reviews live in a room above this one: the relation is followed by name, nothing is imported.
        reviews = self.model._meta.get_field("review").related_model.objects
        revealed = reviews.filter(practitioner=user, status__in=["claimed", "signed"], revealed_at__isnull=False)
        signed = reviews.filter(opinions__practitioner=user, opinions__stage="final")
        referred = reviews.filter(referrals__referred_by=user, opinions__practitioner=user)
        left = self.model.objects.left_with_questions().exclude(patient=user)
        many = [reason(revealed, "analysis"), reason(signed, "analysis")]
        return seen(self, own, many, [reason(referred, "analysis"), reason(left, "pk")], gathered=gathered)

    def left_with_questions(self) -> "AnalysisQuerySet":
        """Signed by somebody who reads here no more, while the patient's question is open: any verified practitioner answers it. The
        relations lie in rooms above: followed by name."""
        still_here = Q(review__practitioner__is_active=True, review__practitioner__practitioner_profile__verification="verified")
        asked = self.filter(review__status="signed", review__questions__isnull=False, review__questions__closed_at__isnull=True)
        return asked.filter(~still_here)

    def alongside(self, analysis: Any) -> "AnalysisQuerySet":
        """The other analyses of the same scan, newest first; what was cancelled is not among them."""
        return self.filter(scan=analysis.scan_id).exclude(pk=analysis.pk).exclude(status="cancelled")

    def in_backlog(self) -> "AnalysisQuerySet":
        """What waits in batches for its first attempt."""
        return self.filter(status="queued", in_bulk=True, attempt=0)

    def move(self, analysis: Any, *, to: str, **changes: Any) -> bool:
        """Compare and set: only a row that is still in the status and attempt of `analysis` changes. True for the one who did it."""
        moved = self.filter(pk=analysis.pk, status=analysis.status, attempt=analysis.attempt).update(status=to, **changes)
        if moved:
            for field, value in {"status": to, **changes}.items():
                if not hasattr(value, "resolve_expression"):  # what the database computes, it alone knows
                    setattr(analysis, field, value)
        return bool(moved)


class ModelVersionQuerySet(models.QuerySet):
    def active(self, disease: str) -> Any:
        """The version that new scans of this disease use, or None."""
        return self.filter(disease=disease, state="active").first()
