"""Lines and a calibration in a real browser: by mouse, by one finger and by keyboard, kept with the draft and the signature."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

import samples
from tests.e2e.stack import PRACTITIONER, Stack
from tests.e2e.test_browser import new_page, sign_in
from tests.e2e.test_viewer import answered, drag, last_part, stage

ROWS = "[data-measured] tr"


@pytest.fixture
def enter(stack: Stack, opened: Browser) -> Any:
    """enter(seed, **options): the room of a film of its own, held by the practitioner; entered again it is another desk."""
    complaints: list[list[str]] = []
    reviews: dict[int, str] = {}

    def go(seed: int, **options: Any) -> Page:
        if seed not in reviews:
            reviews[seed] = last_part(answered(stack.client(), samples.draw("tuberculosis", "normal", seed))["review"])
            assert stack.client(PRACTITIONER).post(f"/reviews/{reviews[seed]}/claim/").status_code == 200
        page, said = new_page(opened, stack.address, **{"viewport": {"width": 1280, "height": 900}, **options})
        complaints.append(said)
        sign_in(page, PRACTITIONER, stack.password)
        page.goto(f"/reviews/{reviews[seed]}/")
        expect(page.locator("[data-viewer][data-ready]")).to_be_visible()
        return page

    yield go
    assert [line for said in complaints for line in said] == []


def saved(page: Page, do: Callable[[], object]) -> None:
    """Do it, and wait until the draft is kept."""
    with page.expect_response(lambda answer: "/drafts/independent/" in answer.url and answer.ok):
        do()


def test_by_mouse_from_the_draft_to_the_signature_and_back(enter: Callable[..., Page]) -> None:
    page = enter(51)
    page.keyboard.press("o")
    page.keyboard.press("m")
    saved(page, lambda: drag(page, 60, 80))
    page.locator("[data-found] summary").click()
    page.get_by_role("button", name="Calibrate line 1").click()
    page.get_by_label("Its length in millimetres").fill("25")
    saved(page, lambda: page.get_by_role("button", name="Calibrate", exact=True).click())

    other_desk = enter(51)
    expect(other_desk.locator(ROWS)).to_contain_text("25.0 mm, calibrated by you (100.0 px)")
    expect(other_desk.locator(".lines .line")).to_have_count(1)
    other_desk.check('input[name="finding"][value="normal"]')
    other_desk.select_option('select[name="recommendation"]', "none")
    other_desk.keyboard.press("Control+Enter")
    expect(other_desk.get_by_text("25.0 mm, calibrated by the reader (100.0 px)")).to_be_visible()
    expect(other_desk.locator("[data-viewer][data-ready]")).to_be_visible()
    other_desk.keyboard.press("Control+Enter")
    expect(other_desk.locator(".badge.settled")).to_be_visible()

    later = enter(51)
    expect(later.locator(ROWS)).to_contain_text("25.0 mm")
    expect(later.locator(".lines .line")).to_have_count(1)
    later.set_viewport_size({"width": 360, "height": 780})
    assert later.evaluate("document.documentElement.scrollWidth") == 360


def test_by_keyboard_alone(enter: Callable[..., Page]) -> None:
    page = enter(52)
    page.keyboard.press("m")
    page.keyboard.press("Enter")
    for key in ["Shift+ArrowRight"] * 5 + ["Enter"]:
        page.keyboard.press(key)
    expect(page.locator("[data-said]")).to_contain_text("Line 1: 50.0 px")
    page.locator("[data-found] summary").focus()
    page.keyboard.press("Enter")
    for _ in range(4):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.line") == "calibrate":
            break
    page.keyboard.press("Enter")
    page.keyboard.type("12.5")
    saved(page, lambda: page.keyboard.press("Enter"))
    expect(page.locator(ROWS)).to_contain_text("12.5 mm, calibrated by you (50.0 px)")
    expect(page.locator("[data-said]")).to_contain_text("12.5 mm, calibrated by you")
    expect(page.locator("[data-line=calibrate]")).to_be_focused()


def test_by_one_finger_never_outside_the_picture(enter: Callable[..., Page]) -> None:
    page = enter(53, viewport={"width": 360, "height": 780}, has_touch=True)
    page.get_by_role("button", name="Measure").tap()
    box = stage(page).bounding_box()
    assert box is not None
    fingers = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        told = [{"x": x, "y": y, "id": 0} for x, y in points]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": told})

    y = box["y"] + box["height"] / 2
    touch("touchStart", (box["x"] + box["width"] / 2, y))
    touch("touchMove", (box["x"] + box["width"] - 30, y))
    touch("touchMove", (box["x"] + box["width"] / 2, box["y"] + 2))  # above the picture, which fits the width
    saved(page, lambda: touch("touchEnd"))
    kept = page.evaluate("JSON.parse(document.querySelector('input[name=measurements]').value).lines[0]")
    assert kept["y2"] == 0
    page.locator("[data-found] summary").click()
    expect(page.locator(ROWS)).to_contain_text("Line 1")
    page.get_by_role("button", name="Calibrate line 1").click()
    page.get_by_label("Its length in millimetres").fill("40")
    saved(page, lambda: page.get_by_role("button", name="Calibrate", exact=True).click())
    expect(page.locator(ROWS)).to_contain_text("40.0 mm, calibrated by you")
    saved(page, lambda: page.get_by_role("button", name="Remove line 1").click())
    expect(page.locator(".lines .line")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
