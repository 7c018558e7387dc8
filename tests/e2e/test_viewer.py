"""The viewer of the reading room in a real browser: what is drawn, what is measured, and what the keyboard and fingers alone can do."""

import io
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

import samples
from tests.e2e.stack import PRACTITIONER, Stack, until
from tests.e2e.test_browser import new_page, sign_in

# Here WebGL is computed on the processor, which the viewer refuses: told that it does not matter, it draws as with a graphics card.
WITH_WEBGL = """
const get = WebGL2RenderingContext.prototype.getParameter;
WebGL2RenderingContext.prototype.getParameter = function (name) {
  return name === 0x9246 ? "a graphics card" : get.call(this, name); // UNMASKED_RENDERER_WEBGL
};
"""
TELLS_LATE = """
window.ResizeObserver = class extends ResizeObserver {
  constructor(told) {
    window.untold ??= 0;
    super((...all) => {
      window.untold++;
      setTimeout(() => { window.untold--; told(...all); }, 1500);
    });
  }
};
"""
BOTH_WAYS = pytest.mark.parametrize(("script", "way"), [(WITH_WEBGL, "webgl"), ("", "canvas")], ids=["webgl", "canvas"])
SEEDS = itertools.count(1031)  # the same picture again would be the same analysis, of another file, too


@pytest.fixture
def film(stack: Stack) -> Iterator[dict[str, str]]:
    """A chest film that the practitioner holds: ids of the review and of the scan.

    Each test has its own: a page that closes still sends its draft, and the next test would find lines that it did not draw.
    """
    seed = next(SEEDS)
    now = answered(stack.client(), samples.draw("tuberculosis", "normal", seed))
    review = str(now["review"]).rstrip("/").rpartition("/")[2]
    assert stack.client(PRACTITIONER).post(f"/reviews/{review}/claim/").status_code == 200
    yield {"review": review, "seed": str(seed), "scan": last_part(now["scan"])}
    assert stack.client(PRACTITIONER).post(f"/reviews/{review}/release/").status_code == 200  # nobody holds more than a few at once


@pytest.fixture
def earlier(stack: Stack) -> str:
    """The id of a film that the same patient sent before that of `film`: to be asked for first."""
    return last_part(answered(stack.client(), samples.draw("tuberculosis", "normal", next(SEEDS)))["scan"])


def last_part(found: Any) -> str:
    return str(found["id"] if isinstance(found, dict) else found).rstrip("/").rpartition("/")[2]


def answered(patient: Any, data: bytes) -> dict[str, Any]:
    sent = patient.post("/analyses/", files={"file": ("film.png", data)}, data={"disease": "tuberculosis", "wants_review": "true"})
    address = f"/analyses/{sent.json()['id']}/"
    found: dict[str, Any] = until(lambda: (now := patient.get(address).json())["status"] not in ("queued", "running") and now, 60)
    assert found["status"] == "done"
    return found


@pytest.fixture
def enter(stack: Stack, opened: Browser, film: dict[str, str]) -> Iterator[Callable[..., Page]]:
    """enter(script="", **options): the practitioner's reading room, ready. Nothing may be complained of in its console."""
    complaints: list[list[str]] = []

    def go(script: str = "", **options: Any) -> Page:
        page, said = new_page(opened, stack.address, **{"viewport": {"width": 1280, "height": 900}, **options})
        complaints.append(said)
        page.add_init_script(script)
        sign_in(page, PRACTITIONER, stack.password)
        page.goto(f"/reviews/{film['review']}/")
        expect(page.locator("[data-viewer][data-ready]")).to_be_visible()
        return page

    yield go
    assert [line for said in complaints for line in said] == []


def stage(page: Page) -> Locator:
    return page.locator("[data-stage]").first


def words(page: Page) -> str:
    return stage(page).locator(".words").inner_text()


