"""What reviews do when an analysis is finished."""

from typing import Any

from django.dispatch import receiver

from portal.analyses.models import Analysis
from portal.analyses.signals import analyses_finished, answer_read

from . import critical
from .services import open_reviews


@receiver(analyses_finished)
def open_when_answered(sender: type, analyses: list[Analysis], **kwargs: Any) -> None:
    open_reviews([analysis for analysis in analyses if analysis.status == Analysis.Status.DONE and analysis.wants_review])


@receiver(answer_read)
def keep_that_the_patient_has_read(sender: type, analysis: Analysis, **kwargs: Any) -> None:
    critical.patient_has_read(analysis)
