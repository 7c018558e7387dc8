"""The access rule for reviews, and the order of the queue."""

from typing import Any

from django.db import models
from django.db.models import OuterRef, Q
from django.utils import timezone

from portal.audit.rows import ForEach, met, reason, seen


class ReviewQuerySet(models.QuerySet):
    def visible_to(self, user: Any, *, gathered: bool = False) -> "ReviewQuerySet":
        """Those of one's own scans; all for administrators; for a verified practitioner the open ones, those they hold or answered, and
        those in which they took part: they signed a reading of it, or referred it to somebody else.

        A row that another practitioner holds can be seen, so that the queue tells who reads what; its scan can not (scans.querysets).
        `gathered` says how it is asked, not what: audit.rows.
        """
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_administrator:
            return self
        own = Q(patient=user)
        if not user.is_verified_practitioner:
            return self.filter(own)
        itself = own | Q(status__in=["waiting", "claimed"]) | Q(practitioner=user)
        return seen(self, itself, [self._signed_by(user)], [self._referred_by(user)], gathered=gathered)

    def _signed_by(self, user: Any) -> models.QuerySet:
        opinions = self.model._meta.get_field("opinions").related_model.objects
        return reason(opinions.filter(practitioner=user, stage="final"), "review")

    def _referred_by(self, user: Any) -> models.QuerySet:
        return reason(self.model._meta.get_field("referrals").related_model.objects.filter(referred_by=user), "review")

    def queue_of(self, user: Any, *, gathered: bool = False) -> "ReviewQuerySet":
        """The worklist: what this practitioner may read, or has answered, never their own scans. Empty for everybody else."""
        if not user.is_verified_practitioner:
            return self.none()
        # Nobody reads a case twice: those of which this practitioner signed a reading, or referred an earlier one away.
        read_before = met([self._signed_by(user)], [self._referred_by(user).exclude(role=OuterRef("role"))])
        seen_already = Q(status__in=["waiting", "claimed"]) & read_before
        return self.visible_to(user, gathered=gathered).exclude(patient=user).exclude(seen_already)

    def followed_by(self, user: Any) -> "ReviewQuerySet":
        """Cases without an answer yet in which this practitioner took part, and which somebody else reads now."""
        if not user.is_verified_practitioner:
            return self.none()
        still_open = self.filter(met([self._signed_by(user)], [self._referred_by(user)]), status__in=["waiting", "claimed"])
        return still_open.exclude(practitioner=user, status="claimed")

    def with_referral_to(self, user: Any) -> "ReviewQuerySet":
        """`referred_to_me`: whether the reading that is wanted was referred to this practitioner, who holds it, in the same query."""
        referral = self.model._meta.get_field("referrals").related_model.objects
        theirs = referral.filter(review=OuterRef("pk"), role=OuterRef("role"), referred_to=user)
        return self.annotate(referred_to_me=Q(practitioner=user, status="claimed") & Q(ForEach(theirs)))

    def open(self) -> models.QuerySet:
        return self.filter(status__in=["waiting", "claimed"])

    def claimable(self) -> models.QuerySet:
        return self.filter(Q(status="waiting") | Q(status="claimed", claim_expires_at__lte=timezone.now()))

    def overdue(self) -> models.QuerySet:
        return self.open().filter(due_at__lte=timezone.now())

    def with_all(self) -> models.QuerySet:
        """Everything that a list or a page shows, in a fixed number of queries."""
        return self.select_related(
            "analysis__scan__dependant",
            "analysis__model_version",
            "patient__patient_profile",
            "practitioner__practitioner_profile",
            "flag__practitioner",
        ).prefetch_related("opinions__practitioner", "addenda__author", "referrals__referred_by", "referrals__referred_to")

    def with_row(self) -> models.QuerySet:
        """What one row of the worklist shows, all in the same query."""
        return self.select_related("analysis__scan__dependant", "patient__patient_profile", "practitioner", "flag__practitioner")


class CriticalNoticeQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> "CriticalNoticeQuerySet":
        """All for administrators; for a verified practitioner those that they signed, or whose case they answered."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_administrator:
            return self
        if not user.is_verified_practitioner:
            return self.none()
        return self.filter(Q(practitioner=user) | Q(review__practitioner=user, review__status="signed"))

    def open(self) -> "CriticalNoticeQuerySet":
        return self.filter(closed_at__isnull=True)

    def overdue(self) -> "CriticalNoticeQuerySet":
        return self.open().filter(due_at__lte=timezone.now())

    def with_all(self) -> "CriticalNoticeQuerySet":
        return self.select_related("review__analysis", "review__patient", "opinion__review__analysis", "practitioner", "closed_by")


class OwnQuerySet(models.QuerySet):
    """Of drafts and templates: what a practitioner has for themselves."""

    def visible_to(self, user: Any) -> models.QuerySet:
        """One's own, to nobody else: no administrator reads what somebody has not said yet."""
        return self.filter(practitioner=user) if user.is_authenticated and user.is_verified_practitioner else self.none()


class SavedFilterQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> models.QuerySet:
        """One's own, for as long as one has a worklist."""
        return self.filter(user=user) if user.is_authenticated and user.is_verified_practitioner else self.none()
