"""What reviews do when an analysis is finished."""

from typing import Any

from django.dispatch import receiver

from portal.analyses.models import Analysis
from portal.analyses.signals import analysis_finished

from .services import open_review


@receiver(analysis_finished)
def open_when_answered(sender: type, analysis: Analysis, **kwargs: Any) -> None:
    if analysis.status == Analysis.Status.DONE and analysis.wants_review:
        open_review(analysis)
