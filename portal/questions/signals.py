"""News that travels upward. Sent inside the transaction that it tells of."""

from django.dispatch import Signal

question_asked = Signal()  # question, message: it waits for a practitioner; `to` is who signed, or None when they have left
question_answered = Signal()  # question, message
question_read = Signal()  # question, user
