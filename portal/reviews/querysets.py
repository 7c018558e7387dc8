"""The access rule for reviews, and the order of the queue."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone


class ReviewQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> "ReviewQuerySet":
        """Those of one's own scans; all for administrators; for a verified practitioner the open ones and those they hold or signed.

        A row that another practitioner holds can be seen, so that the queue tells who reads what; its scan can not (scans.querysets).
        """
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_administrator:
            return self
        own = Q(patient=user)
        if not user.is_verified_practitioner:
            return self.filter(own)
        return self.filter(own | Q(status__in=["waiting", "claimed"]) | Q(practitioner=user))

    def queue_of(self, user: Any) -> "ReviewQuerySet":
        """The worklist: what this practitioner may read, never their own scans. Empty for everybody else."""
        return self.visible_to(user).exclude(patient=user) if user.is_verified_practitioner else self.none()

    def claimable(self) -> models.QuerySet:
        return self.filter(Q(status="waiting") | Q(status="claimed", claim_expires_at__lte=timezone.now()))

    def overdue(self) -> models.QuerySet:
        return self.filter(status__in=["waiting", "claimed"], due_at__lte=timezone.now())

    def with_all(self) -> models.QuerySet:
        """Everything that a list or a page shows, in a fixed number of queries."""
        return self.select_related(
            "analysis__scan", "analysis__model_version", "patient__patient_profile", "practitioner__practitioner_profile"
        ).prefetch_related("opinions", "addenda__author")
