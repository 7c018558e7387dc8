"""One walk through the whole portal in a real browser: sign up, upload, wait, review, sign."""

import re
import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.conftest import drawn_cell
from tests.e2e.stack import ADMINISTRATOR, GOOD_SECONDS, PRACTITIONER, Stack, until

PASSWORD = "a long walk on 7 beaches"
_sessions: dict[tuple[str, str], tuple[float, Any]] = {}  # of a person and password, which each portal draws anew: until when, and cookies


def new_page(opened: Browser, address: str, **options: object) -> tuple[Page, list[str]]:
    """A page of a new visitor, and what its console complains of."""
    page = opened.new_context(base_url=address, **options).new_page()  # type: ignore[arg-type]
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    return page, complaints


def sign_in(page: Page, email: str, password: str) -> None:
    """By the page of the portal, or with the cookies of who did so a little while ago."""
    home = page.get_by_role("heading", name="Which picture do you have?")
    until_when, cookies = _sessions.get((email, password), (0.0, []))
    if time.monotonic() < until_when:
        page.context.add_cookies(cookies)
        page.goto("/")
        if home.count() and page.get_by_role("link", name="Sign up").count() == 0:
            return
    page.goto("/accounts/login/")
    page.fill('input[name="login"]', email)
    page.fill('input[name="password"]', password)
    page.click('main button[type="submit"]')
    expect(home).to_be_visible()
    _sessions[email, password] = time.monotonic() + GOOD_SECONDS, page.context.cookies()


def retire_the_model_of(stack: Stack, disease: str) -> None:
    """An administrator takes it out of use, so that the disease has none."""
    desk = stack.client(ADMINISTRATOR)
    (version,) = desk.get(f"/model-versions/?disease={disease}&state=active").json()
    assert desk.post(f"/model-versions/{version['id']}/retire/").status_code == 200


def test_sign_up_upload_wait_review_and_sign(stack: Stack, opened: Browser, tmp_path: Path) -> None:
    patient, patient_console = new_page(opened, stack.address, viewport={"width": 390, "height": 844}, has_touch=True)
    patient.goto("/accounts/signup/")
    expect(patient.get_by_label("Registration number")).to_be_hidden()
    patient.fill('input[name="email"]', "nina@home.example")
    patient.fill('input[name="name"]', "Nina Newcomer")
    patient.fill('input[name="country"]', "Kenya")
    patient.fill('input[name="password1"]', PASSWORD)
    patient.fill('input[name="password2"]', PASSWORD)
    patient.click('main button[type="submit"]')
    expect(patient.get_by_role("heading", name=re.compile("verify", re.I))).to_be_visible()
    address = re.compile(r'http://[^\s"<]+/accounts/confirm-email/[^\s"<]+/')
    link = until(lambda: address.findall(stack.log.read_text()), 20, "the verification mail")[-1]
    patient.goto("/accounts/confirm-email/" + link.rstrip("/").rpartition("/")[2] + "/")
    patient.click('main button[type="submit"]')
    if "login" in patient.url:
        sign_in(patient, "nina@home.example", PASSWORD)

    retire_the_model_of(stack, "covid19")
    patient.goto("/analyses/new/covid19/")
    expect(patient.get_by_role("heading", name="Not available yet")).to_be_visible()
    patient.goto("/analyses/new/malaria/")
    patient.get_by_role("link", name="Read and agree").click()
    patient.check('input[name="agree"]')
    patient.get_by_role("button", name="Agree and go on").click()

    good, broken = tmp_path / "cell.png", tmp_path / "broken.png"
    good.write_bytes(drawn_cell(90))
    broken.write_bytes(drawn_cell(91)[:-50])
    patient.set_input_files("#files", [good, broken])
    patient.get_by_label("Fever").check()
    patient.get_by_role("button", name="Upload and ask the model").click()
    expect(patient.locator(".upload .error")).to_have_text(re.compile("The end of the file is missing"))
    patient.get_by_role("link", name="Uploaded: see its answer").click()
    expect(patient.get_by_text("suspicious for malaria")).to_be_visible(timeout=30_000)
    expect(patient.locator(".icons10 .yes").first).to_be_attached()
    patient.wait_for_load_state("networkidle")  # scripts too
    patient.locator("[data-opacity]").fill("10")
    assert patient.locator("[data-heat]").evaluate("e => e.style.opacity") == "0.1"
    until(lambda: patient.evaluate("document.querySelector('[data-heat]').naturalWidth > 50"), 30, "the heat-map")
    expect(patient.get_by_text("A practitioner reads it next")).to_be_visible()
    page_of_answer = patient.url

    reader, reader_console = new_page(opened, stack.address, viewport={"width": 1280, "height": 900})
    sign_in(reader, PRACTITIONER, stack.password)
    reader.goto("/reviews/", wait_until="load")
    rows = reader.locator(".work")
    position = next(i for i in range(rows.count()) if "1 symptom" in rows.nth(i).inner_text())
    for _ in range(position + 1):
        reader.keyboard.press("j")
    reader.keyboard.press("c")
    expect(reader.get_by_role("heading", name="Your reading")).to_be_visible()
    reader.wait_for_load_state("load")  # scripts listen from then on
    expect(reader.get_by_text("Closed until your own reading is kept")).to_be_visible()
    assert reader.locator("[data-heat]").count() == 0
    expect(reader.locator("[data-viewer][data-ready]")).to_be_visible()
    reader.keyboard.press("i")
    expect(reader.get_by_role("button", name="Invert")).to_have_attribute("aria-pressed", "true")
    reader.keyboard.press("2")
    reader.fill('textarea[name="notes"]', "A ring form is seen.")
    reader.get_by_label("Recommendation").select_option("visit")  # nothing is chosen beforehand
    reader.keyboard.press("Control+Enter")
    expect(reader.get_by_text("Suspicious: a malaria parasite in this cell", exact=True)).to_be_visible()
    expect(reader.get_by_role("row", name=re.compile("Model's answer Malaria .* a malaria parasite in this cell"))).to_be_visible()
    expect(reader.locator("[data-viewer][data-ready]")).to_be_visible()
    reader.keyboard.press("h")
    expect(reader.locator("[data-heat]")).to_be_visible()
    reader.keyboard.press("Control+Enter")
    expect(reader.locator(".badge.settled").get_by_text("final")).to_be_visible()

    patient.goto(page_of_answer)
    expect(patient.get_by_text("A ring form is seen.")).to_be_visible()
    expect(patient.get_by_text("Final: a practitioner has answered")).to_be_visible()
    patient.goto("/notifications/")
    expect(patient.get_by_text("A practitioner has answered")).to_be_visible()
    assert patient_console == [] or all("400" in line for line in patient_console)  # the broken file is answered with 400
    assert reader_console == []


def test_the_upload_works_without_scripts(stack: Stack, opened: Browser, tmp_path: Path) -> None:
    client = stack.client()
    assert client.get("/me/").status_code == 200
    page, _ = new_page(opened, stack.address, java_script_enabled=False)
    sign_in(page, "patient@example.org", stack.password)
    cell = tmp_path / "cell.png"
    cell.write_bytes(drawn_cell(95))
    page.goto("/analyses/new/malaria/")
    page.set_input_files("#files", cell)
    page.get_by_role("button", name="Upload and ask the model").click()
    expect(page).to_have_url(re.compile(r"/analyses/[0-9a-f-]{36}/"))
    expect(page.get_by_role("heading", name=re.compile("Malaria"))).to_be_visible()
