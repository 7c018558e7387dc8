from django.db import models
from django.utils import timezone


class ErasureQuerySet(models.QuerySet):
    def open(self) -> "ErasureQuerySet":
        return self.filter(done_at__isnull=True, cancelled_at__isnull=True)

    def due(self) -> "ErasureQuerySet":
        """What is to be carried out now, or was begun and cut short."""
        return self.open().filter(due_at__lte=timezone.now())
