"""Who may read a case next, and who sees what its readers said."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from portal.accounts.models import User, Verification

from .errors import ReviewError
from .models import Opinion, Referral, Review, Role


def require_reader(review: Review, practitioner: Any) -> None:
    """Raises ReviewError."""
    if not practitioner.is_verified_practitioner:
        raise ReviewError("not_verified", _("Only a verified practitioner reads scans."))
    if review.patient_id == practitioner.pk:
        raise ReviewError("own_scan", _("Nobody reviews their own scan."))


def require_new_reader(review: Review, practitioner: Any) -> None:
    """For taking a case: nobody reads it twice, nor a later reading of what they referred away. Raises ReviewError."""
    require_reader(review, practitioner)
    if practitioner.pk in read_before([review])[review.pk]:
        raise ReviewError("read_before", _("You have read this scan already. Another practitioner reads it next."))


def may_take(review: Review, user: Any) -> bool:
    """Whether this person could claim it, as far as they are concerned."""
    try:
        require_new_reader(review, user)
    except ReviewError:
        return False
    return True


def read_before(reviews: Sequence[Review]) -> dict[Any, set[Any]]:
    """For each case the practitioners who can not read it any more: they signed a reading of it, or referred an earlier one away."""
    found: dict[Any, set[Any]] = {review.pk: set() for review in reviews}
    for case, reader in Opinion.objects.filter(review__in=reviews, stage=Opinion.Stage.FINAL).values_list("review", "practitioner"):
        found[case].add(reader)
    roles = {review.pk: review.role for review in reviews}
    for case, reader, role in Referral.objects.filter(review__in=reviews).values_list("review", "referred_by", "role"):
        if role != roles[case]:
            found[case].add(reader)
    return found


def verified() -> QuerySet[User]:
    return User.objects.filter(is_active=True, practitioner_profile__verification=Verification.VERIFIED)


def colleagues(review: Review, practitioner: Any) -> QuerySet[User]:
    """To whom the one who holds the case can refer it: verified, not the patient, and has had no part in it."""
    involved = {review.patient_id, practitioner.pk, *read_before([review])[review.pk]}
    involved |= set(Referral.objects.filter(review=review).values_list("referred_by", flat=True))
    return verified().exclude(pk__in=involved).select_related("practitioner_profile").order_by("name", "pk")


def specialities(people: Iterable[User]) -> list[str]:
    """As they are written, each once whatever its capitals."""
    seen: dict[str, str] = {}
    for person in people:
        words = person.practitioner_profile.speciality.strip()
        seen.setdefault(words.casefold(), words)
    return sorted(words for words in seen.values() if words)


def shown_readings(review: Review, user: Any) -> list[Opinion]:
    """What every reader signed. To administrators always; to the arbiter, who decides between two; to its readers once it is settled.
    To nobody else: neither to who reads next, nor to the patient, whose answer is the settled one."""
    everything = review.readings
    if user.is_administrator:
        return everything
    if not user.is_verified_practitioner or review.patient_id == user.pk:
        return []
    holds_it = review.practitioner_id == user.pk and review.status == Review.Status.CLAIMED and not review.is_claimable
    if holds_it and review.role == Role.ARBITER:
        return everything
    if review.status == Review.Status.SIGNED and (review.practitioner_id == user.pk or review.took_part(user)):
        return everything
    return [o for o in everything if o.practitioner_id == user.pk]


def shown_referrals(review: Review, user: Any) -> list[Referral]:
    """To administrators and to those who took part; of the reading that is being made also to its reader, who was asked by it. What was
    said while an earlier reading was handed over could give that reading away."""
    every = list(review.referrals.all())
    if user.is_administrator or (user.is_verified_practitioner and review.took_part(user) and not review.is_open):
        return every
    if not user.is_verified_practitioner or review.patient_id == user.pk:
        return []
    holds_it = review.practitioner_id == user.pk
    return [one for one in every if one.referred_by_id == user.pk or (holds_it and one.role == review.role)]


def who_took_part(review: Review) -> list[User]:
    """Everybody who signed a reading of it or referred it."""
    signed = Opinion.objects.filter(review=review, stage=Opinion.Stage.FINAL).values("practitioner")
    referred = Referral.objects.filter(review=review).values("referred_by")
    return list(User.objects.filter(Q(pk__in=signed) | Q(pk__in=referred), is_active=True))


def of_speciality(review: Review, referral: Referral) -> list[User]:
    """Those whom a referral to a speciality asks."""
    wanted = referral.speciality.casefold()
    could = colleagues(review, referral.referred_by)
    return [user for user in could if user.practitioner_profile.speciality.strip().casefold() == wanted]
