"""ModelVersion: a model that the portal may use. Analysis: one model version's answer about one scan for one disease."""

from __future__ import annotations

import re
import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from inference import charts, diseases
from inference.engine import UNCERTAIN, OperatingPoint
from medinform.fields import CheckedFileField
from medinform.labels import Labelled
from portal.scans.models import Scan

from .querysets import AnalysisQuerySet, ModelVersionQuerySet
from .words import said

DISEASE_CHOICES = [(d.code, _(d.name)) for d in diseases.DISEASES.values()]


class ModelVersion(models.Model):
    """One artefact of the registry, known to the portal. New scans use the active one; old answers keep theirs.

    The manifest's threshold and band stay as they were shipped. An administrator may set an operating point of the place's own beside
    them: all of its fields are filled, or none.
    """

    class State(models.TextChoices):
        AVAILABLE = "available", _("Available, not in use")
        ACTIVE = "active", _("Active: new scans use it")
        RETIRED = "retired", _("Retired")

    disease = models.CharField(max_length=32, choices=DISEASE_CHOICES)
    version = models.CharField(max_length=32)
    checksum = models.CharField(max_length=64, help_text="SHA-256 of the model file.")
    manifest = models.JSONField(help_text="As shipped: input, classes, threshold, temperature, training data.")
    metrics = models.JSONField(default=dict, help_text="Measured on patients that training never saw.")
    state = models.CharField(max_length=10, choices=State, default=State.AVAILABLE, db_index=True)
    registered_at = models.DateTimeField(auto_now_add=True)
    activated_at = models.DateTimeField(null=True, blank=True)
    own_threshold = models.FloatField(null=True, blank=True, help_text="From here on a finding is positive.")
    own_low = models.FloatField(null=True, blank=True, help_text="From here on the answer is uncertain.")
    own_high = models.FloatField(null=True, blank=True, help_text="From here on the answer is suspicious.")
    own_set_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    own_set_at = models.DateTimeField(null=True, blank=True)
    own_reason = models.CharField(max_length=1000, blank=True)

    objects = ModelVersionQuerySet.as_manager()

    class Meta:
        ordering = ["disease", "-registered_at"]
        constraints = [
            models.UniqueConstraint(fields=["disease", "version"], name="one_row_a_model_version"),
            models.UniqueConstraint(fields=["disease"], condition=Q(state="active"), name="one_active_model_a_disease"),
            models.CheckConstraint(
                condition=Q(
                    own_threshold__isnull=True,
                    own_low__isnull=True,
                    own_high__isnull=True,
                    own_set_by__isnull=True,
                    own_set_at__isnull=True,
                    own_reason="",
                )
                | Q(
                    own_low__isnull=False,
                    own_low__gte=0,
                    own_threshold__isnull=False,
                    own_threshold__gte=F("own_low"),
                    own_high__isnull=False,
                    own_high__gte=F("own_threshold"),
                    own_high__lte=1,
                    own_set_by__isnull=False,
                    own_set_at__isnull=False,
                    own_reason__gt="",
                ),
                name="operating_point_is_whole_and_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.disease} {self.version}"

    @property
    def catalogue(self) -> diseases.Disease:
        return diseases.get(self.disease)

    @property
    def shipped_point(self) -> OperatingPoint:
        return OperatingPoint(self.manifest["threshold"], *self.manifest["uncertain"])

    @property
    def has_own_point(self) -> bool:
        return self.own_threshold is not None

    @property
    def operating_point(self) -> OperatingPoint:
        """The one in force: the place's own, else the one that was shipped."""
        if self.own_threshold is None or self.own_low is None or self.own_high is None:
            return self.shipped_point
        return OperatingPoint(self.own_threshold, self.own_low, self.own_high)

    @property
    def figures(self) -> dict[str, Any]:
        """The headline figures at the operating point in force."""
        return self.figures_at(self.operating_point.threshold)

    def figures_at(self, threshold: float | None) -> dict[str, Any]:
        """Headline figures of an answer that was given at this threshold; only those that are known there. Empty if nothing is."""
        found = {name: self.metrics[name] for name in ("auc", "images", "patients", "unit", "date", "part") if name in self.metrics}
        rates = charts.rates(self.metrics, threshold) if threshold is not None else None
        if rates is not None:
            found["sensitivity"], found["specificity"] = rates
        if threshold == self.metrics.get("threshold") and "accuracy" in self.metrics:
            found["accuracy"] = self.metrics["accuracy"]
        return found

    @property
    def is_non_commercial(self) -> bool:
        """Whether the licence of the training data forbids commercial use, as CC BY-NC does."""
        return re.search(r"\bNC\b|non-?commercial", str(self.manifest.get("licence", "")), re.IGNORECASE) is not None


def heatmap_path(analysis: Analysis, filename: str) -> str:
    return f"heatmaps/{analysis.pk.hex[:2]}/{uuid.uuid4().hex}.png"


class Analysis(Labelled):
    """The row is the job.

    ::

        submit            claim               finish
        ------> queued ----------> running ---------------> done      the model answered
                ^  |  ^               |   \\---------------> rejected  the image is at fault: the user can act
                |  |  |  try again    |    \\--------------> failed    we are at fault, or three attempts were lost
                |  |  +---------------+
                |  |     cancel                      requeue (administrator)
                |  +----------> cancelled  <-------- running
                +--------------------------- failed, cancelled

    Claim and finish compare and set (status, attempt), so that a message delivered twice, or a worker that was thought dead,
    writes nothing twice. `heartbeat_at` says that the worker is alive; the sweeper requeues a row that lost it.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", _("Waiting for a free worker")
        RUNNING = "running", _("Being looked at")
        DONE = "done", _("The model has answered")
        REJECTED = "rejected", _("The picture could not be read")
        FAILED = "failed", _("Something went wrong on our side")
        CANCELLED = "cancelled", _("Cancelled")

    class Outcome(models.TextChoices):
        SUSPICIOUS = "suspicious", _("Suspicious")
        UNCERTAIN = "uncertain", _("Can not tell")
        NOT_SUSPICIOUS = "not_suspicious", _("Not suspicious")

    PENDING = (Status.QUEUED, Status.RUNNING)
    LIVE = (Status.QUEUED, Status.RUNNING, Status.DONE, Status.REJECTED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    scan = models.ForeignKey(Scan, models.PROTECT, related_name="analyses")
    patient = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="analyses")
    disease = models.CharField(max_length=32, choices=DISEASE_CHOICES)
    model_version = models.ForeignKey(ModelVersion, models.PROTECT, related_name="analyses")
    symptoms = models.JSONField(default=list, blank=True, help_text="Codes that the patient ticked.")
    wants_review = models.BooleanField(default=True, help_text="The patient wants a practitioner to read the scan.")

    status = models.CharField(max_length=10, choices=Status, default=Status.QUEUED)
    attempt = models.PositiveSmallIntegerField(default=0)
    queued_at = models.DateTimeField(auto_now_add=True)
    in_bulk = models.BooleanField(default=False, help_text="One of many of the same patient: others' few go first.")
    sent_at = models.DateTimeField(null=True, blank=True, help_text="When a message was last sent to the workers.")
    started_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(max_length=120, blank=True)

    error_code = models.CharField(max_length=40, blank=True)
    error_message = models.CharField(max_length=400, blank=True, help_text="In English.")
    error_template = models.CharField(max_length=400, blank=True, help_text="Of the message, where it has parameters.")
    error_params = models.JSONField(default=dict, blank=True)
    finding = models.CharField(max_length=32, blank=True)
    outcome = models.CharField(max_length=16, choices=Outcome, blank=True)
    probability = models.FloatField(null=True, blank=True, help_text="Of the positive classes together, calibrated, 0 to 1.")
    probabilities = models.JSONField(default=dict, blank=True)
    threshold = models.FloatField(null=True, blank=True)
    uncertain_low = models.FloatField(null=True, blank=True, help_text="The band of the operating point that was in force.")
    uncertain_high = models.FloatField(null=True, blank=True)
    checksum = models.CharField(max_length=64, blank=True, help_text="Of the model file that answered.")
    heatmap = CheckedFileField(upload_to=heatmap_path, max_length=200, blank=True, checksum="heatmap_sha256")
    heatmap_sha256 = models.CharField(max_length=64, blank=True)
    seconds = models.JSONField(default=dict, blank=True, help_text="Where the time went, by stage.")

    objects = AnalysisQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "analyses"
        ordering = ["-queued_at", "-id"]
        indexes = [
            models.Index(fields=["status", "queued_at"]),
            models.Index(fields=["patient", "-queued_at"]),
            models.Index(fields=["-queued_at", "-id"], name="analyses_newest_first"),
            models.Index(fields=["error_code"], condition=Q(error_code__gt=""), name="analyses_by_error"),
            models.Index(fields=["disease", "-finished_at"]),
            models.Index(fields=["in_bulk", "queued_at"], condition=Q(status="queued"), name="analyses_that_wait"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["scan", "disease", "model_version"],
                condition=Q(status__in=["queued", "running", "done", "rejected"]),
                name="one_live_analysis_a_scan_and_model",
            ),
            models.CheckConstraint(
                condition=~Q(status="done")
                | Q(finding__gt="", outcome__gt="", probability__isnull=False, threshold__isnull=False, finished_at__isnull=False),
                name="done_has_a_result",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["rejected", "failed"]) | Q(error_code__gt="", finished_at__isnull=False),
                name="rejected_and_failed_have_a_reason",
            ),
            models.CheckConstraint(
                condition=~Q(status="running") | Q(started_at__isnull=False, heartbeat_at__isnull=False), name="running_has_a_heartbeat"
            ),
            models.CheckConstraint(
                condition=Q(probability__isnull=True) | Q(probability__gte=0, probability__lte=1), name="probability_between_0_and_1"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.disease} analysis {self.pk.hex[:8]}"

    @property
    def catalogue(self) -> diseases.Disease:
        return diseases.get(self.disease)

    @property
    def is_pending(self) -> bool:
        return self.status in self.PENDING

    @property
    def report_status(self) -> str:
        """FHIR DiagnosticReport.status, derived here and nowhere else. The review lives in a room above: followed by name."""
        if self.status in (self.Status.CANCELLED, self.Status.FAILED, self.Status.REJECTED):
            return "cancelled"
        if self.is_pending:
            return "registered"
        review = getattr(self, "review", None)
        if review is None or review.signed_at is None:
            return "preliminary"
        return "amended" if review.is_amended else "final"

    @property
    def finding_words(self) -> str:
        """The finding as a person says it."""
        return gettext(self.catalogue.classes[self.finding]) if self.finding in self.catalogue.classes else self.finding

    @property
    def sees_something(self) -> bool:
        """Whether the finding is not the healthy class: another pneumonia, or a mild grade, may be found where nothing is suspicious."""
        return bool(self.finding) and self.finding != self.catalogue.healthy

    @property
    def leaning(self) -> str:
        """The finding; where the model can not tell, the likeliest class of the likelier side, whatever the threshold: words that say
        "of 100 such pictures 68 show it" must not lean the other way."""
        if self.outcome != UNCERTAIN or not self.probabilities:
            return self.finding
        positive = self.catalogue.positive
        side = {code: value for code, value in self.probabilities.items() if (code in positive) == ((self.probability or 0) >= 0.5)}
        return max(side, key=side.__getitem__)

    @property
    def leaning_words(self) -> str:
        """What it leans to, as a person says it."""
        return gettext(self.catalogue.classes[self.leaning]) if self.leaning in self.catalogue.classes else self.leaning

    @property
    def next_step(self) -> str:
        """What to do now."""
        return said(self.catalogue.steps(self.outcome, self.leaning), {})

    @property
    def error_words(self) -> str:
        """Why it was rejected or failed, as this reader reads it; what was kept before there were templates stays as it was told."""
        return said(self.error_template or self.error_message, self.error_params)

    @property
    def shares(self) -> list[tuple[str, float]]:
        """The probability of each finding in plain words, in the catalogue's order."""
        return [(gettext(words), self.probabilities[code]) for code, words in self.catalogue.classes.items() if code in self.probabilities]

    @property
    def model_figures(self) -> dict[str, Any]:
        """How good the model is at the threshold of this answer."""
        return self.model_version.figures_at(self.threshold)

    @property
    def has_red_flag(self) -> bool:
        return bool(self.catalogue.red_flags.intersection(self.symptoms))

    @property
    def side(self) -> str:
        """Which of two the scan shows, in words: Right eye. Empty where it is not known or not asked."""
        side = self.catalogue.side(self.scan.laterality)
        return gettext(side) if side else ""

    @property
    def other_sides(self) -> list[tuple[str, str]]:
        """What the patient can still say that it shows instead, each with its words; none once a practitioner has begun to read it."""
        if not self.catalogue.laterality or not Scan.objects.unread().filter(pk=self.scan_id).exists():
            return []
        return [(code, gettext(words)) for code, words in self.catalogue.laterality.words.items() if code != self.scan.laterality]

    @property
    def symptom_words(self) -> list[str]:
        return [gettext(symptom.words) for symptom in self.catalogue.symptoms if symptom.code in self.symptoms]


class IdempotencyKey(models.Model):
    """A client's own key for one upload, so that asking again after a lost connection gives the same answer."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of what was asked.")
    analysis = models.ForeignKey(Analysis, models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="one_use_a_key")]

    def __str__(self) -> str:
        return self.key
