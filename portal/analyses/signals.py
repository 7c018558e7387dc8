"""News that travels upward. Sent inside the transaction that it tells of, so that what listens happens with it or not at all."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.dispatch import Signal

analyses_submitted = Signal()  # analyses: new, of one scan
analyses_finished = Signal()  # analyses: done, rejected or failed, all of them
analysis_requeued = Signal()  # analysis, code: a try was lost or broke off
answer_read = Signal()  # analysis: its patient has opened its page, or fetched it
# Outside any transaction:
upload_refused = Signal()  # disease, code
answers_stored = Signal()  # disease, seconds: how long each of them took to store

P = ParamSpec("P")
R = TypeVar("R")


def tells_refusals(submit: Callable[P, R]) -> Callable[P, R]:
    """What it refuses with a code is told as upload_refused."""

    @wraps(submit)
    def told(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return submit(*args, **kwargs)
        except Exception as error:
            if isinstance(code := getattr(error, "code", None), str):
                upload_refused.send(submit, disease=kwargs["disease"], code=code)
            raise

    return told
