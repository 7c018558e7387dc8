"""How soon a scan should be read.

The queue is ordered by a due time: opened plus the target of the urgency. So an urgent scan goes first, and every other one moves up
as it waits: nobody waits for ever (earliest deadline first, Liu and Layland 1973).
"""

from datetime import timedelta

from portal.analyses.models import Analysis

from .models import Review

TARGET = {
    Review.Urgency.URGENT: timedelta(hours=2),
    Review.Urgency.SOON: timedelta(hours=6),
    Review.Urgency.ROUTINE: timedelta(hours=24),
}
VERY_LIKELY = 0.95


def urgency_of(analysis: Analysis) -> Review.Urgency:
    """Urgent with a red-flag symptom, or when the model is nearly sure; soon when suspicious, uncertain, or the finding sends the patient
    to a clinic by itself (another pneumonia); else routine."""
    if analysis.has_red_flag or (analysis.probability or 0) >= VERY_LIKELY:
        return Review.Urgency.URGENT
    if analysis.outcome != Analysis.Outcome.NOT_SUSPICIOUS or analysis.symptoms or analysis.finding in analysis.catalogue.finding_steps:
        return Review.Urgency.SOON
    return Review.Urgency.ROUTINE
