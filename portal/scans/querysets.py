"""The access rules for scans and for files on their way."""

from functools import reduce
from operator import or_
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone


class ScanQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> models.QuerySet:
        """Own scans; for a verified practitioner also those whose review waits for anyone, is (or was) theirs, or in which they took part
        (signed a reading, or referred it), and those that a patient asks about whose signer has left; all for administrators.

        A review that another practitioner holds keeps its scan to that practitioner, and to those who took part before.
        """
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_administrator:
            return self
        own = Q(patient=user)
        if not user.is_verified_practitioner:
            return self.filter(own)
        # Reviews live in a room above this one: the relation is followed by name, nothing is imported.
        review = "analyses__review__"
        free = Q(**{f"{review}status": "waiting"}) | Q(**{f"{review}status": "claimed", f"{review}claim_expires_at__lte": timezone.now()})
        theirs = Q(**{f"{review}practitioner": user, f"{review}status__in": ["claimed", "signed"]})
        took_part = Q(**{f"{review}opinions__practitioner": user, f"{review}opinions__stage": "final"})
        took_part |= Q(**{f"{review}referrals__referred_by": user})
        analyses = self.model._meta.get_field("analyses").related_model.objects
        left = Q(analyses__in=analyses.left_with_questions().exclude(patient=user))
        scans = self.model.objects
        found = (scans.filter(own | free | theirs), scans.filter(took_part), scans.filter(left))
        return self.filter(reduce(or_, (Q(pk__in=some.values("pk")) for some in found)))


class UploadQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> models.QuerySet:
        """One's own, whoever one is."""
        return self.filter(owner=user) if user.is_authenticated and user.is_active else self.none()
