"""Users and their profiles, roles, verification and consent."""

from __future__ import annotations

import uuid
from datetime import date
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from medinform.fields import CheckedFileField
from medinform.labels import Labelled

from .managers import UserManager
from .querysets import ApiTokenQuerySet, DependantQuerySet, PractitionerDocumentQuerySet


class Role(models.TextChoices):
    PATIENT = "patient", _("Patient")
    PRACTITIONER = "practitioner", _("Practitioner")
    ADMINISTRATOR = "administrator", _("Administrator")


class Sex(models.TextChoices):
    """FHIR AdministrativeGender."""

    FEMALE = "female", _("Female")
    MALE = "male", _("Male")
    OTHER = "other", _("Other")
    UNKNOWN = "unknown", _("Not said")


class Verification(models.TextChoices):
    PENDING = "pending", _("Waiting for an administrator")
    VERIFIED = "verified", _("Verified")
    REFUSED = "refused", _("Refused")


class User(AbstractUser):
    """A person who signs in with an e-mail address. `role` says what they came for; an administrator is staff."""

    username = None  # type: ignore[assignment]
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    email = models.EmailField(_("e-mail address"), unique=True, error_messages={"unique": _("This e-mail address has an account already.")})
    name = models.CharField(_("full name"), max_length=120, db_index=True)
    role = models.CharField(max_length=16, choices=Role, default=Role.PATIENT)
    language = models.CharField(max_length=12, blank=True, help_text="Of pages and e-mails; empty: as the browser asks.")

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]
    objects: ClassVar[UserManager] = UserManager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(role=Role.ADMINISTRATOR, is_staff=True) | (~Q(role=Role.ADMINISTRATOR) & Q(is_staff=False)),
                name="administrators_are_staff",
            )
        ]

    def __str__(self) -> str:
        return self.name or self.email

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.is_staff = self.is_superuser = self.role == Role.ADMINISTRATOR
        super().save(*args, **kwargs)

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ")[0]

    @property
    def is_administrator(self) -> bool:
        return self.is_active and self.role == Role.ADMINISTRATOR

    @property
    def is_practitioner(self) -> bool:
        return self.role == Role.PRACTITIONER

    @property
    def is_verified_practitioner(self) -> bool:
        """Only a verified practitioner sees the queue."""
        if not (self.is_active and self.is_practitioner):
            return False
        profile = getattr(self, "practitioner_profile", None)
        return profile is not None and profile.verification == Verification.VERIFIED


def age_on(day: date, birth_date: date | None) -> int | None:
    """Whole years, or None when the date of birth is not known."""
    if birth_date is None:
        return None
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


class PatientProfile(Labelled):
    """What a practitioner needs to know of the person whose scan it is."""

    user = models.OneToOneField(User, models.CASCADE, related_name="patient_profile")
    birth_date = models.DateField(_("date of birth"), null=True, blank=True)
    sex = models.CharField(max_length=8, choices=Sex, default=Sex.UNKNOWN)
    country = models.CharField(max_length=60, blank=True)

    def __str__(self) -> str:
        return f"patient {self.user}"

    @property
    def age(self) -> int | None:
        """Whole years today, or None when the date of birth is not known."""
        return age_on(date.today(), self.birth_date)


class Dependant(Labelled):
    """A child whose pictures a parent or guardian uploads and whose answers they read (FHIR RelatedPerson, from the other side).

    Shown to practitioners as age and sex, like every patient. It goes away from the list, but not from the scans.
    """

    class Relationship(models.TextChoices):
        PARENT = "parent", _("I am a parent")
        GUARDIAN = "guardian", _("I am the legal guardian")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    guardian = models.ForeignKey(User, models.PROTECT, related_name="dependants")
    name = models.CharField(_("full name"), max_length=120)
    birth_date = models.DateField(_("date of birth"))
    sex = models.CharField(max_length=8, choices=Sex, default=Sex.UNKNOWN)
    relationship = models.CharField(max_length=8, choices=Relationship)
    added_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True, blank=True)

    objects = DependantQuerySet.as_manager()

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def age(self) -> int | None:
        """Whole years today."""
        return age_on(date.today(), self.birth_date)


