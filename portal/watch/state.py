"""How things stand, looked at by tasks and kept in the cache, so that whoever asks is answered in milliseconds.

`look` runs in the default worker and sees what costs a query or a write; `look_at_models` runs in an inference worker. While analyses keep
that worker busy, finished tasks say as well that it answers (`answered`).
"""

import shutil
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

from celery.signals import task_postrun
from django.conf import settings
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models import Count, Min, Q
from django.utils import timezone
from redis.exceptions import RedisError

from inference import registry
from portal.analyses import limits
from portal.analyses.models import Analysis, ModelVersion
from portal.reviews.models import Review

KEEP = 3600  # longer than anything here is believed
STATE, MODELS, ANSWERED = "watch:state", "watch:models", "watch:answered"
OFTEN = 5  # seconds between two notes of the same process that it answers
_noted = 0.0
_verified: dict[str, tuple[int, int]] = {}  # path of a model file: when it was changed, its size


def look() -> dict[str, Any]:
    """The queue, the reviews, the disk. Numbers only."""
    now, waits = timezone.now(), limits.count()
    waiting = Review.objects.open()
    reviews = waiting.aggregate(open=Count("pk"), since=Min("asked_at"), overdue=Count("pk", Q(due_at__lte=now)))
    since = reviews.pop("since")
    state = {
        "at": time.time(),
        "queue": vars(waits) | {"few_wait": waits.seconds(in_bulk=False), "bulk_wait": waits.seconds(in_bulk=True)},
        "running": Analysis.objects.filter(status=Analysis.Status.RUNNING).count(),
        "reviews": reviews | {"age": (now - since).total_seconds() if since else 0.0},
        "storage": storage_is_writable(),
        "free_bytes": shutil.disk_usage(_folder()).free,
    }
    cache.set(STATE, state, KEEP)
    return state


def storage_is_writable() -> bool:
    """Write, read and delete a small file, where scans are kept."""
    try:
        name = default_storage.save(f"watch/{uuid.uuid4().hex}", ContentFile(b"watch"))
        try:
            with default_storage.open(name) as file:
                return bool(file.read() == b"watch")
        finally:
            default_storage.delete(name)
    except OSError:
        return False


def _folder() -> Path:
    folder = Path(settings.MEDIA_ROOT)
    return next(parent for parent in (folder, *folder.parents) if parent.exists())


def look_at_models() -> bool:
    """Whether every active version's file is there, whole, and the one that was registered. A file is read again when it has changed."""
    found = {str(version): _is_whole(version) for version in ModelVersion.objects.filter(state=ModelVersion.State.ACTIVE)}
    cache.set(MODELS, {"at": time.time(), "whole": found}, KEEP)
    return all(found.values())


def _is_whole(version: ModelVersion) -> bool:
    try:
        artefact = registry.load(version.disease, version.version)
        path = artefact.model_path
        stamp = (path.stat().st_mtime_ns, path.stat().st_size)
        if _verified.get(str(path)) != stamp:
            registry.verify(artefact)
            _verified[str(path)] = stamp
    except (registry.ArtefactError, OSError):
        return False
    return bool(artefact.manifest.checksum == version.checksum)


@task_postrun.connect(weak=False)
def answered(task: Any = None, **kwargs: Any) -> None:
    """Note that a worker of this queue has just ended a task."""
    global _noted
    queue = "inference" if task is not None and task.name in settings.CELERY_TASK_ROUTES else "default"
    if time.monotonic() - _noted >= OFTEN:
        with suppress(RedisError):
            cache.set(f"{ANSWERED}:{queue}", time.time(), KEEP)
            _noted = time.monotonic()
