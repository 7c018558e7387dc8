"""Whole flows with nothing but a keyboard. Where the focus goes it is seen: in the window, uncovered, with a ring; and it comes out."""

import re
import signal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.conftest import drawn_cell
from tests.e2e.stack import PATIENT, PRACTITIONER, Stack, until
from tests.e2e.test_accessibility import answered, last_part
from tests.e2e.test_browser import PASSWORD, new_page, sign_in

DESK, PHONE = {"width": 1440, "height": 900}, {"width": 360, "height": 780}
MOST = 150  # presses of Tab, on any page
# What has the focus, and what is wrong with how that is shown. A control that is not seen itself shows it at its label.
FOCUSED = """
() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const own = at.getBoundingClientRect();
  const shown = own.width <= 2 && at.labels?.length ? at.labels[0] : at;
  const style = getComputedStyle(shown), faults = [];
  if (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 2) faults.push("has no ring");
  if (shown.closest("[inert], [aria-hidden=true]")) faults.push("is hidden from a screen reader");
  const inside = [...shown.getClientRects()].map((box) => ({
    left: Math.max(0, box.left), right: Math.min(innerWidth, box.right),
    top: Math.max(0, box.top), bottom: Math.min(innerHeight, box.bottom),
  })).filter((box) => box.right - box.left > 2 && box.bottom - box.top > 2);
  if (!inside.length) faults.push("is outside of the window");
  const points = inside.flatMap((box) => [0.1, 0.5, 0.9].flatMap((x) => [0.1, 0.5, 0.9].map((y) => [
    box.left + x * (box.right - box.left), box.top + y * (box.bottom - box.top),
  ])));
  const over = points.map(([x, y]) => document.elementFromPoint(x, y)).filter(Boolean);
  const uncovered = over.some((each) => shown.contains(each) || (each.tagName === "LABEL" && each.contains(shown)));
  if (inside.length && !uncovered) faults.push(`is covered by ${over[0]?.outerHTML.slice(0, 80)}`);
  const words = at.getAttribute("aria-label") || at.labels?.[0]?.textContent || at.textContent || at.name || at.id || "";
  const name = `${at.tagName.toLowerCase()} ${words.replace(/\\s+/g, " ").trim().slice(0, 60)}`;
  window.__seen ??= new WeakMap();
  if (!window.__seen.has(at)) window.__seen.set(at, window.__next = (window.__next ?? 0) + 1);
  return { number: window.__seen.get(at), name, faults };
}
"""
INSIDE = "of => document.activeElement === document.body || document.querySelector(of).contains(document.activeElement)"
RUNNING = """
() => document.getAnimations().filter((each) => each.playState === "running" && each.effect.getComputedTiming().duration > 10)
  .map((each) => `${each.animationName ?? each.transitionProperty} of ${each.effect.target.outerHTML.slice(0, 80)}`)
"""


def press(page: Page, key: str, times: int = 1) -> None:
    """A key; what then has the focus has to be seen."""
    for _ in range(times):
        page.keyboard.press(key)
    focus_is_seen(page)


def focus_is_seen(page: Page) -> str | None:
    """The number of what has the focus, which is the same when the focus comes back to it; None when the page itself has it."""
    found = page.evaluate(FOCUSED)
    assert found is None or not found["faults"], f"{page.url}: {found['name']}: {'; '.join(found['faults'])}"
    return found and f"{found['number']} {found['name']}"


def tab_to(page: Page, target: Locator, key: str = "Tab") -> None:
    """Tab until it has the focus. All that the focus passes has to be seen too."""
    passed = []
    for _ in range(MOST):
        page.keyboard.press(key)
        passed.append(focus_is_seen(page))
        if page.locator(":focus").and_(target).count():
            return
    raise AssertionError(f"{key} does not reach {target} on {page.url}; it passes {passed}")


def type_into(page: Page, name: str, text: str) -> None:
    tab_to(page, page.locator(f'[name="{name}"]'))
    page.keyboard.type(text)


