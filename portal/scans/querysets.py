"""The access rule for scans."""

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone


class ScanQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> models.QuerySet:
        """Own scans; for a verified practitioner also those whose review waits for anyone or is (or was) theirs; all for administrators.

        A review that another practitioner holds keeps its scan to that practitioner.
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
        return self.filter(pk__in=self.model.objects.filter(own | free | theirs).values("pk"))
