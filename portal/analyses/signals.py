"""News that travels upward. Sent inside the transaction that it tells of, so that what listens happens with it or not at all."""

from django.dispatch import Signal

analyses_finished = Signal()  # analyses: done, rejected or failed, all of them
answer_read = Signal()  # analysis: its patient has opened its page, or fetched it
