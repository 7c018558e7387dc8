"""Who is told what, when."""

from datetime import timedelta
from typing import Any

from allauth.account import signals as account
from allauth.mfa import signals as mfa
from django.db.models import Q
from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone

from portal.accounts.models import PractitionerProfile, User
from portal.accounts.models import Role as AccountRole
from portal.accounts.signals import practitioner_verified
from portal.analyses.models import Analysis
from portal.analyses.signals import analyses_finished
from portal.questions.models import Question
from portal.questions.signals import question_answered, question_asked, question_read
from portal.reviews import readers
from portal.reviews.models import CriticalNotice, Opinion, Referral, Review, Role
from portal.reviews.signals import (
    addendum_added,
    claim_expired,
    critical_overdue,
    opinion_amended,
    reading_signed,
    review_declined,
    review_referred,
    review_signed,
    reviews_opened,
    reviews_overdue,
)

from .models import Notification
from .services import mark_read, notify, notify_each

Kind = Notification.Kind
MAIL_PAUSE = timedelta(hours=1)
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
    lately = Q(in_portal=False, created_at__gt=timezone.now() - MAIL_PAUSE)  # who is told by e-mail alone has nothing to mark as read
    told = Notification.objects.unread().filter(Q(in_portal=True) | lately, kind=Kind.OPENED).values("user")
    untold = readers.verified().exclude(pk__in=told)
    had_theirs = readers.read_before(reviews) if untold else {}  # while many come, hardly ever
    for reader in untold:
        theirs = [review for review in reviews if review.patient_id != reader.pk and reader.pk not in had_theirs[review.pk]]
        if theirs:
            urgent = any(review.urgency == Review.Urgency.URGENT for review in theirs)
            notify(user=reader, kind=Kind.OPENED, subject_id=_wanted(theirs[0]), url=reverse("reviews:list"), email=urgent)


def _wanted(review: Review) -> str:
    """A case that waits for another reading is news again."""
    return str(review.pk) if review.role == Role.FIRST else f"{review.pk}:{review.role}"


@receiver(reviews_overdue)
def tell_that_they_are_late(sender: type, reviews: list[Review], **kwargs: Any) -> None:
    """Every verified practitioner and every administrator without unread news of lateness: one line for all that are late, never one for
    each. A scan makes this news once, when it falls due; who has not read it yet is not told again."""
    told = Notification.objects.unread().filter(kind=Kind.OVERDUE).values("user")
    had_theirs = readers.read_before(reviews)
    for reader in readers.verified().exclude(pk__in=told):
        theirs = [review for review in reviews if review.patient_id != reader.pk and reader.pk not in had_theirs[review.pk]]
        if theirs:
            notify(user=reader, kind=Kind.OVERDUE, subject_id=_wanted(theirs[0]), url=reverse("reviews:list") + "?view=overdue")
    late = reverse("admin:reviews_review_changelist") + "?overdue=yes"
    for administrator in User.objects.filter(is_active=True, role=AccountRole.ADMINISTRATOR).exclude(pk__in=told):
        notify(user=administrator, kind=Kind.OVERDUE, subject_id=_wanted(reviews[0]), url=late)


@receiver(review_signed)
def tell_both(sender: type, review: Review, **kwargs: Any) -> None:
    """The patient, the practitioner whose opinion is the answer, and whoever else took part."""
    notify(user=review.patient, kind=Kind.SIGNED, subject_id=review.pk, url=analysis_page(review))
    notify(user=review.practitioner, kind=Kind.RECEIPT, subject_id=review.pk, url=reading_page(review))
    for user in readers.who_took_part(review):
        if user != review.practitioner:
            notify(user=user, kind=Kind.OUTCOME, subject_id=review.pk, url=reading_page(review))


@receiver(reading_signed)
def tell_the_reader(sender: type, review: Review, opinion: Opinion, **kwargs: Any) -> None:
    notify(user=opinion.practitioner, kind=Kind.READ_ONCE, subject_id=review.pk, url=reading_page(review))


