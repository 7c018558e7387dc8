"""News that travels upward. Sent inside the transaction that it tells of, so that what listens happens with it or not at all."""

from django.dispatch import Signal

analysis_finished = Signal()  # analysis: done, rejected or failed
