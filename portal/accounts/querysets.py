from typing import Any

from django.db import models
from django.utils import timezone


class DependantQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> models.QuerySet:
        """The children whom one looks after; all of them for administrators."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self if user.is_administrator else self.filter(guardian=user)

    def of(self, user: Any) -> models.QuerySet:
        """Those whose pictures this person uploads now."""
        return self.filter(guardian=user, removed_at__isnull=True)


class PractitionerDocumentQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> models.QuerySet:
        """A practitioner's own documents; all of them for administrators; none for anybody else."""
        if not user.is_authenticated:
            return self.none()
        return self if user.is_administrator else self.filter(profile__user=user)


class ApiTokenQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> models.QuerySet:
        """One's own that have not run out; nobody else's, not even for administrators."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.filter(token__user=user, token__expiry__gt=timezone.now()).select_related("token")
