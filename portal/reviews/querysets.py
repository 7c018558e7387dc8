"""The access rule for reviews, and the order of the queue."""

from typing import Any

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone


class ReviewQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> "ReviewQuerySet":
        """Those of one's own scans; all for administrators; for a verified practitioner the open ones, those they hold or answered, and
        those in which they took part: they signed a reading of it, or referred it to somebody else.

        A row that another practitioner holds can be seen, so that the queue tells who reads what; its scan can not (scans.querysets).
        """
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_administrator:
            return self
        own = Q(patient=user)
        if not user.is_verified_practitioner:
            return self.filter(own)
        return self.filter(own | Q(status__in=["waiting", "claimed"]) | Q(practitioner=user) | Q(pk__in=self._took_part(user)))

    def _took_part(self, user: Any) -> models.QuerySet:
        part = Q(opinions__practitioner=user, opinions__stage="final") | Q(referrals__referred_by=user)
        return self.model.objects.filter(part).values("pk")

    def _read_before(self, user: Any) -> models.QuerySet:
        """Nobody reads a case twice: those of which this practitioner signed a reading, or referred an earlier one away."""
        signed = Q(opinions__practitioner=user, opinions__stage="final")
        return self.model.objects.filter(signed | (Q(referrals__referred_by=user) & ~Q(referrals__role=F("role")))).values("pk")

    def queue_of(self, user: Any) -> "ReviewQuerySet":
        """The worklist: what this practitioner may read, or has answered, never their own scans. Empty for everybody else."""
        if not user.is_verified_practitioner:
            return self.none()
        seen_already = Q(status__in=["waiting", "claimed"], pk__in=self._read_before(user))
        return self.visible_to(user).exclude(patient=user).exclude(seen_already)

    def followed_by(self, user: Any) -> "ReviewQuerySet":
        """Cases without an answer yet in which this practitioner took part, and which somebody else reads now."""
        if not user.is_verified_practitioner:
            return self.none()
        still_open = self.filter(status__in=["waiting", "claimed"], pk__in=self._took_part(user))
        return still_open.exclude(practitioner=user, status="claimed")

    def with_referral_to(self, user: Any) -> "ReviewQuerySet":
        """`referred_to_me`: whether the reading that is wanted was referred to this practitioner, who holds it, in the same query."""
        referral = self.model._meta.get_field("referrals").related_model.objects
        theirs = referral.filter(review=OuterRef("pk"), role=OuterRef("role"), referred_to=user)
        return self.annotate(referred_to_me=Q(practitioner=user, status="claimed") & Exists(theirs))

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
