"""Logs name nobody. What an error says can quote what somebody typed, or a statement with its values; its place in the code can not."""

import logging
import re
import traceback

ADDRESS = re.compile(r"[^\s@<>'\"(=]+@[^\s@<>'\")]+\.[^\s@<>'\")]+")
QUOTED = re.compile(r"'[^'\n]*'|\"[^\"\n]*\"")
A_NAME_OF_OURS = re.compile(r"['\"][a-z_][a-z0-9_.]*['\"]")  # of a field, a table, a setting: written small and without spaces


def redacted(words: str) -> str:
    """The first line of what an error says: a database adds the statement, or the values, in those below."""
    first = words.partition("\n")[0]
    first = QUOTED.sub(lambda found: found[0] if A_NAME_OF_OURS.fullmatch(found[0]) else "'...'", first)
    return ADDRESS.sub("...", first)


class WithoutIdentity(logging.Filter):
    """For a handler: addresses in messages, and what errors quote, are left out; tracebacks keep their places. Never drops a line."""

    def filter(self, record: logging.LogRecord) -> bool:
        said = message = record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text = _told(traceback.TracebackException(*record.exc_info))
            for quoted in (repr(record.exc_info[1]), str(record.exc_info[1])):  # Celery repeats the error in its own words
                message = message.replace(quoted, redacted(quoted)) if quoted else message
        message = ADDRESS.sub("...", message)
        if message != said:
            record.msg, record.args = message, ()
        return True


def _told(error: traceback.TracebackException) -> str:
    """As Python tells it, with each message redacted, also of the errors that led to it."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    led = f"{_told(before)}\n\nwhich led to:\n\n" if before else ""
    name = error.exc_type.__name__ if error.exc_type else "error"
    lines = "".join(error.stack.format())
    return f"{led}Traceback (most recent call last):\n{lines}{name}: {redacted(str(error))}"