def drawn(page: Page) -> np.ndarray:
    """The grey levels of the stage as they are seen, once a frame was drawn and is on the screen: what is seen twice in a row."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    seen, before = stage(page).screenshot(), b""
    while seen != before:
        seen, before = stage(page).screenshot(), seen
    return np.asarray(Image.open(io.BytesIO(seen)).convert("L")).astype(float)


def apart(one: np.ndarray, other: np.ndarray, side: int = 240) -> float:
    """The largest difference between the middles of two pictures: the odd pixel of an odd side may lie on either side of the middle."""

    def middle(levels: np.ndarray, down: int = 0, right: int = 0) -> np.ndarray:
        top, left = (levels.shape[0] - side) // 2 + down, (levels.shape[1] - side) // 2 + right
        return levels[top : top + side, left : left + side]

    shifts = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    return float(min(np.abs(middle(one) - middle(other, *shift)).max() for shift in shifts))


def drag(page: Page, across: float, down: float, button: Any = "left", start: tuple[float, float] = (0.4, 0.4)) -> None:
    box = stage(page).bounding_box()
    assert box is not None
    x, y = round(box["x"] + start[0] * box["width"]), round(box["y"] + start[1] * box["height"])
    page.mouse.move(x, y)
    page.mouse.down(button=button)
    page.mouse.move(x + across / 2, y + down / 2)
    page.mouse.move(x + across, y + down)
    page.mouse.up(button=button)


@BOTH_WAYS
def test_a_drag_makes_the_window_that_dicom_defines(enter: Callable[..., Page], script: str, way: str) -> None:
    page = enter(script)
    assert page.locator("[data-pane]").get_attribute("data-drawn-by") == way
    before = drawn(page)
    drag(page, -160, 30, "right")
    width, centre = 160, 146
    expect(stage(page).locator(".words")).to_contain_text(f"W {width} C {centre}")
    after = drawn(page)
    expected = np.clip((before - (centre - 0.5)) / (width - 1) + 0.5, 0, 1) * 255  # DICOM PS3.3 C.11.2.1.2.1
    inside = (slice(80, -80), slice(300, -300))
    assert np.abs(after - expected)[inside].max() <= 2  # a level of rounding, steepened
    assert np.abs(after - before)[inside].mean() > 10
    page.keyboard.press("i")
    assert np.abs(drawn(page) + after - 255)[inside].max() <= 1
    expect(page.get_by_label("Look")).to_have_value("-")


@BOTH_WAYS
def test_the_picture_that_is_drawn_is_the_file(enter: Callable[..., Page], film: dict[str, str], script: str, way: str) -> None:
    page = enter(script)
    page.keyboard.press("o")
    file = np.asarray(Image.open(io.BytesIO(samples.draw("tuberculosis", "normal", int(film["seed"])))).convert("L")).astype(float)
    expect(stage(page).locator(".words")).to_contain_text("100 %")
    assert apart(drawn(page), file) <= 1


@BOTH_WAYS
def test_it_turns_and_flips_as_it_is_seen(enter: Callable[..., Page], script: str, way: str) -> None:
    page = enter(script)
    page.keyboard.press("o")
    before = drawn(page)
    page.keyboard.press("r")
    turned = drawn(page)
    assert apart(turned, np.rot90(before, -1)) <= 1
    assert apart(turned, before) > 30
    page.keyboard.press("x")
    assert apart(drawn(page), np.fliplr(turned)) <= 1
    assert "90° · flipped" in words(page)
    page.keyboard.press("x")
    page.keyboard.press("R")
    assert apart(drawn(page), before) <= 1


def test_lengths_are_those_of_the_picture_at_any_zoom_and_lie(enter: Callable[..., Page]) -> None:
    page = enter()
    rows = page.locator("[data-measured] tr")
    page.keyboard.press("o")  # one pixel of the picture on one of the screen
    page.keyboard.press("m")
    drag(page, 120, 50)
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("130.0 px")
    page.keyboard.press("r")
    page.keyboard.press("+")
    page.keyboard.press("+")
    expect(rows.first).to_contain_text("130.0 px")
    drawn(page)
    ends = page.locator(".lines .over").evaluate("(line) => ['x1', 'y1', 'x2', 'y2'].map((name) => Number(line.getAttribute(name)))")
    assert np.hypot(ends[2] - ends[0], ends[3] - ends[1]) == pytest.approx(130 * 1.3**2, abs=0.3)
    drag(page, 0, 169, start=(0.6, 0.2))
    expect(rows.nth(1)).to_contain_text("100.0 px")


def test_who_acts_before_the_next_frame_acts_on_what_is_seen(enter: Callable[..., Page]) -> None:
    """A loaded machine tells late that the tools took their place beside the stage: one to one stays one to one, and a line its length."""
    page = enter(TELLS_LATE)
    page.keyboard.press("o")
    page.keyboard.press("m")
    drag(page, 120, 50)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    until(lambda: page.evaluate("untold === 0"), 30, "that it is told")
    assert "100 %" in words(page)
    drag(page, 60, 0, start=(0.4, 0.7))
    page.locator("[data-found] summary").click()
    rows = page.locator("[data-measured] tr")
    expect(rows.nth(0)).to_contain_text("130.0 px")
    expect(rows.nth(1)).to_contain_text("60.0 px")


def test_a_known_length_makes_millimetres_that_outlive_a_reload(enter: Callable[..., Page]) -> None:
    page = enter()
    page.keyboard.press("o")
    page.keyboard.press("m")
    drag(page, 120, 50)
    drag(page, 60, 0, start=(0.4, 0.7))
    page.locator("[data-found] summary").click()
    page.get_by_role("button", name="Calibrate line 1").click()
    page.get_by_label("Its length in millimetres").fill("65")
    page.keyboard.press("Enter")
    rows = page.locator("[data-measured] tr")
    expect(rows.nth(0)).to_contain_text("65.0 mm, calibrated by you (130.0 px)")
    expect(rows.nth(1)).to_contain_text("30.0 mm, calibrated by you (60.0 px)")
    page.wait_for_timeout(1000)  # what is seen is kept once it has come to rest
    page.reload()
    expect(page.locator("[data-viewer][data-ready]")).to_be_visible()
    expect(rows.nth(1)).to_contain_text("30.0 mm")
    assert "100 %" in words(page)
    page.locator("[data-found] summary").click()
    page.get_by_role("button", name="Remove line 1").click()
    expect(rows).to_have_count(1)
    expect(page.locator(".lines .line")).to_have_count(1)


def test_an_earlier_picture_lies_beside_and_moves_along(earlier: str, enter: Callable[..., Page], stack: Stack) -> None:
    page = enter()
    both = page.locator(".words")
    looks = "SELECT count(*) FROM audit_auditevent WHERE action = 'scan.image_read' AND target_id = %s"
    assert stack.sql(looks, earlier) == [(0,)]
    page.keyboard.press("e")
    expect(page.locator("[data-earlier]").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("[data-pane]")).to_have_count(2)
    expect(page.locator("[data-pane][data-drawn-by]")).to_have_count(2)
    assert stack.sql(looks, earlier) == [(1,)]
    page.keyboard.press("+")
    page.keyboard.press("r")
    expect(both.nth(0)).to_contain_text("90°")
    together = both.nth(0).inner_text()
    expect(both.nth(1)).to_have_text(together)
    page.keyboard.press("l")
    page.keyboard.press("+")
    expect(both.nth(0)).not_to_have_text(together)
    expect(both.nth(1)).to_have_text(together)
    page.get_by_role("button", name="Close it").click()
    expect(page.locator("[data-pane]")).to_have_count(1)


def test_the_keyboard_alone_is_enough(enter: Callable[..., Page]) -> None:
    page = enter()
    page.keyboard.press("m")
    page.keyboard.press("Enter")
    for key in ["Shift+ArrowRight"] * 3 + ["ArrowDown"] * 4 + ["Enter"]:
        page.keyboard.press(key)
    expect(page.locator("[data-measured] tr")).to_contain_text("30.3 px")
    expect(page.locator("[data-said]")).to_contain_text("30.3 px")
    page.keyboard.press("p")
    before = drawn(page)
    page.keyboard.press("ArrowRight")
    moved = drawn(page)
    assert np.abs(moved[200:400, 300:500] - before[200:400, 340:540]).mean() < 2
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Shift+ArrowUp")
    expect(page.locator(".words").first).to_contain_text("W 248 C 136")
    expect(page.locator("[data-said]")).to_contain_text("window width 248, centre 136")
    page.keyboard.press("]")
    expect(page.get_by_label("Look")).to_have_value("lungs")
    page.keyboard.press("2")
    expect(page.locator('[data-number="2"]')).to_be_checked()
    page.keyboard.press("f")
    expect(page.locator("[data-viewer]:fullscreen")).to_be_visible()
    page.keyboard.press("f")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    page.keyboard.press("i")
    page.get_by_label("Single keys work").press("Space")
    page.keyboard.press("Escape")
    page.keyboard.press("i")
    expect(page.get_by_role("button", name="Invert")).to_have_attribute("aria-pressed", "false")


def test_two_fingers_zoom_and_move(enter: Callable[..., Page]) -> None:
    page = enter(viewport={"width": 390, "height": 844}, has_touch=True)
    box = stage(page).bounding_box()
    assert box is not None
    fingers = page.context.new_cdp_session(page)
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    before = int(words(page).partition(" ")[0])

    def touch(kind: str, *points: tuple[float, float]) -> None:
        told = [{"x": px, "y": py, "id": at} for at, (px, py) in enumerate(points)]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": told})

    touch("touchStart", (x - 40, y), (x + 40, y))
    for step in (60, 80):
        touch("touchMove", (x - step, y), (x + step, y))
    touch("touchEnd")
    drawn(page)
    assert int(words(page).partition(" ")[0]) == pytest.approx(2 * before, rel=0.03)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
