"""Is this process, with all that it needs, able to serve? From what tasks have noted; only the database and Redis are asked now."""

import time
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import connection

from . import state

PARTS = ("database", "broker", "storage", "worker", "models")


def parts() -> dict[str, bool]:
    """Each part, and whether it is well. What nobody has looked at lately is not."""
    known: Mapping[str, Any] | None
    try:
        known = cache.get_many([state.STATE, state.MODELS, f"{state.ANSWERED}:inference"])
    except Exception:  # whatever the reason: Redis does not answer, and nothing else is known then
        known = None
    found = dict.fromkeys(PARTS, False) | {"database": _database(), "broker": known is not None}
    if known is not None:
        looked, models = known.get(state.STATE, {}), known.get(state.MODELS, {})
        found["storage"] = bool(looked.get("storage")) and _is_fresh(looked["at"])
        found["worker"] = _is_fresh(known.get(f"{state.ANSWERED}:inference", 0))
        found["models"] = bool(models.get("whole")) and all(models["whole"].values())
    return found


def _is_fresh(at: float) -> bool:
    return time.time() - at < settings.READY_SECONDS


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception:  # whatever the reason: this process can not serve now
        return False
    return True
