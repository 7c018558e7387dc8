"""For load balancers and compose: is this process able to serve?"""

from django.core.cache import cache
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from medinform.storage import StorageFull

RETRY_SECONDS = 10  # what a client is asked to wait
AWAY = (OperationalError, InterfaceError, RedisError, StorageFull)


def is_away(error: BaseException | None) -> bool:
    """Whether it tells of a database, a Redis or a disk that can not be used now."""
    return isinstance(error, AWAY)


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when the database and Redis answer, else 503 with what does not. No detail that would help a stranger."""
    state = {"database": _works(_database), "redis": _works(_redis)}
    return JsonResponse(state, status=200 if all(state.values()) else 503)


def _works(check) -> bool:  # type: ignore[no-untyped-def]
    try:
        check()
    except Exception:  # whatever the reason: this process can not serve now
        return False
    return True


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _redis() -> None:
    cache.get("healthz")