class PractitionerProfile(models.Model):
    """A practitioner's standing; verified by an administrator, never by themselves."""

    user = models.OneToOneField(User, models.CASCADE, related_name="practitioner_profile")
    registration_number = models.CharField(max_length=60)
    speciality = models.CharField(max_length=80)
    country = models.CharField(max_length=60)
    verification = models.CharField(max_length=10, choices=Verification, default=Verification.PENDING, db_index=True)
    verified_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    verified_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(verification=Verification.VERIFIED) | Q(verified_by__isnull=False, verified_at__isnull=False),
                name="verified_has_a_verifier_and_a_time",
            ),
            models.CheckConstraint(condition=Q(verified_by__isnull=True) | ~Q(verified_by=F("user")), name="nobody_verifies_themselves"),
        ]

    def __str__(self) -> str:
        return f"{self.user}, registration {self.registration_number}"


def document_path(document: PractitionerDocument, filename: str) -> str:
    """A random name: the client's file name may carry an identity."""
    return f"documents/{uuid.uuid4().hex}.{document.extension}"


class PractitionerDocument(models.Model):
    """A licence or diploma that supports the verification. Seen by its owner and administrators only."""

    profile = models.ForeignKey(PractitionerProfile, models.CASCADE, related_name="documents")
    title = models.CharField(max_length=80)
    extension = models.CharField(max_length=4, editable=False)
    file = CheckedFileField(upload_to=document_path, checksum="sha256")
    sha256 = models.CharField(max_length=64, blank=True, editable=False, help_text="Empty: kept before there were such checksums.")
    uploaded_at = models.DateTimeField(auto_now_add=True)
    objects = PractitionerDocumentQuerySet.as_manager()

    def __str__(self) -> str:
        return self.title


class ConsentText(models.Model):
    """One version of what people agree to. The latest published one counts; a published text is never edited."""

    version = models.PositiveIntegerField(unique=True)
    title = models.CharField(max_length=120)
    body = models.TextField(help_text="Plain paragraphs, separated by an empty line.")
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-version"]

    def __str__(self) -> str:
        return f"{self.title} (version {self.version})"

    @classmethod
    def published(cls) -> models.QuerySet[ConsentText]:
        """The newest first: it is the one in force."""
        return cls.objects.filter(published_at__lte=timezone.now()).order_by("-version")

    @classmethod
    def current(cls) -> ConsentText | None:
        return cls.published().first()

    def translated(self, language: str) -> ConsentText | ConsentTranslation:
        """Its words in a language, or as it was written where nobody translated it."""
        return self.translations.filter(language=language).first() or self


class ConsentTranslation(models.Model):
    """The same text in another language. It is published with it, and as little edited afterwards."""

    text = models.ForeignKey(ConsentText, models.CASCADE, related_name="translations")
    language = models.CharField(max_length=12, choices=settings.LANGUAGES)
    title = models.CharField(max_length=120)
    body = models.TextField(help_text="Plain paragraphs, separated by an empty line.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["text", "language"], name="one_translation_a_language")]

    def __str__(self) -> str:
        return f"{self.title} ({self.get_language_display()})"


class Consent(models.Model):
    """That a person agreed to a text, when, and when they took it back. Agreeing again is a new row."""

    user = models.ForeignKey(User, models.CASCADE, related_name="consents")
    text = models.ForeignKey(ConsentText, models.PROTECT, related_name="consents")
    language = models.CharField(max_length=12, default="en", help_text="In which it was read.")
    given_at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "text"], condition=Q(withdrawn_at__isnull=True), name="one_consent_a_text")]

    def __str__(self) -> str:
        return f"{self.user}: {self.text}"


class ApiToken(models.Model):
    """What a person said about a token of theirs. The token itself is knox's, which keeps a hash of it and when it ends."""

    class Scope(models.TextChoices):
        READ = "read", _("Read only")
        ALL = "all", _("Everything that I may do")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    token = models.OneToOneField("knox.AuthToken", models.CASCADE, related_name="about")
    name = models.CharField(_("name"), max_length=60, blank=True)
    scope = models.CharField(_("what it may do"), max_length=4, choices=Scope, default=Scope.READ)
    last_used_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-token__created", "id"]
        constraints = [models.CheckConstraint(condition=Q(scope__in=["read", "all"]), name="token_scope_is_known")]

    def __str__(self) -> str:
        return self.name or gettext("Token {number}").format(number=self.pk.hex[:8])
