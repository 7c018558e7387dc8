"""News that travels upward."""

from django.dispatch import Signal

practitioner_verified = Signal()  # profile