def follow(page: Page, name: str | re.Pattern[str], role: str = "link") -> None:
    """Tab to a link or a button, press Enter, and be on the next page."""
    tab_to(page, page.get_by_role(role, name=name))  # type: ignore[arg-type]
    with page.expect_navigation(wait_until="load"):
        page.keyboard.press("Enter")


def a_case(stack: Stack, seed: int) -> tuple[str, str]:
    """The ids of an answered analysis and of its review, which waits."""
    patient = stack.client()
    patient.timeout = 30
    found = answered(patient, seed)
    return found["id"], last_part(found["review"])


def sign_in_by_keyboard(page: Page, email: str, password: str) -> None:
    page.goto("/accounts/login/", wait_until="load")
    type_into(page, "login", email)
    type_into(page, "password", password)
    follow(page, "Sign in", "button")
    expect(page.get_by_role("heading", name="Which picture do you have?")).to_be_visible()


def test_a_patient_from_signing_up_to_signing_out(stack: Stack, opened: Browser, tmp_path: Path) -> None:
    cell = tmp_path / "cell.png"
    cell.write_bytes(drawn_cell(801))
    page, console = new_page(opened, stack.address, viewport=DESK)
    page.on("filechooser", lambda chooser: None)  # from now on it is caught, not only once it is waited for: a key is quick
    page.goto("/accounts/signup/", wait_until="load")
    known = {"email": "kim@keys.example", "name": "Kim Keys", "country": "India", "password1": PASSWORD, "password2": PASSWORD}
    for name in page.locator("main form input[name]").evaluate_all("all => all.map((each) => each.name)"):  # in the order of the page
        if name in known:
            type_into(page, name, known[name])
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=re.compile("verify", re.I))).to_be_visible()
    mails = re.compile(r'/accounts/confirm-email/[^\s"<]+/')
    before = until(lambda: mails.findall(stack.log.read_text().partition(known["email"])[2]), 20, "the verification mail")
    page.goto(before[0], wait_until="load")
    follow(page, "Confirm", "button")
    if "Sign out" not in page.content():
        sign_in_by_keyboard(page, known["email"], PASSWORD)

    page.goto("/", wait_until="load")
    follow(page, re.compile("^Malaria"))
    follow(page, "Read and agree")
    tab_to(page, page.locator('input[name="agree"]'))
    press(page, "Space")
    follow(page, "Agree and go on", "button")
    expect(page.get_by_role("heading", name="Malaria", exact=True)).to_be_visible()
    page.wait_for_load_state("load")
    tab_to(page, page.locator("#files"))
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Enter")
    chooser.value.set_files(cell)
    expect(page.locator(".upload").get_by_text("ready to send")).to_be_visible()
    tab_to(page, page.get_by_label("Fever"))
    press(page, "Space")
    expect(page.get_by_label("Fever")).to_be_checked()
    follow(page, "Upload and ask the model", "button")

    expect(page.get_by_text("suspicious for malaria")).to_be_visible(timeout=30_000)
    tab_to(page, page.locator("[data-opacity]"))
    press(page, "ArrowLeft", 5)
    assert page.locator("[data-heat]").evaluate("heat => heat.style.opacity") == "0.55"
    tab_to(page, page.locator("summary").filter(has_text="Details"))
    press(page, "Enter")
    expect(page.get_by_text("Checksum")).to_be_visible()
    follow(page, "Ask the practitioner")
    tab_to(page, page.locator("main textarea"))
    page.keyboard.type("Can I travel tomorrow?")
    follow(page, "Send the question", "button")
    expect(page.get_by_text("Waits for an answer")).to_be_visible()

    follow(page, re.compile("Kim Keys"))
    expect(page.get_by_role("heading", name="Sign-in and safety")).to_be_visible()
    follow(page, "Sign out", "button")
    expect(page.get_by_role("link", name="Sign up").first).to_be_visible()
    assert console == []


