"""News that travels upward. Sent inside the transaction that it tells of."""

from django.dispatch import Signal

reviews_opened = Signal()  # reviews
reviews_overdue = Signal()  # reviews
review_signed = Signal()  # review: its answer is settled
reading_signed = Signal()  # review, opinion: signed, and another practitioner reads it next
review_declined = Signal()  # review, practitioner: who held it, or None
claim_expired = Signal()  # review, practitioner: who held it
addendum_added = Signal()  # review, addendum
opinion_amended = Signal()  # review, opinion: the newest version
review_referred = Signal()  # review, referral
critical_overdue = Signal()  # notice: the patient should have been told by now
