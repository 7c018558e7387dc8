"""How long a session lasts: not longer than a day's work, and not long without anybody."""

import time
from typing import Any

from django.conf import settings

BEGAN, SEEN = "session_began", "session_seen"
WRITE_SECONDS = 60  # the last use is kept to the minute: not a write for each request


def begin(session: Any) -> None:
    session[BEGAN] = session[SEEN] = int(time.time())


def is_over(session: Any) -> bool:
    """What began before there were limits begins now."""
    now = time.time()
    if BEGAN not in session:
        begin(session)
    too_old = now - session[BEGAN] >= settings.SESSION_HOURS * 3600
    return too_old or now - session[SEEN] >= settings.SESSION_IDLE_MINUTES * 60


def use(session: Any) -> bool:
    """Somebody is there. True when it was written down."""
    now = int(time.time())
    if now - session[SEEN] < WRITE_SECONDS:
        return False
    session[SEEN] = now
    return True