def test_a_practitioner_from_the_worklist_to_the_signature(stack: Stack, opened: Browser) -> None:
    review = a_case(stack, 811)[1]
    page, console = new_page(opened, stack.address, viewport=DESK)
    sign_in_by_keyboard(page, PRACTITIONER, stack.password)
    follow(page, "Worklist")
    expect(page.get_by_role("heading", name="Worklist")).to_be_visible()
    page.wait_for_load_state("load")
    ours = page.locator(f"#open-{review}")
    for _ in range(page.locator(".work").count()):
        press(page, "j")
        if page.locator(":focus").and_(ours).count():
            break
    for key in "jk" if page.locator(".work").first.locator(":focus").count() else "kj":  # away and back
        press(page, key)
    expect(ours).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Claim the scan to read it.")).to_be_visible()
    page.wait_for_load_state("load")
    tab_to(page, page.get_by_role("link", name="Worklist").last)
    page.keyboard.press("Enter")
    expect(ours).to_be_visible()
    page.wait_for_load_state("load")
    while not page.locator(":focus").and_(ours).count():
        press(page, "j")
    page.keyboard.press("c")
    expect(page.get_by_role("heading", name="Your reading")).to_be_visible()
    page.wait_for_load_state("load")

    tab_to(page, page.locator("[data-stage]"))
    press(page, "ArrowRight")
    tab_to(page, page.get_by_role("button", name="Invert"))
    press(page, "Space")
    expect(page.get_by_role("button", name="Invert")).to_have_attribute("aria-pressed", "true")
    tab_to(page, page.locator('[name="finding"]'))
    press(page, "2")
    tab_to(page, page.locator('[name="detail-stage"]'))
    press(page, "Space")
    type_into(page, "detail-count", "2")
    type_into(page, "detail-species", "P")
    tab_to(page, page.locator('[name="confidence"]'))
    press(page, "ArrowRight")
    type_into(page, "recommendation", "Go")
    expect(page.get_by_label("How soon?")).to_have_value("urgent")
    type_into(page, "notes", "A ring form is seen.")
    follow(page, re.compile("^Keep my reading"), "button")
    expect(page.get_by_text("Suspicious: a malaria parasite in this cell", exact=True)).to_be_visible()
    page.wait_for_load_state("load")
    expect(page.locator("[data-viewer][data-ready]")).to_be_visible()

    page.keyboard.press("h")
    expect(page.locator("[data-heat]")).to_be_visible()
    tab_to(page, page.locator("[data-strength]"))
    press(page, "ArrowLeft", 3)
    tab_to(page, page.get_by_role("link", name="Worklist").last, "Shift+Tab")
    follow(page, re.compile("^Sign "), "button")
    expect(page.locator(".badge.settled").get_by_text("final")).to_be_visible()
    assert console == []


def test_help_opens_with_a_key_and_gives_the_focus_back(stack: Stack, opened: Browser) -> None:
    review = a_case(stack, 812)[1]
    page, console = new_page(opened, stack.address, viewport=DESK)
    sign_in(page, PRACTITIONER, stack.password)
    page.goto("/reviews/", wait_until="load")
    press(page, "j")
    _opens_and_closes(page, "#keys", tabs=1)
    page.keyboard.press("?")
    press(page, "Tab", 3)
    expect(page.locator("#keys")).to_be_hidden()  # it is no trap: who goes on leaves it
    page.locator(".work .open").first.focus()
    press(page, "f")
    expect(page.locator("#flagging")).to_be_visible()
    press(page, "Tab", 3)
    page.keyboard.press("Escape")
    expect(page.locator("#flagging")).to_be_hidden()
    expect(page.locator(":focus")).to_have_class("open")
    tab_to(page, page.locator("[data-help]"), "Shift+Tab")
    _opens_and_closes(page, "#keys", "Enter", tabs=1)

    assert stack.client(PRACTITIONER).post(f"/reviews/{review}/claim/").status_code == 200
    page.goto(f"/reviews/{review}/", wait_until="load")
    expect(page.locator("[data-viewer][data-ready]")).to_be_visible()
    tab_to(page, page.locator("[data-stage]"))
    _opens_and_closes(page, "#keys", tabs=1)
    tab_to(page, page.get_by_role("button", name="Rotate").first)
    _opens_and_closes(page, "#keys", tabs=1)
    assert console == []


