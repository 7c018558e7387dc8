"""`make screenshots`: start a portal of its own, walk through it in a real browser, and draw its pages into var/screenshots/.

Those that the README shows are copied to docs/images/.
"""

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page

import samples
from inference import registry
from medinform.demo import PATIENT, PRACTITIONER, portal
from tests.e2e.browser import browser
from tests.e2e.stack import ADMINISTRATOR

SHOWN = Path(__file__).parent / "images"
IMAGES = Path(__file__).parent.parent / "var" / "screenshots"
IN_README = ("home-phone", "upload-phone", "result-phone", "result-desk", "worklist-desk", "revealed-desk")
SIZES = {"desk": (1440, 900), "phone": (360, 780)}

OF_A_STRANGER = {"welcome": "/", "sign-up": "/accounts/signup/", "sign-in": "/accounts/login/"}
OF_A_PATIENT = {
    "home": "/",
    "history": "/analyses/",
    "notifications": "/notifications/",
    "notification-settings": "/notifications/settings/",
    "profile": "/me/",
    "children": "/me/children/",
    "questions-empty": "/questions/",
    "data": "/me/data/",
    "looks": "/me/data/looks/",
    "withdraw": "/me/data/withdraw/",
    "close": "/me/data/close/",
    "no-permission": "/reviews/",
    "not-found": "/nowhere/",
}
OF_A_PRACTITIONER = {
    "worklist": "/reviews/",
    "worklist-empty": "/reviews/?view=signed",
    "templates": "/reviews/templates/",
    "notices": "/reviews/notices/",
    "questions-to-answer": "/questions/",
    "figures": "/figures/",
}
OF_AN_ADMINISTRATOR = {"all-figures": "/figures/all/", "admin": "/admin/", "admin-targets": "/admin/reviews/servicetarget/"}


def sign_in(page: Page, address: str, email: str, password: str) -> None:
    page.goto(f"{address}/accounts/login/")
    page.fill('input[name="login"]', email)
    page.fill('input[name="password"]', password)
    page.click('form[action*="login"] button[type="submit"], form button[type="submit"]')
    page.wait_for_url(f"{address}/")


def draw(opened: Browser, address: str, password: str, size: str, scheme: str) -> None:
    """Every page once, in one size and theme."""
    width, height = SIZES[size]

    def shot(page: Page, name: str) -> None:
        page.wait_for_load_state("networkidle")
        page.screenshot(path=IMAGES / f"{name}-{size}{'-dark' if scheme == 'dark' else ''}.png", full_page=True)

    def visitor() -> Page:
        return opened.new_context(viewport={"width": width, "height": height}, color_scheme=scheme).new_page()  # type: ignore[arg-type]

    stranger = visitor()
    for name, path in OF_A_STRANGER.items():
        stranger.goto(address + path)
        shot(stranger, name)
    patient = visitor()
    sign_in(patient, address, PATIENT, password)
    patient.goto(f"{address}/me/consent/?next=/analyses/new/malaria/")
    if patient.locator('input[name="agree"]').count():
        shot(patient, "consent")
        patient.check('input[name="agree"]')
        patient.click("main form button")
    patient.goto(f"{address}/analyses/new/malaria/")
    files = samples.paths("malaria")
    patient.set_input_files("#files", files)
    shot(patient, "upload")
    patient.click('main form button[type="submit"]')
    patient.wait_for_function("document.querySelectorAll('#uploads a').length === 2")
    patient.locator("#uploads a").first.click()
    patient.wait_for_selector(".icons10", timeout=60_000)
    shot(patient, "result")
    analysis = patient.url
    for name, path in OF_A_PATIENT.items():
        patient.goto(address + path)
        shot(patient, name)
    for code in ("skin_cancer", "pneumonia", "tuberculosis", "covid19", "diabetic_retinopathy"):
        patient.goto(f"{address}/analyses/new/{code}/")
        patient.set_input_files("#files", samples.paths(code)[-1])
        patient.click('main form button[type="submit"]')  # one picture alone: its page opens by itself
        patient.wait_for_selector(".icons10", timeout=60_000)
        shot(patient, f"result-{code}")
    patient.goto(f"{address}/analyses/new/tuberculosis/")
    patient.set_input_files("#files", samples.paths("malaria")[0])  # a cell, where a film is wanted
    patient.click('main form button[type="submit"]')
    patient.wait_for_selector("text=Choose another picture", timeout=60_000)
    shot(patient, "refused")
    patient.goto(f"{address}/analyses/models/diabetic_retinopathy/{registry.versions('diabetic_retinopathy')[-1]}/")
    shot(patient, "model-card")

    reader = visitor()
    sign_in(reader, address, PRACTITIONER, password)
    for name, path in OF_A_PRACTITIONER.items():
        reader.goto(address + path)
        shot(reader, name)
    reader.goto(f"{address}/reviews/?q=malaria")
    reader.locator(".take button").first.click()
    reader.wait_for_load_state("networkidle")
    shot(reader, "reading")
    reader.check('input[name="finding"][value="parasitized"]')
    reader.select_option('select[name="recommendation"]', "visit")
    reader.keyboard.press("Control+Enter")
    reader.wait_for_selector(".icons10")
    reader.wait_for_load_state("networkidle")
    reader.keyboard.press("h")
    shot(reader, "revealed")
    reader.keyboard.press("Control+Enter")
    reader.wait_for_selector(".badge.settled")
    shot(reader, "signed")
    patient.goto(analysis)
    shot(patient, "final")

    desk = visitor()
    sign_in(desk, address, ADMINISTRATOR, password)
    for name, path in OF_AN_ADMINISTRATOR.items():
        desk.goto(address + path)
        shot(desk, name)


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    SHOWN.mkdir(exist_ok=True)
    for size, scheme in (("desk", "light"), ("phone", "light"), ("desk", "dark")):
        with tempfile.TemporaryDirectory() as folder, portal(Path(folder) / "log") as (address, password), browser() as opened:
            draw(opened, address, password, size, scheme)
    for name in IN_README:
        shutil.copy(IMAGES / f"{name}.png", SHOWN)
    print(f"{len(list(IMAGES.glob('*.png')))} pictures in {IMAGES}")


if __name__ == "__main__":
    main()
