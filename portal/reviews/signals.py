"""News that travels upward. Sent inside the transaction that it tells of."""

from django.dispatch import Signal

reviews_opened = Signal()  # reviews
review_signed = Signal()  # review
review_declined = Signal()  # review, practitioner: who held it, or None
claim_expired = Signal()  # review, practitioner: who held it
addendum_added = Signal()  # review, addendum
