"""A worker that was started with `nice` gives way to other sessions, too.

Linux shares its processors among sessions first (autogroup, sched(7)), and supervisors start each process in a session of its own: `nice`
then orders only what is inside of one, and a model takes as much as all the pages. So the session is given the same value.
"""

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from celery.signals import celeryd_init

AUTOGROUP = Path("/proc/self/autogroup")


@celeryd_init.connect
def give_way(**kwargs: Any) -> None:
    """Of a session that is the worker's own only: that of a terminal has others in it. Where there are no such groups, nothing is to do."""
    asked = os.nice(0)
    if asked > 0 and os.getsid(0) in (os.getpid(), os.getppid()):
        with suppress(OSError):
            AUTOGROUP.write_text(str(asked))
