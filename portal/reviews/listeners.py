"""What reviews do when an analysis is finished."""

from typing import Any

from django.dispatch import receiver

from portal.analyses.models import Analysis
from portal.analyses.signals import analyses_finished

from .services import open_reviews


@receiver(analyses_finished)
def open_when_answered(sender: type, analyses: list[Analysis], **kwargs: Any) -> None:
    open_reviews([analysis for analysis in analyses if analysis.status == Analysis.Status.DONE and analysis.wants_review])
