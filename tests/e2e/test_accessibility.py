"""No page breaks WCAG 2.2 A or AA as far as axe-core can tell, for everybody who sees it: in both languages and themes, on a phone and at a
desk. No page is wider than its window, and in Hindi no sentence stays English."""

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

import samples
from docs.screenshots import OF_A_PATIENT, OF_A_PRACTITIONER, OF_A_STRANGER, OF_AN_ADMINISTRATOR
from tests.e2e.stack import ADMINISTRATOR, PATIENT, PRACTITIONER, Stack, until
from tests.portal.test_hindi import Words

CODES = re.compile(r"\b[0-9a-f]{8}\b|\S+@\S+")  # the beginning of a token, which may look like words by chance, and addresses
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}
AT_REST = """
async () => {
  for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
  for (const each of document.getAnimations()) if (each.effect.getComputedTiming().endTime < Infinity) each.finish();
}
"""
NOT_OURS = ("/admin/",)  # Django's own pages
DATA = ("Dr Asha Rao", "A ring form.", "Which tablets?")  # what people typed


@pytest.fixture(scope="module")
def cases(stack: Stack) -> dict[str, Any]:
    """Paths of a signed and of an open case, and of a question about the first."""
    patient, reader = stack.client(), stack.client(PRACTITIONER)
    signed, held = (answered(patient, seed) for seed in (491, 492))
    opinion = {"finding": "parasitized", "confidence": "high", "recommendation": "visit", "notes": "A ring form."}
    for review in (signed["review"], held["review"]):
        assert reader.post(f"{review}claim/").status_code == 200
        assert reader.post(f"{review}reading/", json=opinion).status_code < 300
    assert reader.post(f"{signed['review']}sign/", json=opinion).status_code == 200
    asked = patient.post("/questions/", json={"analysis": signed["id"], "text": "Which tablets?"})
    assert asked.status_code == 201, asked.text
    return {
        PATIENT: [f"/analyses/{signed['id']}/", f"/analyses/{held['id']}/", f"/questions/{asked.json()['id']}/"],
        PRACTITIONER: [f"/reviews/{last_part(signed['review'])}/", f"/reviews/{last_part(held['review'])}/"],
    }


def last_part(address: str) -> str:
    return address.rstrip("/").rpartition("/")[2]


def answered(patient: Any, seed: int) -> dict[str, Any]:
    file = samples.draw("malaria", "parasitized", seed)
    sent = patient.post("/analyses/", files={"file": ("cell.png", file)}, data={"disease": "malaria", "wants_review": "true"}).json()
    return until(lambda: (now := patient.get(f"/analyses/{sent['id']}/").json())["status"] == "done" and now["review"] and now, 60)


def faults(page: Page, path: str) -> list[str]:
    """What axe-core finds, a line each: page, rule, and the first element that breaks it. And a page that is too wide."""
    found = []
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    if wide > 0:
        found.append(f"{path} is {wide} px wider than the window")
    if page.evaluate("document.documentElement.lang") == "hi":
        found += [f"{path} is not in Hindi: {text}" for text in sentences_in_english(page.content())]
    for each in page.evaluate("rules => axe.run(document, rules).then((found) => found.violations)", RULES):
        node = each["nodes"][0]
        found.append(f"{path} {each['id']}: {node['html'][:200]} {' '.join(node['failureSummary'].split())[:300]}")
    return found


def look(page: Page, theme: Any, width: int) -> None:
    """The window as somebody else has it, once all that moves because of it has come to rest."""
    page.emulate_media(color_scheme=theme)
    page.set_viewport_size({"width": width, "height": 900})
    page.evaluate(AT_REST)
    assert page.evaluate("[matchMedia('(prefers-color-scheme: dark)').matches, innerWidth]") == [theme == "dark", width]


def enter(page: Page, email: str, password: str) -> None:
    """Sign in, whatever language the page speaks."""
    page.goto("/accounts/login/")
    page.fill('input[name="login"]', email)
    page.fill('input[name="password"]', password)
    page.click('main button[type="submit"]:not([name])')
    page.wait_for_url("**/")


def sentences_in_english(page: str) -> list[str]:
    """Texts without a letter of Hindi that have three words or more. Single terms of medicine, names and versions may be Latin."""
    reader = Words()
    reader.feed(page)
    return [
        text
        for text in reader.found
        if not re.search(r"[\u0900-\u097f]", text) and len(re.findall(r"[A-Za-z]{2,}", CODES.sub(" ", text))) > 2 and text not in DATA
    ]


@pytest.mark.parametrize(
    ("language", "looks"),
    [("en", [("light", 1440), ("dark", 360)]), ("hi", [("light", 360), ("dark", 1440)])],  # it comes as the first, and becomes the second
)
def test_axe_finds_nothing(stack: Stack, opened: Browser, cases: dict[str, Any], language: str, looks: list[tuple[str, int]]) -> None:
    people = {
        "": list(OF_A_STRANGER.values()),
        PATIENT: [*OF_A_PATIENT.values(), "/analyses/new/malaria/", "/analyses/models/", *cases[PATIENT]],
        PRACTITIONER: [*OF_A_PRACTITIONER.values(), *cases[PRACTITIONER]],
        ADMINISTRATOR: [path for path in OF_AN_ADMINISTRATOR.values() if not path.startswith(NOT_OURS)],
    }
    found, script = [], Axe().axe_script
    for who, paths in people.items():
        page = opened.new_context(base_url=stack.address, locale=language).new_page()
        if who:
            enter(page, who, stack.password)
        for path in paths:
            look(page, *looks[0])
            page.goto(path, wait_until="load")
            page.evaluate(script)
            found += faults(page, path)
            for theme, width in looks[1:]:
                look(page, theme, width)
                found += [f"{theme}, {width} px: {each}" for each in faults(page, path)]
    assert not found, "\n".join(found)
