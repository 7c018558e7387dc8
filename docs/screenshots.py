"""`make screenshots`: start a portal of its own, walk through it in a real browser, and draw its pages into docs/screenshots/.

Every page in its states: empty, full, in error, and refused to who may not see it; at phone and desk width, light and dark, English and
Hindi. Those that the README shows are copied to docs/images/ as PNG.
"""

import email
import email.policy
import io
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page

import samples
from inference import registry
from medinform.demo import PATIENT, PRACTITIONER, agree, portal
from medinform.demo import sign_in as api
from tests.e2e.browser import browser
from tests.e2e.stack import ADMINISTRATOR

SHOWN = Path(__file__).parent / "images"
IMAGES = Path(__file__).parent / "screenshots"
IN_README = ("home-phone", "upload-phone", "result-phone", "result-desk", "worklist-desk", "revealed-desk")
SIZES = {"desk": (1440, 900), "phone": (360, 780)}
WALKS = (("desk", "light", "en"), ("phone", "light", "en"), ("desk", "dark", "en"), ("phone", "light", "hi"), ("desk", "light", "hi"))
OTHERS = ("skin_cancer", "pneumonia", "tuberculosis", "covid19", "diabetic_retinopathy")

OF_A_STRANGER = {
    "welcome": "/",
    "sign-up": "/accounts/signup/",
    "sign-in": "/accounts/login/",
    "new-password": "/accounts/password/reset/",
    "unsubscribe-broken": "/notifications/unsubscribe/cut-off/",
}
OF_A_PATIENT = {
    "home": "/",
    "history": "/analyses/",
    "models": "/analyses/models/",
    "notifications": "/notifications/",
    "notification-settings": "/notifications/settings/",
    "profile": "/me/",
    "children": "/me/children/",
    "sign-ins": "/me/sign-ins/",
    "second-factor": "/accounts/2fa/",
    "questions": "/questions/",
    "data": "/me/data/",
    "looks": "/me/data/looks/",
    "withdraw": "/me/data/withdraw/",
    "close": "/me/data/close/",
    "no-permission": "/reviews/",
    "not-found": "/nowhere/",
}
EMPTY_AT_FIRST = ("history", "notifications", "questions", "looks")
OF_A_PRACTITIONER = {
    "worklist": "/reviews/",
    "worklist-empty": "/reviews/?view=signed",
    "templates": "/reviews/templates/",
    "notices": "/reviews/notices/",
    "questions-to-answer": "/questions/",
    "figures": "/figures/",
}
OF_AN_ADMINISTRATOR = {
    "all-figures": "/figures/all/",
    "admin": "/admin/",
    "admin-targets": "/admin/reviews/servicetarget/",
    "admin-audit": "/admin/audit/auditevent/",
}


def sign_in(page: Page, address: str, email: str, password: str) -> None:
    page.goto(f"{address}/accounts/login/")
    page.fill('input[name="login"]', email)
    page.fill('input[name="password"]', password)
    page.click('form[action*="login"] button[type="submit"], form button[type="submit"]')
    page.wait_for_url(f"{address}/")


