"""What a model sees of each kind of picture, and where the picture lies in it."""

import threading

import cv2
import numpy as np
import pytest
from threadpoolctl import ThreadpoolController

from inference import explain, preprocess


def scene(height: int, width: int) -> np.ndarray:
    """A grainy grey picture with a bright spot at a third of its width and a half of its height."""
    random = np.random.default_rng(4)
    grey = cv2.GaussianBlur(random.integers(60, 160, (height, width)).astype(np.uint8), (0, 0), 2)
    cv2.circle(grey, (width // 3, height // 2), height // 12, 255, -1)
    return np.repeat(grey[:, :, None], 3, axis=2)


def bordered(pixels: np.ndarray, top: int, left: int, bottom: int, right: int, shade: int) -> np.ndarray:
    return cv2.copyMakeBorder(pixels, top, bottom, left, right, cv2.BORDER_CONSTANT, value=(shade, shade, shade))


def test_a_plain_square_keeps_the_aspect_and_says_where_the_picture_is() -> None:
    canvas, box = preprocess.plain(np.full((40, 80, 3), 200, np.uint8), 128)
    assert canvas.shape == (128, 128, 3)
    assert (box.left, box.top, box.width, box.height) == (0, 0.25, 1, 0.5)
    assert (canvas[:32] == 0).all()
    assert (canvas[32:96] == 200).all()


@pytest.mark.parametrize("shade", [0, 255])
def test_borders_of_a_film_do_not_reach_the_model(shade: int) -> None:
    film = scene(300, 260)
    bare, _ = preprocess.film(film, 128)
    framed, _ = preprocess.film(bordered(film, 30, 10, 50, 40, shade), 128)
    assert np.abs(bare.astype(int) - framed).mean() < 4


def test_exposure_of_a_film_does_not_reach_the_model() -> None:
    film = scene(300, 260)
    dim = (film * 0.5 + 20).astype(np.uint8)
    assert np.abs(preprocess.film(film, 128)[0].astype(int) - preprocess.film(dim, 128)[0]).mean() < 4


def test_a_sharp_film_becomes_as_soft_as_those_that_were_learned_from() -> None:
    film = scene(900, 900)
    small = cv2.resize(film, (128, 128), interpolation=cv2.INTER_AREA)
    sharp, soft, learned = preprocess.film(film, 192)[0], preprocess.soft_film(film, 192)[0], preprocess.soft_film(small, 192)[0]

    def detail(pixels: np.ndarray) -> float:
        return float(cv2.Laplacian(pixels[:, :, 0], cv2.CV_32F).std())

    assert detail(soft) == pytest.approx(detail(learned), rel=0.25)
    assert detail(sharp) > 1.5 * detail(learned)


def eye(size: int, dark: bool) -> np.ndarray:
    pixels = np.zeros((size, size * 3 // 2, 3), np.uint8)
    centre = (size * 3 // 4, size // 2)
    cv2.circle(pixels, centre, size * 2 // 5, (60, 30, 15) if dark else (190, 95, 45), -1)
    cv2.circle(pixels, (centre[0] + size // 8, centre[1]), size // 40, (30, 8, 6) if dark else (95, 25, 20), -1)
    return pixels


def test_a_fundus_photograph_is_cut_to_its_opening_and_evened_out() -> None:
    bright, box = preprocess.fundus(eye(400, dark=False), 160)
    dark, _ = preprocess.fundus(eye(400, dark=True), 160)
    assert bright[80, 4].max() > 60  # the opening reaches the square's side
    assert (bright[3, 3] == 0).all()
    assert box.width > 1.4
    surface = bright[60:100, 20:60].astype(int) - dark[60:100, 20:60]
    assert np.abs(surface).mean() < 0.4 * 75  # the two are 75 levels apart in the mean of their channels


@pytest.mark.parametrize("way", sorted(preprocess.WAYS))
@pytest.mark.parametrize(("height", "width"), [(300, 260), (150, 200), (33, 90)])
def test_a_spot_of_the_map_lies_on_the_spot_of_the_picture(way: str, height: int, width: int) -> None:
    picture = bordered(scene(height, width), height // 8, 0, 0, width // 9, 0)
    square, box = preprocess.WAYS[way](picture, 96)
    assert square.shape == (96, 96, 3)
    assert square.dtype == np.uint8
    x, y = width / 3 / picture.shape[1], (height // 8 + height / 2) / picture.shape[0]
    cam = np.zeros((96, 96), np.float32)
    cam[round((box.top + y * box.height) * 96 - 0.5), round((box.left + x * box.width) * 96 - 0.5)] = 1
    heat = cv2.imdecode(
        np.frombuffer(explain.overlay(cv2.GaussianBlur(cam, (0, 0), 2) * 20, box, picture.shape[1], picture.shape[0]), np.uint8), -1
    )
    found_y, found_x = np.unravel_index(heat[:, :, 3].astype(int).argmax(), heat.shape[:2])
    assert abs(found_x / heat.shape[1] - x) < 0.06
    assert abs(found_y / heat.shape[0] - y) < 0.06


def test_what_was_cut_away_stays_clear_on_the_heat_map() -> None:
    picture = bordered(scene(300, 260), 60, 0, 0, 0, 0)
    _, box = preprocess.film(picture, 96)
    heat = cv2.imdecode(np.frombuffer(explain.overlay(np.ones((6, 6), np.float32), box, picture.shape[1], picture.shape[0]), np.uint8), -1)
    assert heat[:55, :, 3].max() == 0
    assert heat[100:200, 50:200, 3].min() > 150


@pytest.mark.parametrize(("top", "bottom", "left", "right"), [(0, 0, 0, 0), (5, 0, 17, 40), (33, 16, 0, 1), (120, 0, 0, 0)])
def test_borders_are_found_wherever_they_end(top: int, bottom: int, left: int, right: int) -> None:
    grey = np.random.default_rng(6).integers(0, 256, (300, 260)).astype(np.uint8)
    grey[:top], grey[300 - bottom :], grey[:, :left], grey[:, 260 - right :] = 0, 0, 250, 0
    found = preprocess._without_borders(grey)
    assert found == (left, min(top, 90), 260 - right, 300 - bottom)  # what would cut deeper is not a border
    assert preprocess._without_borders(np.zeros((50, 70), np.uint8)) == (0, 0, 70, 50)


def test_the_quick_ways_are_the_slow_ones() -> None:
    random = np.random.default_rng(5)
    rows = random.integers(0, 256, (40, 333)).astype(np.uint8)
    assert preprocess._percentiles(rows, (2, 50, 98)) == pytest.approx(np.percentile(rows, [2, 50, 98], axis=1), abs=1e-9)
    assert preprocess._percentiles_by_count(rows, (2, 50, 98, 100)) == pytest.approx(np.percentile(rows, [2, 50, 98, 100]), abs=1e-9)
    plane = random.uniform(0, 255, (96, 96)).astype(np.float32)
    for sigma in (0.8, 8.0, 40.0):  # the widest reaches beyond both edges
        out, into = preprocess._wide_blur(96, sigma)
        assert np.abs(out @ into @ plane @ into.T @ out.T - cv2.GaussianBlur(plane, (0, 0), sigma)).max() < 1e-2
    plane = random.integers(0, 256, (256, 256)).astype(np.float64)
    out, into = preprocess._wide_blur(256, 256 / 12)  # as for an eye
    assert np.abs(out @ into @ plane @ into.T @ out.T - cv2.GaussianBlur(plane, (0, 0), 256 / 12)).max() < 1e-3


def test_an_eye_is_evened_as_the_formula_says() -> None:
    square = np.random.default_rng(6).integers(30, 256, (128, 128, 3)).astype(np.uint8)
    square[40:60, 50:90] = 3  # outside the opening
    got, box = preprocess.fundus(square, 128)
    assert box == preprocess.Box(0, 0, 1, 1)
    mask = (square.max(axis=2) > 14).astype(np.float32)
    near = cv2.GaussianBlur(square.astype(np.float32), (0, 0), 128 / 12)
    near = near / np.maximum(cv2.GaussianBlur(mask, (0, 0), 128 / 12), 0.1)[:, :, None]
    wanted = np.round(np.clip(2.2 * (square - near) + 0.35 * near + 83, 0, 255)) * mask[:, :, None]
    assert np.abs(wanted - got).max() <= 1
    assert (wanted != got).mean() < 1e-3


def test_two_at_once_sum_on_one_thread_each() -> None:
    """OpenBLAS has one number of threads for the whole process, and sums in another order with two: a level of a pixel may turn over."""
    libraries = ThreadpoolController().select(user_api="blas").lib_controllers
    is_in, may_go = threading.Event(), threading.Event()

    def first() -> None:
        with preprocess._on_one_thread():
            is_in.set()
            may_go.wait(5)

    other = threading.Thread(target=first)
    other.start()
    is_in.wait(5)
    threading.Timer(0.2, may_go.set).start()
    with preprocess._on_one_thread():
        other.join()
        assert {library.num_threads for library in libraries} == {1}
