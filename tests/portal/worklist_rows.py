"""Many open reviews at once, without a picture or a model: what a list is measured with."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from portal.accounts.models import User
from portal.analyses.models import Analysis, ModelVersion
from portal.reviews.models import Review
from portal.scans.models import Scan
from tests.conftest import analyze

ANSWER: dict[str, Any] = {"status": "done", "finding": "parasitized", "outcome": "suspicious", "probability": 0.8, "threshold": 0.5}


def open_many(patient: User, version: ModelVersion, count: int, *, until: datetime | None = None, **facts: Any) -> list[Review]:
    """Asked for a minute after each other, the last one just now, or at `until`. `facts` are of the reviews."""
    until = until or timezone.now()
    picture = {"format": "PNG", "width": 130, "height": 130, "size": 1, "file": "none.png", "thumbnail": "none.jpg"}
    scans = Scan.objects.bulk_create(
        Scan(patient=patient, source_sha256=(mark := uuid.uuid4().hex * 2), sha256=mark, **picture) for _ in range(count)
    )
    about = {"patient": patient, "disease": version.disease, "model_version": version, "finished_at": until}
    analyses = Analysis.objects.bulk_create(Analysis(scan=scan, **about, **ANSWER) for scan in scans)
    reviews = []
    for n, analysis in enumerate(analyses):
        asked_at = until - timedelta(minutes=count - 1 - n)
        wanted = {"urgency": 2, "asked_at": asked_at, **facts}
        wanted.setdefault("due_at", asked_at + timedelta(hours={1: 2, 2: 6, 3: 24}[wanted["urgency"]]))
        reviews.append(Review(analysis=analysis, patient=patient, **wanted))
    Review.objects.bulk_create(reviews)
    analyze()
    return reviews
