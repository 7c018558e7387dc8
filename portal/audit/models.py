"""The audit trail and its chain. Rows of both are only ever added."""

from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils import timezone

from .querysets import AuditEventQuerySet


class AppendOnly(models.Model):
    """The database refuses changes too (guard.py): this tells a programmer earlier."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("an audit event is never changed")
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("an audit event is never deleted")


class AuditEvent(AppendOnly):
    """One thing that somebody did or saw. `patient` is whose data it touched, so that a person can be told who looked; `mark` shows that
    the portal wrote it (marks.py)."""

    at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    patient = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    action = models.CharField(max_length=60, db_index=True)
    target_type = models.CharField(max_length=40)
    target_id = models.CharField(max_length=40)
    address = models.GenericIPAddressField(null=True, blank=True)
    request_id = models.CharField(max_length=36, blank=True)
    detail = models.JSONField(default=dict, encoder=DjangoJSONEncoder, blank=True)
    mark = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)

    objects = AuditEventQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["target_type", "target_id"]),
            models.Index(fields=["request_id"], name="audit_of_a_request"),
            models.Index(fields=["patient", "-id"], name="audit_of_a_patient"),  # who looked at one person's data, newest first
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.target_type} {self.target_id}"


class Seal(AppendOnly):
    """A link of the chain (chain.py): `hash` is over the link before it and one event. The event is named, not pointed at: a seal outlives
    an event that somebody deletes, and so tells of it. `genuine`: whether the event's mark fitted; empty where events had none yet."""

    number = models.BigIntegerField(primary_key=True)
    event_id = models.BigIntegerField(unique=True)
    sealed_at = models.DateTimeField()
    hash = models.CharField(max_length=64)
    genuine = models.BooleanField(null=True)

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return f"{self.number}:{self.hash}"