@receiver(review_referred)
def tell_of_referral(sender: type, review: Review, referral: Referral, **kwargs: Any) -> None:
    """The one whom it was handed to; of a speciality, all who could read it."""
    to = [referral.referred_to] if referral.referred_to else readers.of_speciality(review, referral)
    for user in to:
        notify(user=user, kind=Kind.REFERRED, subject_id=referral.pk, url=reading_page(review))


@receiver(opinion_amended)
def tell_of_amendment(sender: type, review: Review, opinion: Opinion, **kwargs: Any) -> None:
    notify(user=review.patient, kind=Kind.AMENDED, subject_id=opinion.pk, url=analysis_page(review))
    for user in readers.who_took_part(review):
        if user != opinion.practitioner:
            notify(user=user, kind=Kind.AMENDED, subject_id=opinion.pk, url=reading_page(review), email=False)


@receiver(critical_overdue)
def tell_of_overdue(sender: type, notice: CriticalNotice, **kwargs: Any) -> None:
    """Who signed it, and every administrator."""
    administrators = User.objects.filter(is_active=True, role=AccountRole.ADMINISTRATOR)
    for user in {notice.practitioner, *administrators}:
        notify(user=user, kind=Kind.CRITICAL, subject_id=notice.pk, url=reverse("reviews:notices"))


@receiver(addendum_added)
def tell_of_addendum(sender: type, review: Review, addendum: Any, **kwargs: Any) -> None:
    notify(user=review.patient, kind=Kind.ADDENDUM, subject_id=addendum.pk, url=analysis_page(review))


@receiver(review_declined)
def tell_the_holder(sender: type, review: Review, practitioner: User | None, **kwargs: Any) -> None:
    if practitioner is not None:
        notify(user=practitioner, kind=Kind.DECLINED, subject_id=review.pk, url=reverse("reviews:list"))


@receiver(claim_expired)
def tell_of_expiry(sender: type, review: Review, practitioner: User, **kwargs: Any) -> None:
    notify(user=practitioner, kind=Kind.EXPIRED, subject_id=review.pk, url=reading_page(review))


def thread_page(question: Question) -> str:
    return reverse("questions:thread", args=[question.pk])


@receiver(question_asked)
def tell_who_answers(sender: type, question: Question, message: Any, to: User | None, **kwargs: Any) -> None:
    """Who signed; when they have left, every verified practitioner."""
    for user in [to] if to is not None else readers.verified().exclude(pk=question.patient_id):
        notify(user=user, kind=Kind.ASKED, subject_id=message.pk, url=thread_page(question))


@receiver(question_answered)
def tell_who_asked(sender: type, question: Question, message: Any, **kwargs: Any) -> None:
    notify(user=question.patient, kind=Kind.REPLIED, subject_id=message.pk, url=thread_page(question))


@receiver(question_read)
def forget_what_was_read(sender: type, question: Question, user: User, **kwargs: Any) -> None:
    mark_read(Notification.objects.filter(user=user, kind__in=[Kind.ASKED, Kind.REPLIED], url=thread_page(question)))


@receiver(practitioner_verified)
def tell_the_verified(sender: type, profile: PractitionerProfile, **kwargs: Any) -> None:
    notify(user=profile.user, kind=Kind.VERIFIED, subject_id=profile.pk, url=reverse("reviews:list"))


@receiver(account.password_changed)
@receiver(account.password_set)
@receiver(account.password_reset)
@receiver(account.email_changed)
@receiver(account.email_removed)
@receiver(mfa.authenticator_added)
@receiver(mfa.authenticator_removed)
@receiver(mfa.authenticator_reset)
def tell_of_changed_sign_in(sender: type, user: User, **kwargs: Any) -> None:
    """Once a minute, however much one step changes. The mail is allauth's: it says what and from where, and tells the old address too."""
    minute = f"{timezone.now():%Y-%m-%dT%H:%M}"
    notify(user=user, kind=Kind.SECURITY, subject_id=minute, url=reverse("accounts:profile"), email=False)
