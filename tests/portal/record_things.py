"""What the tests of a person's record do with it: sign, unpack, look at every byte and row, let days pass."""

import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.contrib.sessions.models import Session
from django.core import signals
from django.core.management import call_command
from django.db import close_old_connections, models

from portal.accounts.models import User
from portal.analyses.models import Analysis
from portal.records.models import Erasure
from portal.reviews import services as reviews
from portal.reviews.models import Review

Answered = Callable[..., Analysis]
READING = {"finding": "parasitized", "confidence": "high", "recommendation": "visit"}


def signed(analysis: Analysis, by: User, notes: str = "", first: str = "") -> Review:
    review = reviews.claim(review=Review.objects.get(analysis=analysis), practitioner=by)
    reviews.record_reading(review=review, practitioner=by, **READING, notes=first)
    reviews.sign(review=review, practitioner=by, **READING, notes=notes)
    return Review.objects.get(pk=review.pk)


def unzipped(response: Any) -> zipfile.ZipFile:
    assert response.status_code == 200
    return zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))


def hang_up(response: Any) -> None:
    """As a server closes a response whose client has gone, but for the end of the request, which would close the test's database."""
    signals.request_finished.disconnect(close_old_connections)
    response.close()
    signals.request_finished.connect(close_old_connections)


def media(settings: Any) -> bytes:
    """Every file that is kept, in one."""
    return b"".join(path.read_bytes() for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file())


def dump() -> str:
    """Every row of the database as text, sessions opened."""
    out = io.StringIO()
    call_command("dumpdata", "--all", stdout=out)
    return out.getvalue() + "".join(json.dumps(session.get_decoded()) for session in Session.objects.all())


def in_days(days: float) -> None:
    """As if so many days had passed for what is to be erased."""
    Erasure.objects.update(due_at=models.F("due_at") - timedelta(days=days))
