"""Whatever the bytes are: read correctly, or refused with a code of their own."""

import contextlib
import io
import struct
import zlib
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

import samples
from inference import imaging
from inference.imaging import CODES, MAX_BYTES, ImageRejected, decode
from inference.registry import Input


def picture(mode: str = "RGB", size: tuple[int, int] = (60, 40), seed: int = 1) -> Image.Image:
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), np.uint8)
    return Image.fromarray(pixels).convert(mode)


def encoded(image: Image.Image, format: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def code_of(data: bytes) -> str:
    with pytest.raises(ImageRejected) as refused:
        decode(data)
    assert refused.value.code in CODES
    assert refused.value.message.endswith(".")
    return refused.value.code


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def test_a_png_is_read_as_it_is() -> None:
    image = picture()
    read = decode(encoded(image))
    assert (read.format, read.width, read.height) == ("PNG", 60, 40)
    assert (read.pixels == np.asarray(image)).all()


@pytest.mark.parametrize("mode", ["L", "P", "1"])
def test_grey_palette_and_black_and_white_become_colour(mode: str) -> None:
    image = picture(mode)
    assert (decode(encoded(image)).pixels == np.asarray(image.convert("RGB"))).all()


def test_a_cmyk_jpeg_is_read() -> None:
    image = picture("CMYK")
    data = encoded(image, "JPEG", quality=100)
    assert (decode(data).pixels == np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))).all()


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize(
    "options", [{}, {"progressive": True}, {"subsampling": 0}, {"subsampling": 2, "quality": 30}, {"restart_marker_rows": 1}]
)
@pytest.mark.parametrize("longest", [1024, 500, 300, 200, 80])
def test_an_ordinary_jpeg_is_read_the_quick_way_with_the_same_bits(
    mode: str, options: dict[str, object], longest: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    waves = cv2.resize(np.asarray(picture(size=(12, 9))), (611, 403), interpolation=cv2.INTER_CUBIC)
    data, taken, quick = encoded(Image.fromarray(waves).convert(mode), "JPEG", **options), [], imaging._of_jpeg

    def watched(*given: Any) -> np.ndarray | None:
        taken.append(quick(*given))
        return taken[-1]

    monkeypatch.setattr(imaging, "_of_jpeg", watched)
    read = decode(data, longest)
    assert taken[0] is not None
    monkeypatch.setattr(imaging, "_of_jpeg", lambda *given: None)
    assert (read.pixels == decode(data, longest).pixels).all()
    assert read.pixels.flags.writeable


def test_a_damaged_jpeg_is_refused_or_read_as_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """The quick way would paint what is missing, and say nothing: it leaves all that is not as it should be to the other."""
    data, quick, answers = encoded(picture(size=(200, 150)), "JPEG", quality=60), imaging._of_jpeg, []
    chance = np.random.default_rng(5)
    for _ in range(300):
        made = bytearray(data)
        for at in chance.integers(200, len(data) - 2, chance.choice([1, 4, 40])):
            made[at] ^= 1 << int(chance.integers(8))
        for way in (quick, lambda *given: None):
            monkeypatch.setattr(imaging, "_of_jpeg", way)
            try:
                answers.append(decode(bytes(made)).pixels.tobytes())
            except ImageRejected as refused:
                answers.append(refused.code.encode())
    assert answers[::2] == answers[1::2]
    assert b"corrupt" in answers


def test_sixteen_bit_grey_keeps_its_range() -> None:
    ramp = np.linspace(0, 65535, 64 * 64).astype(np.uint16).reshape(64, 64)
    read = decode(encoded(Image.fromarray(ramp))).pixels
    assert np.abs(read[:, :, 0].astype(int) - np.round(ramp / 65535 * 255)).max() <= 1


def test_sixteen_bit_colour_is_scaled_over_its_full_range() -> None:
    samples_16 = np.random.default_rng(4).integers(0, 65536, (40, 50, 3)).astype(np.uint16)
    data = cv2.imencode(".png", samples_16[:, :, ::-1])[1].tobytes()
    assert np.abs(decode(data).pixels.astype(int) - np.round(samples_16 / 65535 * 255)).max() <= 1


def test_opaque_alpha_is_dropped_and_see_through_is_refused() -> None:
    image = picture("RGBA")
    assert (decode(encoded(image)).pixels == np.asarray(image.convert("RGB"))).all()
    image.putpixel((3, 3), (0, 0, 0, 10))
    assert code_of(encoded(image)) == "has_transparency"


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_exif_rotation_is_applied(orientation: int, format: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(picture(), format, exif=exif.tobytes())
    from PIL import ImageOps

    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data)).convert("RGB") if orientation == 1 else Image.open(io.BytesIO(data)))
    assert (decode(data).pixels == np.asarray(upright.convert("RGB"))).all()


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_cut_file_is_truncated_not_painted_grey(format: str, share: float) -> None:
    data = encoded(picture(), format)
    assert code_of(data[: int(len(data) * share)]) == "truncated"


