"""A picture on a bad connection, in a real browser: what was sent is not sent again."""

import io
import re
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Browser, Page, Request, Route, expect

from tests.conftest import drawn_cell
from tests.e2e.stack import PATIENT, Stack
from tests.e2e.test_browser import new_page, sign_in


def large_cell(path: Path, seed: int) -> Path:
    """A drawn cell of some 1.4 MB: six pieces."""
    with Image.open(io.BytesIO(drawn_cell(seed))) as cell:
        large = cell.convert("RGB").resize((1000, 1000))
    noise = np.random.default_rng(seed).integers(-4, 5, (1000, 1000, 3))
    Image.fromarray(np.clip(np.asarray(large, int) + noise, 0, 255).astype(np.uint8)).save(path)
    assert path.stat().st_size > 1_300_000
    return path


def pieces(page: Page) -> list[int]:
    """Where each piece that the portal took began; filled as they are sent."""
    begun: list[int] = []

    def note(request: Request) -> None:
        if request.method == "PATCH":
            begun.append(int(request.headers["upload-offset"]))

    page.on("requestfinished", note)
    return begun


def choose(page: Page, stack: Stack, file: Path) -> None:
    stack.client()  # agrees to the consent text
    sign_in(page, PATIENT, stack.password)
    page.goto("/analyses/new/malaria/", wait_until="load")
    page.set_input_files("#files", file)


def test_it_goes_on_where_the_connection_broke(stack: Stack, opened: Browser, tmp_path: Path) -> None:
    page, _ = new_page(opened, stack.address)
    choose(page, stack, large_cell(tmp_path / "cell.png", 301))
    begun, seen = pieces(page), 0

    def break_off(route: Route) -> None:
        nonlocal seen
        seen += 1
        if seen in (3, 4):
            route.abort("connectionreset")
        else:
            route.continue_()

    page.route("**/api/v1/uploads/*/", lambda route: break_off(route) if route.request.method == "PATCH" else route.continue_())
    page.get_by_role("button", name="Upload and ask the model").click()
    expect(page.get_by_text("The connection broke off. It goes on by itself")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/analyses/[0-9a-f-]{36}/"), timeout=30_000)
    assert seen > 4
    assert begun == sorted(set(begun))  # no piece came twice


def test_a_page_that_was_closed_goes_on_with_the_same_file(stack: Stack, opened: Browser, tmp_path: Path) -> None:
    page, _ = new_page(opened, stack.address)
    file = large_cell(tmp_path / "cell.png", 302)
    choose(page, stack, file)
    sent = 0

    def no_further(route: Route) -> None:
        nonlocal sent
        sent += 1
        if sent <= 3:
            route.continue_()
        else:
            route.abort("internetdisconnected")

    page.route("**/api/v1/uploads/*/", lambda route: no_further(route) if route.request.method == "PATCH" else route.continue_())
    page.get_by_role("button", name="Upload and ask the model").click()
    expect(page.get_by_text("The connection broke off. It goes on by itself")).to_be_visible()
    assert page.evaluate("Object.keys(localStorage).join() + Object.values(localStorage).join()").count("cell.png") == 0
    page.unroute_all()
    page.goto("/analyses/new/malaria/", wait_until="load")
    begun = pieces(page)
    page.set_input_files("#files", file)
    page.get_by_role("button", name="Upload and ask the model").click()
    expect(page).to_have_url(re.compile(r"/analyses/[0-9a-f-]{36}/"), timeout=30_000)
    assert begun[0] == 3 * 256 * 1024
    assert page.evaluate("localStorage.length") == 0


def test_a_person_who_was_signed_out_is_told(stack: Stack, opened: Browser, tmp_path: Path) -> None:
    page, _ = new_page(opened, stack.address)
    choose(page, stack, large_cell(tmp_path / "cell.png", 303))
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Upload and ask the model").click()
    expect(page.get_by_role("link", name="Sign in again")).to_be_visible()
