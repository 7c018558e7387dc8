"""Sealed streams: whole, in their place, and under their key, or not at all."""

import io

import pytest

from medinform.sealing import CHUNK, HEADER, PLAIN, TAG, Sealer, SealError, key, new_key, opened_size, ring, unseal

KEY, OTHER = new_key(), new_key()


def sealed(data: bytes, context: str = "a", piece: int = 10_000) -> bytes:
    out = io.BytesIO()
    sealer = Sealer(out, key(KEY), context)
    for at in range(0, len(data), piece):
        sealer.write(data[at : at + piece])
    sealer.close()
    return out.getvalue()


def opened(data: bytes, context: str = "a", *keys: str) -> bytes:
    return b"".join(unseal(io.BytesIO(data).read, ring(keys or [KEY]), context))


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 5])
def test_what_was_sealed_is_opened(size: int) -> None:
    data = bytes(n % 251 for n in range(size))
    assert opened(sealed(data)) == data
    assert opened_size(len(sealed(data))) == size
    assert data[:40] not in sealed(data) or size < 2


def test_no_part_can_be_changed_moved_or_cut_off() -> None:
    whole = sealed(bytes(3 * CHUNK))
    step = CHUNK + TAG
    first, second, third = (whole[HEADER + n * step : HEADER + (n + 1) * step] for n in range(3))
    for broken in (
        whole[:-1],
        whole[: HEADER + step],
        whole[:HEADER] + second + first + third,
        whole[:HEADER] + first + third,
        whole + third,
        whole[: HEADER + 5] + b"?" + whole[HEADER + 6 :],
        whole[: HEADER - 1] + b"?" + whole[HEADER:],
        whole[:10],
    ):
        with pytest.raises(SealError):
            opened(broken)


def test_a_file_can_not_stand_for_another_nor_be_opened_with_another_key() -> None:
    with pytest.raises(SealError):
        opened(sealed(b"picture"), "b")
    with pytest.raises(SealError, match="a key that is not given"):
        opened(sealed(b"picture"), "a", OTHER)
    assert opened(sealed(b"picture"), "a", OTHER, KEY) == b"picture"


def test_a_weak_key_is_none() -> None:
    for bad in ("", "secret", new_key()[:-8], "x" * 44):
        with pytest.raises(SealError):
            ring([bad])
    assert ring([PLAIN, KEY]).first is None
    assert ring([]).first is None
