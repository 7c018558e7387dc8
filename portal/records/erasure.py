"""Carrying an erasure out: files first, then rows, then the person. Done twice it does the same."""

import logging
import secrets
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from axes.models import AccessAttempt
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from portal.accounts.access import sign_out_everywhere
from portal.accounts.models import Consent, Dependant, PatientProfile, PractitionerProfile, Sex, User
from portal.accounts.services import patient_profile, withdraw_consent
from portal.audit.services import forget_addresses, record
from portal.notifications.models import Notification
from portal.questions.models import Message
from portal.reviews.models import Addendum, Opinion
from portal.scans.models import Scan

from .models import Erasure

logger = logging.getLogger(__name__)
NAMELESS = "Closed account"
# Rows of a person that outlive the account; what is said about the person in them is emptied below.
STAYING = (Consent, PatientProfile, PractitionerProfile, LogEntry)


def run_due() -> int:
    """Carry out what is due, one by one: what fails is logged and tried again the next time. Returns how many are done."""
    done = 0
    for pk in list(Erasure.objects.due().values_list("pk", flat=True)):
        try:
            done += carry_out(pk)
        except Exception:
            logger.exception("erasure %s could not be carried out and is tried again", pk)
    return done


def carry_out(pk: int) -> bool:
    """True for the call that finished it.

    The start is a transaction of its own: from then on nobody can sign in and call off what has already lost its files.
    """
    with transaction.atomic():
        if not Erasure.objects.due().filter(pk=pk).update(started_at=timezone.now()):
            return False
        erasure = Erasure.objects.select_related("user").get(pk=pk)
        if erasure.kind == Erasure.Kind.ACCOUNT:
            erasure.user.is_active = False
            erasure.user.set_unusable_password()
            erasure.user.save()
            sign_out_everywhere(user=erasure.user)
    with transaction.atomic():
        erasure = Erasure.objects.select_for_update().get(pk=pk)
        if erasure.done_at is not None:
            return False
        if erasure.kind == Erasure.Kind.ACCOUNT:
            _close(erasure)
        else:
            _erase_record(erasure.user)
        erasure.done_at = timezone.now()
        erasure.save(update_fields=["done_at"])
    return True


def keeps_name(user: User) -> bool:
    """What a practitioner said of other people's scans stays theirs, with name and registration number."""
    said = (Opinion.objects.filter(practitioner=user), Addendum.objects.filter(author=user), Message.objects.filter(author=user))
    return any(
        rows.exclude(**{f"{where}patient": user}).exists() for rows, where in zip(said, ("review__", "review__", "question__"), strict=True)
    )


def _close(erasure: Erasure) -> None:
    user = erasure.user
    withdraw_consent(user=user)  # what waits is stopped
    named = keeps_name(user)
    _forget_in_the_log(user)
    for field in pointing_at(User):
        if field.remote_field.on_delete is models.CASCADE and field.model not in STAYING:
            delete_tree(field.model._base_manager.filter(**{field.name: user}))
    _empty_profiles(user, named=named)
    forget_addresses(user)
    AccessAttempt.objects.filter(username=user.email).delete()
    user.email = f"closed-{secrets.token_hex(8)}@closed.invalid"
    user.name = user.name if named else NAMELESS
    user.last_login = None
    user.save()
    record("account.closed", user, patient=user, keep_years=erasure.keep_years)
    # Nothing is nameless beside a name that stays: such a person's own scans go at once.
    years = 0 if named else erasure.keep_years
    if years:
        due = timezone.now() + timedelta(days=round(365.25 * years))
        Erasure.objects.open().get_or_create(user=user, kind=Erasure.Kind.RECORD, defaults={"due_at": due})
    else:
        _erase_record(user)
        now = timezone.now()
        Erasure.objects.open().filter(user=user, kind=Erasure.Kind.RECORD).update(started_at=now, done_at=now)


def _erase_record(user: User) -> None:
    """Every scan with all that hangs on it, and the notifications that lead there."""
    scans = Scan.objects.filter(patient=user)
    found = list(scans.values_list("pk", "analyses__pk", "analyses__review__pk"))
    pages = {reverse("analyses:detail", args=[analysis]) for _, analysis, _ in found if analysis}
    pages |= {reverse("reviews:detail", args=[review]) for _, _, review in found if review}
    Notification.objects.filter(url__in=pages).delete()
    delete_tree(scans)
    if not user.is_active:
        PatientProfile.objects.filter(user=user).update(birth_date=None, sex=Sex.UNKNOWN)
        delete_tree(Dependant.objects.filter(guardian=user))
    record("record.erased", user, patient=user, scans=len({scan for scan, *_ in found}))


def _empty_profiles(user: User, *, named: bool) -> None:
    """Year of birth and sex, of a child whom they look after too, stay as long as the record: a scan can not be understood without them."""
    profile = patient_profile(user)
    profile.birth_date = profile.birth_date and profile.birth_date.replace(month=1, day=1)
    profile.country = ""
    profile.save()
    for child in Dependant.objects.filter(guardian=user):
        child.name, child.birth_date = NAMELESS, child.birth_date.replace(month=1, day=1)
        child.save(update_fields=["name", "birth_date"])
    practitioner = PractitionerProfile.objects.filter(user=user)
    for row in practitioner:
        delete_tree(row.documents.all())
    if not named:
        delete_tree(practitioner)


def _forget_in_the_log(user: User) -> None:
    """The administration's log repeats names; what was done stays."""
    about = Q()
    for model, keys in (
        (User, [user.pk]),
        (PatientProfile, PatientProfile.objects.filter(user=user).values_list("pk", flat=True)),
        (PractitionerProfile, PractitionerProfile.objects.filter(user=user).values_list("pk", flat=True)),
    ):
        about |= Q(content_type=ContentType.objects.get_for_model(model), object_id__in=[str(key) for key in keys])
    LogEntry.objects.filter(about).update(object_repr=NAMELESS, change_message="")


def delete_tree(rows: models.QuerySet) -> None:
    """Delete rows, all that hangs on them in whatever room, and their files. What only points at them lets go."""
    for field in pointing_at(rows.model):
        below = field.model._base_manager.filter(**{f"{field.name}__in": rows.values("pk")})
        if field.remote_field.on_delete is models.SET_NULL:
            below.update(**{field.name: None})
        else:
            delete_tree(below)
    for field in rows.model._meta.concrete_fields:
        if isinstance(field, models.FileField):
            for name in rows.exclude(**{field.name: ""}).values_list(field.name, flat=True):
                field.storage.delete(name)
    rows.model._base_manager.filter(pk__in=list(rows.values_list("pk", flat=True))).delete()


def pointing_at(model: type[models.Model]) -> Iterator[Any]:
    """The foreign keys of all rooms that point at a model, those without a name for the way back too."""
    for relation in model._meta.get_fields(include_hidden=True):
        if relation.auto_created and not relation.concrete and (relation.one_to_many or relation.one_to_one):
            yield relation.field  # type: ignore[union-attr]
