"""No page breaks WCAG 2.2 A or AA as far as axe-core can tell: in light and dark, on a phone and at a desk, for everybody who sees it."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

import samples
from docs.screenshots import OF_A_PATIENT, OF_A_PRACTITIONER, OF_A_STRANGER, OF_AN_ADMINISTRATOR
from tests.e2e.stack import ADMINISTRATOR, PATIENT, PRACTITIONER, Stack, until
from tests.e2e.test_browser import sign_in

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
NOT_OURS = ("/admin/",)  # Django's own pages


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


def faults(page: Page, paths: list[str]) -> list[str]:
    """What axe-core finds, a line each: page, rule, and the first element that breaks it."""
    found = []
    for path in paths:
        page.goto(path, wait_until="load")
        for each in Axe().run(page, options=RULES).response["violations"]:
            node = each["nodes"][0]
            found.append(f"{path} {each['id']}: {node['html'][:200]} {' '.join(node['failureSummary'].split())[:300]}")
    return found


@pytest.mark.parametrize(("theme", "width"), [("light", 1440), ("dark", 360)])
def test_axe_finds_nothing(stack: Stack, opened: Browser, cases: dict[str, Any], theme: Any, width: int) -> None:
    people = {
        "": list(OF_A_STRANGER.values()),
        PATIENT: [*OF_A_PATIENT.values(), "/analyses/new/malaria/", "/analyses/models/", *cases[PATIENT]],
        PRACTITIONER: [*OF_A_PRACTITIONER.values(), *cases[PRACTITIONER]],
        ADMINISTRATOR: [path for path in OF_AN_ADMINISTRATOR.values() if not path.startswith(NOT_OURS)],
    }
    found = []
    for who, paths in people.items():
        page = opened.new_context(base_url=stack.address, color_scheme=theme, viewport={"width": width, "height": 900}).new_page()
        if who:
            sign_in(page, who, stack.password)
        found += faults(page, paths)
    assert not found, "\n".join(found)
