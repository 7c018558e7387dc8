"""The demo cast: one of each role, with passwords that are drawn, printed once, and never stored in the clear."""

import secrets
from datetime import date
from typing import Any

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction

import samples
from inference import diseases
from portal.accounts.models import ConsentText, Role, Sex, User
from portal.accounts.services import give_consent, has_consented, register, verify_practitioner
from portal.analyses.models import ModelVersion
from portal.analyses.services import submit

CAST: dict[str, dict[str, Any]] = {
    "administrator@example.org": {"name": "Ada Administrator"},
    "practitioner@example.org": {
        "name": "Dr Asha Rao",
        "role": Role.PRACTITIONER,
        "registration_number": "DEMO-12345",
        "speciality": "Pathology",
        "country": "India",
    },
    "patient@example.org": {
        "name": "Meera Patient",
        "role": Role.PATIENT,
        "birth_date": date(1992, 4, 2),
        "sex": Sex.FEMALE,
        "country": "India",
    },
}


class NotForProduction(Exception):
    """Demo accounts have no place where DEBUG is off."""


@transaction.atomic
def seed_accounts(*, password: str = "", reset: bool = False) -> dict[str, str]:
    """Create what is missing; with `reset` every demo account gets a new password. Returns the passwords that were set, by e-mail."""
    if not settings.DEBUG:
        raise NotForProduction
    told = {}
    for email, facts in CAST.items():
        user = User.objects.filter(email=email).first()
        if user is not None and not reset:
            continue
        told[email] = password or secrets.token_urlsafe(9)
        if user is None:
            user = _create(email, facts)
        user.set_password(told[email])
        user.save(update_fields=["password"])
    return told


def _create(email: str, facts: dict[str, Any]) -> User:
    if "role" in facts:
        user = register(user=User.objects.create_user(email), **facts)
    else:
        user = User.objects.create_superuser(email, name=facts["name"])
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    if user.is_practitioner:
        verify_practitioner(profile=user.practitioner_profile, by=User.objects.get(email="administrator@example.org"))
    return user


def seed_scans() -> int:
    """Upload the drawn samples of every available disease as the demo patient; those that are there stay. Returns how many are new."""
    if not settings.DEBUG:
        raise NotForProduction
    patient = User.objects.get(email="patient@example.org")
    text = ConsentText.current()
    if text is not None and not has_consented(patient):
        give_consent(user=patient, text=text)
    new = 0
    for code, side in ((code, samples.LATERALITY.get(code, "")) for code in diseases.DISEASES):
        if ModelVersion.objects.active(code) is None:
            continue
        for path in samples.paths(code):
            asked: dict[str, Any] = {"disease": code, "symptoms": ["fever"], "synthetic": True, "laterality": side}
            new += submit(patient=patient, data=path.read_bytes(), **asked).created
    return new
