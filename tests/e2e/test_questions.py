"""A question and its answer in a real browser: a patient on a phone, a practitioner with the keyboard alone."""

import re
from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.conftest import drawn_cell
from tests.e2e.stack import PATIENT, PRACTITIONER, Stack, until
from tests.e2e.test_browser import new_page, sign_in


def a_signed_scan(stack: Stack) -> str:
    """Through the API: uploaded, answered, read and signed. Returns the analysis' id."""
    home, desk = stack.client(), stack.client(PRACTITIONER)
    sent = home.post("/analyses/", files={"file": ("cell.png", drawn_cell(77))}, data={"disease": "malaria"}).json()

    def answered() -> Any:
        found = home.get(f"/analyses/{sent['id']}/").json()
        return found if found["status"] == "done" and found["review"] else None

    review = until(answered, 60, "the answer")["review"].replace("localhost", "127.0.0.1")
    reading = {"finding": "parasitized", "confidence": "high", "recommendation": "visit"}
    for step, body in (("claim", {}), ("reading", reading), ("sign", reading)):
        response = desk.post(f"{review}{step}/", json=body)
        assert response.status_code == 200, response.text
    return str(sent["id"])


def press_until_focused(page: Page, name: str) -> None:
    """Tab through the page until the thing of this name has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        text = page.evaluate("(document.activeElement.textContent || '').replace(/\\s+/g, ' ').trim()")
        known = [text, *page.evaluate("[document.activeElement.name || '', document.activeElement.href || '']")]
        if any(re.search(name, each) for each in known):
            return
    raise AssertionError(f"{name} is not reached by the keyboard")


def test_a_patient_asks_a_practitioner_answers_and_the_patient_reads(stack: Stack, opened: Browser) -> None:
    analysis = a_signed_scan(stack)
    patient, patient_console = new_page(opened, stack.address, viewport={"width": 360, "height": 780}, has_touch=True)
    sign_in(patient, PATIENT, stack.password)
    patient.goto(f"/analyses/{analysis}/")
    patient.get_by_role("link", name="Ask the practitioner").click()
    expect(patient.get_by_text("Not for emergencies")).to_be_visible()
    patient.get_by_label("Your question").fill("Do I have to take the picture again?")
    patient.get_by_role("button", name="Send the question").click()
    expect(patient.get_by_text("Waits for an answer")).to_be_visible()
    thread = patient.url

    reader, reader_console = new_page(opened, stack.address, viewport={"width": 1440, "height": 900})
    sign_in(reader, PRACTITIONER, stack.password)
    expect(reader.get_by_text(re.compile("waits? for your answer"))).to_be_visible()
    press_until_focused(reader, "^Answer$")
    reader.keyboard.press("Enter")
    expect(reader.get_by_role("heading", name="Questions of patients")).to_be_visible()
    press_until_focused(reader, thread.rpartition("questions/")[2])
    reader.keyboard.press("Enter")
    expect(reader.get_by_text("Do I have to take the picture again?")).to_be_visible()
    press_until_focused(reader, "^text$")
    reader.keyboard.type("No. Show it at the clinic.")
    reader.keyboard.press("Tab")
    reader.keyboard.press("Enter")
    expect(reader.get_by_text("Answered")).to_be_visible()

    patient.goto("/")
    expect(patient.locator(".bell .count")).to_be_visible()
    patient.goto("/notifications/")
    patient.get_by_role("button", name=re.compile("Your question is answered")).first.click()
    expect(patient).to_have_url(thread)
    expect(patient.get_by_text("No. Show it at the clinic.")).to_be_visible()
    patient.get_by_role("button", name=re.compile("Close")).click()
    expect(patient.get_by_text("It stays with the scan.").last).to_be_visible()
    patient.goto(f"/analyses/{analysis}/")
    expect(patient.get_by_text("Closed").first).to_be_visible()
    assert patient.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert patient_console == []
    assert reader_console == []