def test_damage_in_a_chunk_is_corrupt() -> None:
    data = bytearray(encoded(picture()))
    data[60] ^= 0xFF
    assert code_of(bytes(data)) == "corrupt"


def test_a_bomb_is_refused_by_its_header_before_it_is_inflated() -> None:
    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 10_000)) + chunk(b"IEND", b"")
    assert code_of(bomb) == "too_many_pixels"


def test_a_jpeg_that_claims_to_be_huge_is_refused_by_its_header() -> None:
    data = bytearray(encoded(picture(), "JPEG"))
    at = data.index(b"\xff\xc0")
    data[at + 5 : at + 9] = struct.pack(">HH", 60_000, 60_000)
    assert code_of(bytes(data)) == "too_many_pixels"


def test_text_chunks_that_inflate_without_limit_are_left_out() -> None:
    data = encoded(picture())
    text = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"A" * 30_000_000))
    assert decode(data[:33] + text + data[33:]).width == 60


def test_small_large_and_empty_files() -> None:
    assert code_of(encoded(picture(size=(31, 200)))) == "too_small"
    assert decode(encoded(picture(size=(32, 32)))).width == 32
    assert code_of(b"") == "empty_file"
    assert code_of(b"\xff\xd8" + b"\0" * MAX_BYTES) == "too_large"


def test_animated_pictures_are_refused() -> None:
    frames = [picture(seed=2), picture(seed=3)]
    assert code_of(encoded(picture(), "PNG", save_all=True, append_images=frames)) == "animated"


@pytest.mark.parametrize(("format", "word"), [("GIF", "GIF"), ("BMP", "BMP"), ("TIFF", "TIFF"), ("WEBP", "WebP")])
def test_other_formats_are_named(format: str, word: str) -> None:
    with pytest.raises(ImageRejected, match=word) as refused:
        decode(encoded(picture(), format))
    assert refused.value.code == "unsupported_type"


@pytest.mark.parametrize(("start", "word"), [(b"\0\0\0\x18ftypheic", "HEIC"), (b"\0\0\0\x18ftypavif", "AVIF"), (b"%PDF-1.7", "PDF")])
def test_formats_that_phones_and_offices_send_are_named(start: bytes, word: str) -> None:
    with pytest.raises(ImageRejected, match=word) as refused:
        decode(start + b"\0" * 200)
    assert refused.value.code == "unsupported_type"


def test_dicom_waits_for_later_and_says_so() -> None:
    with pytest.raises(ImageRejected, match="DICOM"):
        decode(b"\0" * 128 + b"DICM" + b"\0" * 100)


@given(st.binary(max_size=400))
def test_no_bytes_do_anything_but_be_refused(data: bytes) -> None:
    for start in (b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0"):
        code_of(start + data)


@given(st.integers(0, 2000), st.integers(0, 255))
def test_one_damaged_byte_never_breaks_the_reader(at: int, value: int) -> None:
    for data in (encoded(picture(), "JPEG"), encoded(picture())):
        damaged = bytearray(data)
        damaged[at % len(damaged)] = value
        with contextlib.suppress(ImageRejected):  # any other exception fails the test
            assert decode(bytes(damaged)).pixels.dtype == np.uint8


def test_prepared_values_are_scaled() -> None:
    pixels, _ = Input(128, 127.0, 128.0).prepare(decode(samples.draw("malaria", "uninfected")).pixels)
    assert pixels.shape == (128, 128, 3)
    assert pixels.dtype == np.float32
    assert -1 <= pixels.min() <= pixels.max() <= 1.01


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_large_picture_is_shrunk_to_what_it_would_be_if_shrunk_afterwards(format: str, mode: str) -> None:
    smooth = picture(mode, (30, 20)).resize((1200, 800), Image.Resampling.BICUBIC)
    data = encoded(smooth, format)
    whole, shrunk = decode(data, 0), decode(data, 150)
    assert (shrunk.width, shrunk.height) == (whole.width, whole.height) == (1200, 800)
    assert shrunk.pixels.shape == (100, 150, 3)
    wanted = cv2.resize(whole.pixels, (150, 100), interpolation=cv2.INTER_AREA)
    assert np.abs(shrunk.pixels.astype(int) - wanted).mean() < 1


def test_a_picture_that_is_small_enough_keeps_its_very_bits() -> None:
    data = encoded(picture(size=(150, 100)), "JPEG")
    assert (decode(data, 150).pixels == decode(data).pixels).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_large_picture_is_turned_upright_too(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(picture(size=(30, 20)).resize((600, 400), Image.Resampling.BICUBIC), "JPEG", exif=exif)
    whole, shrunk = decode(data), decode(data, 60)
    assert (shrunk.width, shrunk.height) == (whole.pixels.shape[1], whole.pixels.shape[0])
    assert shrunk.pixels.shape[:2] == (whole.pixels.shape[0] // 10, whole.pixels.shape[1] // 10)
    wanted = cv2.resize(whole.pixels, shrunk.pixels.shape[1::-1], interpolation=cv2.INTER_AREA)
    assert np.abs(shrunk.pixels.astype(int) - wanted).mean() < 6  # of 255: a picture turned otherwise is 80 away
