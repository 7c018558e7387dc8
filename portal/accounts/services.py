"""What changes people: sign-up, verification, consent, documents."""

from datetime import date

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.db.models import Subquery
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from portal.audit.services import record, record_many

from .models import Consent, ConsentText, PatientProfile, PractitionerDocument, PractitionerProfile, Role, Sex, User, Verification
from .signals import consent_given, consent_withdrawn, practitioner_verified

MAX_DOCUMENT_BYTES = 10 * 2**20
DOCUMENT_TYPES = {b"%PDF-": "pdf", b"\xff\xd8\xff": "jpg", b"\x89PNG\r\n\x1a\n": "png"}


class ConsentRequired(Exception):
    """The person has not agreed to the current consent text."""

    code = "consent_required"

    @property
    def message(self) -> str:
        return _("Please read and accept the current consent text before you upload.")


class DocumentRefused(Exception):
    code = "unsupported_document"

    @property
    def message(self) -> str:
        return _("A document must be a PDF, JPEG or PNG file of at most 10 MB.")


@transaction.atomic
def register(
    *,
    user: User,
    name: str,
    role: str,
    birth_date: date | None = None,
    sex: str = Sex.UNKNOWN,
    country: str = "",
    registration_number: str = "",
    speciality: str = "",
) -> User:
    """Complete a new account. Everybody can be a patient; a practitioner also gets an unverified profile."""
    if role not in (Role.PATIENT, Role.PRACTITIONER):
        raise ValueError(f"nobody can sign up as {role}")
    user.name, user.role = name, role
    user.save()
    PatientProfile.objects.create(user=user, birth_date=birth_date, sex=sex, country=country)
    if role == Role.PRACTITIONER:
        PractitionerProfile.objects.create(user=user, registration_number=registration_number, speciality=speciality, country=country)
    record("account.created", user, actor=user, patient=user, role=role)
    return user


@transaction.atomic
def verify_practitioner(*, profile: PractitionerProfile, by: User, verification: str = Verification.VERIFIED) -> PractitionerProfile:
    """An administrator accepts or refuses a practitioner's registration."""
    if not by.is_administrator:
        raise PermissionError("only an administrator verifies practitioners")
    profile.verification, profile.verified_by, profile.verified_at = verification, by, timezone.now()
    profile.save()
    record("practitioner.verification", profile, actor=by, patient=profile.user, verification=verification)
    if verification == Verification.VERIFIED:
        practitioner_verified.send(PractitionerProfile, profile=profile)
    return profile


@transaction.atomic
def add_document(*, profile: PractitionerProfile, title: str, data: bytes) -> PractitionerDocument:
    """Keep a practitioner's document; its bytes decide its type. Raises DocumentRefused."""
    extension = next((ext for magic, ext in DOCUMENT_TYPES.items() if data.startswith(magic)), None)
    if extension is None or len(data) > MAX_DOCUMENT_BYTES:
        raise DocumentRefused
    document = PractitionerDocument(profile=profile, title=title, extension=extension)
    document.file.save("", ContentFile(data), save=True)
    record("practitioner.document_added", document, actor=profile.user, patient=profile.user)
    return document


def has_consented(user: User) -> bool:
    """Whether the person agreed to the text in force. Without a published text nobody can have."""
    in_force = Subquery(ConsentText.published().values("pk")[:1])
    return Consent.objects.filter(user=user, text=in_force, withdrawn_at__isnull=True).exists()


def require_consent(user: User) -> None:
    if not has_consented(user):
        raise ConsentRequired


def give_consent(*, user: User, text: ConsentText) -> Consent:
    """Agree to the current text; agreeing twice changes nothing. Raises ConsentRequired when the text is an old one."""
    if text != ConsentText.current():
        raise ConsentRequired
    try:
        with transaction.atomic():
            read = getattr(text.translated(translation.get_language() or settings.LANGUAGE_CODE), "language", settings.LANGUAGE_CODE)
            consent = Consent.objects.create(user=user, text=text, language=read)
            record("consent.given", consent, actor=user, patient=user, version=text.version, language=read)
            consent_given.send(User, user=user)
    except IntegrityError:
        consent = Consent.objects.get(user=user, text=text, withdrawn_at__isnull=True)
    return consent


@transaction.atomic
def withdraw_consent(*, user: User) -> None:
    """Take back what the person agreed to: they upload nothing more, and those who listen stop what still waits.

    They may agree again at any time. Without a consent in force nothing happens.
    """
    in_force = Consent.objects.select_for_update().filter(user=user, withdrawn_at__isnull=True)
    taken_back = list(in_force)
    if taken_back:
        in_force.update(withdrawn_at=timezone.now())
        record_many("consent.withdrawn", taken_back, actor=user, patients=[user] * len(taken_back))
        consent_withdrawn.send(User, user=user)


def patient_profile(user: User) -> PatientProfile:
    """The person's profile, made empty when an administrator created the account by hand."""
    return PatientProfile.objects.get_or_create(user=user)[0]


@transaction.atomic
def update_profile(*, user: User, **changes: object) -> PatientProfile:
    """Change name, language, birth_date, sex or country; the audit keeps which, not what."""
    profile = patient_profile(user)
    for field, value in changes.items():
        setattr(user if field in ("name", "language") else profile, field, value)
    user.save(update_fields=["name", "language"])
    profile.save()
    record("profile.changed", profile, actor=user, patient=user, fields=sorted(changes))
    return profile
