from typing import Any

from django.db import models


class PractitionerDocumentQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> models.QuerySet:
        """A practitioner's own documents; all of them for administrators; none for anybody else."""
        if not user.is_authenticated:
            return self.none()
        return self if user.is_administrator else self.filter(profile__user=user)