def _opens_and_closes(page: Page, dialog: str, key: str = "?", tabs: int = 4) -> None:
    before = page.evaluate_handle("document.activeElement")
    page.keyboard.press(key)
    expect(page.locator(dialog)).to_be_visible()
    for _ in range(tabs):
        press(page, "Tab")
        assert page.evaluate(INSIDE, dialog)
    page.keyboard.press("Escape")
    expect(page.locator(dialog)).to_be_hidden()
    assert page.evaluate("before => document.activeElement === before", before), "the focus is not where it was"
    focus_is_seen(page)


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_the_focus_goes_through_each_page_and_out_of_it(stack: Stack, opened: Browser, viewport: dict[str, int]) -> None:
    analysis, review = a_case(stack, 813 if viewport == DESK else 823)
    assert stack.client(PRACTITIONER).post(f"/reviews/{review}/claim/").status_code == 200
    people = {
        PATIENT: [
            "/",
            "/analyses/",
            "/analyses/new/skin_cancer/",
            f"/analyses/{analysis}/",
            "/notifications/settings/",
            "/me/",
            "/me/data/",
        ],
        PRACTITIONER: ["/reviews/", f"/reviews/{review}/", "/figures/", "/questions/"],
    }
    for who, paths in people.items():
        page, _ = new_page(opened, stack.address, viewport=viewport)
        sign_in(page, who, stack.password)
        for path in paths:
            page.goto(path, wait_until="load")
            for key in ("Tab", "Shift+Tab") if viewport == DESK else ("Tab",):
                _goes_round(page, key)
        page.context.close()


def _goes_round(page: Page, key: str) -> None:
    """The focus comes to the end of the page, and stands on nothing twice before."""
    passed: list[str] = []
    for _ in range(MOST * 2):
        page.keyboard.press(key)
        at = focus_is_seen(page)
        if at is None or (passed and at == passed[0]):
            assert len(passed) > 3, f"{page.url}: only {passed}"
            return
        if passed and at == passed[-1] and passed[-4:].count(at) < 4:
            continue  # day, month, year and the calendar of one date
        assert at not in passed, f"{page.url}: {key} comes back to {at} after {passed[passed.index(at) :]}"
        passed.append(at)
    raise AssertionError(f"{page.url}: {key} does not come to an end: {passed}")


def test_nothing_moves_for_who_wants_it_still(stack: Stack, opened: Browser) -> None:
    """A worker that is stopped keeps a page waiting, where one would put what moves."""
    review = a_case(stack, 814)[1]
    patient = stack.client()
    stack.signal("worker-inference", signal.SIGSTOP)
    try:
        files = {"file": ("cell.png", drawn_cell(803), "image/png")}
        waiting = patient.post("/analyses/", files=files, data={"disease": "malaria"}).json()["id"]
        for who, paths in {
            PATIENT: ["/", "/analyses/", f"/analyses/{waiting}/", "/analyses/new/malaria/", "/notifications/"],
            PRACTITIONER: ["/reviews/", f"/reviews/{review}/", "/figures/"],
        }.items():
            page, _ = new_page(opened, stack.address, viewport=DESK, reduced_motion="reduce")
            sign_in(page, who, stack.password)
            moving = []
            for path in paths:
                page.goto(path, wait_until="load")
                moving += page.evaluate(RUNNING)
                for _ in range(6):  # the focus must not set anything off
                    page.keyboard.press("Tab")
                    moving += page.evaluate(RUNNING)
            assert not moving, moving
            page.evaluate("document.body.animate([{ opacity: 1 }, { opacity: 0.9 }], 1000)")
            assert page.evaluate(RUNNING), "this test would not see what moves"
    finally:
        stack.signal("worker-inference", signal.SIGCONT)
