"""News that travels upward."""

from django.dispatch import Signal

practitioner_verified = Signal()  # profile
consent_given = Signal()  # user
consent_withdrawn = Signal()  # user
