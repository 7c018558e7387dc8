"""The short name of a review: 7K3M-Q2XF. Its id's first 40 bits in Crockford's alphabet, which has no letters that look like digits.

Of a million reviews two share one about every other time, so it finds reviews, and the id identifies them.
"""

import uuid

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8
READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


def of(pk: uuid.UUID) -> str:
    first = pk.int >> (128 - 5 * LENGTH)
    letters = "".join(ALPHABET[first >> 5 * (LENGTH - 1 - i) & 31] for i in range(LENGTH))
    return f"{letters[:4]}-{letters[4:]}"


def ids_of(text: str) -> tuple[uuid.UUID, uuid.UUID] | None:
    """The first and the last id that this reference, or the beginning of one, can mean; None if it is not one."""
    letters = text.upper().translate(READ_AS)
    if not 4 <= len(letters) <= LENGTH or not set(letters) <= set(ALPHABET):
        return None
    first = sum(ALPHABET.index(letter) << 128 - 5 * (i + 1) for i, letter in enumerate(letters))
    return uuid.UUID(int=first), uuid.UUID(int=first + (1 << 128 - 5 * len(letters)) - 1)


def ids_from(text: str) -> tuple[uuid.UUID, uuid.UUID] | None:
    """The same for an id in its long form, whole or its beginning from eight digits on."""
    digits = text.lower().replace("-", "")
    if not 8 <= len(digits) <= 32 or not set(digits) <= set("0123456789abcdef"):
        return None
    return uuid.UUID(digits.ljust(32, "0")), uuid.UUID(digits.ljust(32, "f"))
