"""Steps of a second opinion in one line, for tests of what follows from them."""

from typing import Any

from portal.accounts.models import User
from portal.reviews import services
from portal.reviews.models import Opinion, ReadingPolicy, Review

READING: dict[str, Any] = {"finding": "parasitized", "confidence": "high", "recommendation": "visit", "notes": ""}
URGENT: dict[str, Any] = {"recommendation": "clinic"}  # what the first rule of CriticalRule calls critical


def read(review: Review, reader: User, **said: Any) -> None:
    """Claim it and keep an own reading."""
    services.claim(review=review, practitioner=reader)
    services.record_reading(review=review, practitioner=reader, **{**READING, **said})


def read_and_sign(review: Review, reader: User, **said: Any) -> Opinion:
    """The whole of one reading, which the model did not change."""
    read(review, reader, **said)
    return services.sign(review=review, practitioner=reader, **{**READING, **said})


def policy(mode: str, disease: str = "malaria", urgency: int | None = None) -> ReadingPolicy:
    return ReadingPolicy.objects.create(disease=disease, urgency=urgency, mode=mode)


def fresh(review: Review) -> Review:
    return Review.objects.get(pk=review.pk)
