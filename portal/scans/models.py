"""Scan: one uploaded image, kept under a random name, without identity."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from inference import diseases
from medinform.fields import CheckedFileField
from portal.accounts.models import Dependant

from .querysets import ScanQuerySet, UploadQuerySet


def scan_path(scan: Scan, filename: str) -> str:
    return f"scans/{scan.pk.hex[:2]}/{uuid.uuid4().hex}.{'jpg' if scan.format == 'JPEG' else 'png'}"


def upload_path(upload: Upload, filename: str) -> str:
    return f"uploads/{upload.pk.hex}"


def thumbnail_path(scan: Scan, filename: str) -> str:
    return f"thumbnails/{scan.pk.hex[:2]}/{uuid.uuid4().hex}.jpg"


class Scan(models.Model):
    """One image of one patient.

    `source_sha256` is of the bytes as they were sent (same bytes, same scan); `sha256` is of the file as it is kept, after its
    identity metadata was cut out. Width and height are in pixels, upright.
    """

    class Format(models.TextChoices):
        JPEG = "JPEG"
        PNG = "PNG"

    class Laterality(models.TextChoices):
        RIGHT = diseases.RIGHT
        LEFT = diseases.LEFT

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="scans")
    dependant = models.ForeignKey(
        Dependant,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="scans",
        help_text="The child whom it shows, if any.",
    )
    file = CheckedFileField(upload_to=scan_path, max_length=200, checksum="sha256")
    thumbnail = CheckedFileField(upload_to=thumbnail_path, max_length=200, checksum="thumbnail_sha256")
    format = models.CharField(max_length=4, choices=Format)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size = models.PositiveIntegerField(help_text="Bytes, as kept.")
    source_sha256 = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)
    thumbnail_sha256 = models.CharField(max_length=64, blank=True, help_text="Empty: kept before there were such checksums.")
    laterality = models.CharField(
        max_length=1, choices=Laterality, blank=True, help_text="Which of two it shows, as DICOM (0020,0062) has it; empty: not known."
    )
    synthetic = models.BooleanField(default=False, help_text="Drawn by a program: shown as such.")
    uploaded_at = models.DateTimeField(auto_now_add=True)

    objects = ScanQuerySet.as_manager()

    class Meta:
        ordering = ["-uploaded_at", "-id"]
        indexes = [
            models.Index(fields=["-uploaded_at", "-id"], name="scans_newest_first"),
            models.Index(fields=["sha256"], name="scans_by_file"),
            models.Index(fields=["patient", "-uploaded_at", "-id"], name="scans_of_a_patient"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["patient", "source_sha256"], name="one_scan_a_patient_and_bytes"),
            models.CheckConstraint(condition=Q(laterality__in=["", diseases.RIGHT, diseases.LEFT]), name="laterality_is_known_or_empty"),
        ]

    def __str__(self) -> str:
        return f"scan {self.pk.hex[:8]}"

    @property
    def content_type(self) -> str:
        """The type that is always sent with the file, whatever the client called it."""
        return "image/jpeg" if self.format == self.Format.JPEG else "image/png"


class Upload(models.Model):
    """A file on its way, in pieces: `offset` of its `length` bytes are here.

    It is no scan yet and nobody but its owner knows of it. What is not asked about within UPLOAD_HOURS is thrown away, since it still
    carries whatever the camera wrote into it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="uploads")
    file = CheckedFileField(upload_to=upload_path, max_length=200, checksum="sha256", length="offset")
    length = models.PositiveIntegerField(help_text="Bytes, when it is complete.")
    offset = models.PositiveIntegerField(default=0, help_text="Bytes that have arrived.")
    sha256 = models.CharField(max_length=64, blank=True, help_text="Of its pieces, each with those before (medinform.storage.chain).")
    begun_at = models.DateTimeField(auto_now_add=True, db_index=True)

    objects = UploadQuerySet.as_manager()

    class Meta:
        ordering = ["begun_at", "id"]
        constraints = [models.CheckConstraint(condition=Q(offset__lte=F("length")), name="no_more_arrives_than_was_announced")]

    def __str__(self) -> str:
        return f"upload {self.pk.hex[:8]}"

    @property
    def is_complete(self) -> bool:
        return self.offset == self.length

    @property
    def expires_at(self) -> datetime:
        return self.begun_at + timedelta(hours=settings.UPLOAD_HOURS)
