"""The access rule for the audit."""

from typing import Any

from django.db import models


class AuditEventQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> "AuditEventQuerySet":
        """What persons did with one's own data; what the portal did by itself is not somebody's look. Administrators have the admin."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.filter(patient=user, actor__isnull=False)
