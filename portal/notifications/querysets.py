"""The access rule for notifications and preferences: everybody sees their own."""

from typing import Any

from django.db import models


class NotificationQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> models.QuerySet:
        return self.filter(user=user, in_portal=True) if user.is_authenticated else self.none()

    def unread(self) -> models.QuerySet:
        return self.filter(read_at__isnull=True)


class PreferenceQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> models.QuerySet:
        return self.filter(user=user) if user.is_authenticated else self.none()