@dataclass
class Walk:
    """One way through the portal: a size, a theme, a language."""

    opened: Browser
    address: str
    password: str
    log: Path
    size: str
    scheme: Any
    language: str

    def visitor(self, who: str = "") -> Page:
        width, height = SIZES[self.size]
        locale = {"en": "en-GB", "hi": "hi-IN"}[self.language]
        context = self.opened.new_context(viewport={"width": width, "height": height}, color_scheme=self.scheme, locale=locale)
        page = context.new_page()
        if who:
            sign_in(page, self.address, who, self.password)
        return page

    def shot(self, page: Page, name: str) -> None:
        """The whole page, small enough to be kept."""
        page.wait_for_load_state("networkidle")
        name += f"-{self.size}" + ("-dark" if self.scheme == "dark" else "") + ("" if self.language == "en" else f"-{self.language}")
        drawn = Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB")
        drawn.save(IMAGES / f"{name}.webp", quality=72, method=6)
        if name in IN_README:
            drawn.save(SHOWN / f"{name}.png", optimize=True)

    def each(self, page: Page, paths: dict[str, str], suffix: str = "") -> None:
        for name, path in paths.items():
            page.goto(self.address + path)
            self.shot(page, name + suffix)

    def stranger(self) -> None:
        page = self.visitor()
        self.each(page, OF_A_STRANGER)
        for name in ("sign-in-error", *[""] * 4, "sign-in-closed"):
            page.goto(f"{self.address}/accounts/login/")
            page.fill('input[name="login"]', "nobody@example.org")
            page.fill('input[name="password"]', "not the password")
            page.click('form button[type="submit"]:not([name])')
            if name:
                self.shot(page, name)

    def upload(self, page: Page, disease: str, files: list[Path]) -> None:
        page.goto(f"{self.address}/analyses/new/{disease}/")
        page.set_input_files("#files", files)

    def send(self, page: Page) -> None:
        page.click('main form:has(#files) button[type="submit"]')

    def patient(self) -> tuple[Page, str]:
        """Returns the page and the address of a result that waits for its reading."""
        page = self.visitor(PATIENT)
        self.each(page, {name: OF_A_PATIENT[name] for name in EMPTY_AT_FIRST}, "-empty")
        page.goto(f"{self.address}/me/consent/?next=/analyses/new/malaria/")
        self.shot(page, "consent")
        page.check('input[name="agree"]')
        page.click('main form:has(input[name="agree"]) button')
        self.upload(page, "malaria", samples.paths("malaria"))
        self.shot(page, "upload")
        self.send(page)
        page.locator("#uploads a").nth(1).wait_for(timeout=60_000)
        self.shot(page, "uploaded")
        page.locator("#uploads a").first.click()
        page.wait_for_selector(".icons10", timeout=60_000)
        self.shot(page, "result")
        waiting = page.url
        for code in OTHERS:
            self.upload(page, code, [samples.paths(code)[-1]])
            self.send(page)  # one picture alone: its page opens by itself
            page.wait_for_selector(".icons10", timeout=60_000)
            self.shot(page, f"result-{code}")
        self.upload(page, "tuberculosis", [samples.paths("malaria")[0]])  # a cell, where a film is wanted
        self.send(page)
        page.wait_for_selector("[data-refused], main .note a.button, main a.button[href*='/new/']", timeout=60_000)
        self.shot(page, "refused")
        page.goto(waiting)
        page.locator('main a[href*="/questions/ask/"]').click()
        self.shot(page, "ask")
        page.fill('main textarea[name="text"]', "Must I stay at home until the practitioner has answered?")
        page.click('main form:has(textarea) button[type="submit"]')
        self.shot(page, "question")
        self.each(page, OF_A_PATIENT)
        newest = registry.versions("diabetic_retinopathy")[-1]
        self.each(page, {"model-card": f"/analyses/models/diabetic_retinopathy/{newest}/"})
        return page, waiting

    def practitioner(self) -> None:
        page = self.visitor(PRACTITIONER)
        self.each(page, OF_A_PRACTITIONER)
        page.goto(f"{self.address}/reviews/?q=nothing-is-called-so")
        self.shot(page, "worklist-nothing-found")
        page.goto(f"{self.address}/reviews/?q=malaria")
        page.locator(".take button").first.click()
        page.wait_for_load_state("networkidle")
        self.shot(page, "reading")
        page.keyboard.press("?")
        self.shot(page, "reading-keys")
        page.keyboard.press("Escape")
        page.locator("details.refer summary").click()
        self.shot(page, "refer")
        page.check('input[name="finding"][value="parasitized"]')
        page.select_option('select[name="recommendation"]', "visit")
        page.keyboard.press("Control+Enter")
        page.wait_for_selector(".icons10")
        page.wait_for_load_state("networkidle")
        page.keyboard.press("h")
        self.shot(page, "revealed")
        page.keyboard.press("Control+Enter")
        page.wait_for_selector(".badge.settled")
        self.shot(page, "signed")
        self.each(page, {"figures-after": "/figures/", "worklist-signed": "/reviews/?view=signed"})

    def administrator(self) -> None:
        page = self.visitor(ADMINISTRATOR)
        self.each(page, OF_AN_ADMINISTRATOR)
        self.each(page, {"model-figures": f"/figures/models/malaria/{registry.versions('malaria')[-1]}/"})

    def mail(self) -> None:
        """The last e-mail as it is read, and the page behind its last link."""
        printed = re.sub(r"^\d\d:\d\d:\d\d [\w-]+ +\| ?", "", self.log.read_text(errors="replace"), flags=re.MULTILINE)
        whole = re.findall(r"Content-Type: multipart/alternative;.*?(?=-{79})", printed, re.DOTALL)
        text = [one for one in whole if "List-Unsubscribe" in one][-1]
        message = email.message_from_bytes(text.encode(), policy=email.policy.default)
        html = message.get_body(("html",))
        link = re.search(r"<http://localhost(:\d+)?(/[^>]+)>", str(message["List-Unsubscribe"]))
        if html is None or link is None:
            raise ValueError(f"this is not a whole e-mail: {text}")
        page = self.visitor()
        page.set_content(html.get_content())
        self.shot(page, "e-mail")
        page.goto(self.address + link[2])
        self.shot(page, "unsubscribe")


def draw(walk: Walk) -> None:
    """Every page, each once, and what it looks like on paper."""
    walk.stranger()
    patient, result = walk.patient()
    walk.practitioner()
    patient.goto(result)
    walk.shot(patient, "final")
    patient.emulate_media(media="print")
    patient.set_viewport_size({"width": 794, "height": 1123})  # A4 at 96 dpi, whatever the screen was
    walk.shot(patient, "final-printed")
    walk.administrator()
    walk.mail()


def main() -> None:
    shutil.rmtree(IMAGES, ignore_errors=True)
    IMAGES.mkdir()
    SHOWN.mkdir(exist_ok=True)
    for size, scheme, language in WALKS:
        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder) / "log"
            with portal(log) as (address, password), browser() as opened:
                agree(api(address, PRACTITIONER, password))
                draw(Walk(opened, address, password, log, size, scheme, language))
    drawn = list(IMAGES.glob("*.webp"))
    print(f"{len(drawn)} pictures, {sum(path.stat().st_size for path in drawn) / 2**20:.1f} MB, in {IMAGES}")


if __name__ == "__main__":
    main()
