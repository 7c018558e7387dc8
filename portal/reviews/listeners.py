"""What reviews do when an analysis is finished, and when a person withdraws their consent."""

from typing import Any

from django.dispatch import receiver

from portal.accounts.models import User
from portal.accounts.signals import consent_withdrawn
from portal.analyses.models import Analysis
from portal.analyses.signals import analyses_finished, answer_read

from . import critical
from .models import Review, Role
from .services import decline, open_reviews


@receiver(analyses_finished)
def open_when_answered(sender: type, analyses: list[Analysis], **kwargs: Any) -> None:
    open_reviews([analysis for analysis in analyses if analysis.status == Analysis.Status.DONE and analysis.wants_review])


@receiver(answer_read)
def keep_that_the_patient_has_read(sender: type, analysis: Analysis, **kwargs: Any) -> None:
    critical.patient_has_read(analysis)


@receiver(consent_withdrawn)
def decline_what_waits(sender: type, user: User, **kwargs: Any) -> None:
    """Locked first, so that nobody signs one of them in between. What a practitioner has read already gets its answer."""
    unread = Review.objects.select_for_update().filter(patient=user, role=Role.FIRST)
    for review in unread.filter(status__in=[Review.Status.WAITING, Review.Status.CLAIMED]):
        decline(review=review, patient=user)
