"""Children: who is one, and who uploads for them."""

from datetime import date
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.audit.services import record

from .models import Dependant, User, age_on
from .services import patient_profile

MOST = 20  # children of one account


class DependantRefused(Exception):
    """`code` is for programs, `message` for people."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class GuardianRequired(Exception):
    """The person is under age by their own date of birth."""

    code = "guardian_required"

    @property
    def message(self) -> str:
        return _("You are under age. A parent or guardian signs up, adds you, and uploads the picture for you.")


def is_minor(birth_date: date | None) -> bool:
    """Under AGE_OF_MAJORITY, which is a setting: it differs between countries. Nobody is whose date of birth is not known."""
    age = age_on(date.today(), birth_date)
    return age is not None and age < settings.AGE_OF_MAJORITY


def require_adult(user: User) -> None:
    """Raises GuardianRequired."""
    if is_minor(patient_profile(user).birth_date):
        raise GuardianRequired


def add(*, guardian: User, name: str, birth_date: date, sex: str, relationship: str) -> Dependant:
    """A child whom this person looks after. Raises GuardianRequired or DependantRefused."""
    require_adult(guardian)
    if not is_minor(birth_date):
        raise DependantRefused(
            "not_a_minor", _("From {years} years on a person signs up for themselves.").format(years=settings.AGE_OF_MAJORITY)
        )
    if Dependant.objects.of(guardian).count() >= MOST:
        raise DependantRefused("too_many_dependants", _("One account looks after {most} children at most.").format(most=MOST))
    with transaction.atomic():
        dependant = Dependant.objects.create(guardian=guardian, name=name, birth_date=birth_date, sex=sex, relationship=relationship)
        record("dependant.added", dependant, actor=guardian, patient=guardian, relationship=relationship)
    return dependant


def remove(*, dependant: Dependant, by: User) -> None:
    """Take a child off the list; scans and answers stay. Twice is once."""
    with transaction.atomic():
        if Dependant.objects.filter(pk=dependant.pk, removed_at__isnull=True).update(removed_at=timezone.now()):
            record("dependant.removed", dependant, actor=by, patient=dependant.guardian)


def find(*, guardian: User, pk: Any) -> Dependant:
    """One of those whose pictures this person may upload. Raises DependantRefused."""
    dependant = Dependant.objects.of(guardian).filter(pk=pk).first()
    if dependant is None:
        raise DependantRefused("dependant_unknown", _("This child is not on your list any more. Please reload the page."))
    if not is_minor(dependant.birth_date):
        raise DependantRefused(
            "not_a_minor", _("{name} is of age now: from here on they sign up for themselves.").format(name=dependant.name)
        )
    return dependant
