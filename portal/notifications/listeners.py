"""Who is told what, when."""

from typing import Any

from django.dispatch import receiver
from django.urls import reverse

from portal.accounts.models import PractitionerProfile, User, Verification
from portal.accounts.signals import practitioner_verified
from portal.analyses.models import Analysis
from portal.analyses.signals import analyses_finished
from portal.reviews.models import Review
from portal.reviews.signals import addendum_added, claim_expired, review_declined, review_signed, reviews_opened

from .models import Notification
from .services import notify, notify_each

Kind = Notification.Kind
ANSWER = {Analysis.Status.DONE: Kind.ANSWERED, Analysis.Status.REJECTED: Kind.REJECTED, Analysis.Status.FAILED: Kind.FAILED}


def analysis_page(review: Review) -> str:
    return reverse("analyses:detail", args=[review.analysis_id])


def reading_page(review: Review) -> str:
    return reverse("reviews:detail", args=[review.pk])


@receiver(analyses_finished)
def tell_the_patients(sender: type, analyses: list[Analysis], **kwargs: Any) -> None:
    notify_each(
        [
            Notification(
                user=analysis.patient,
                kind=ANSWER[Analysis.Status(analysis.status)],
                subject_id=str(analysis.pk),
                url=reverse("analyses:detail", args=[analysis.pk]),
            )
            for analysis in analyses
        ]
    )


@receiver(reviews_opened)
def tell_practitioners(sender: type, reviews: list[Review], **kwargs: Any) -> None:
    """Every verified practitioner without unread news of the queue: one line for many scans. By e-mail only when one is urgent."""
    readers = User.objects.filter(is_active=True, practitioner_profile__verification=Verification.VERIFIED)
    told = Notification.objects.unread().filter(kind=Kind.OPENED).values("user")
    for reader in readers.exclude(pk__in=told):
        theirs = [review for review in reviews if review.patient_id != reader.pk]
        if theirs:
            urgent = any(review.urgency == Review.Urgency.URGENT for review in theirs)
            notify(user=reader, kind=Kind.OPENED, subject_id=theirs[0].pk, url=reverse("reviews:list"), email=urgent)


@receiver(review_signed)
def tell_both(sender: type, review: Review, **kwargs: Any) -> None:
    notify(user=review.patient, kind=Kind.SIGNED, subject_id=review.pk, url=analysis_page(review))
    notify(user=review.practitioner, kind=Kind.RECEIPT, subject_id=review.pk, url=reading_page(review), email=False)


@receiver(addendum_added)
def tell_of_addendum(sender: type, review: Review, addendum: Any, **kwargs: Any) -> None:
    notify(user=review.patient, kind=Kind.ADDENDUM, subject_id=addendum.pk, url=analysis_page(review))


@receiver(review_declined)
def tell_the_holder(sender: type, review: Review, practitioner: User | None, **kwargs: Any) -> None:
    if practitioner is not None:
        notify(user=practitioner, kind=Kind.DECLINED, subject_id=review.pk, url=reverse("reviews:list"), email=False)


@receiver(claim_expired)
def tell_of_expiry(sender: type, review: Review, practitioner: User, **kwargs: Any) -> None:
    notify(user=practitioner, kind=Kind.EXPIRED, subject_id=review.pk, url=reading_page(review), email=False)


@receiver(practitioner_verified)
def tell_the_verified(sender: type, profile: PractitionerProfile, **kwargs: Any) -> None:
    notify(user=profile.user, kind=Kind.VERIFIED, subject_id=profile.pk, url=reverse("reviews:list"))
