"""What a person at the command line can put right: told in one sentence, without a traceback."""


class TrainingError(Exception):
    """Something that was asked for can not be done; the message says why, and what to do."""
