"""The form of the reading room in a real browser, by keyboard alone: claim, fill, keep, reveal, sign with a check of who is there."""

import re

from django.contrib.sessions.serializers import JSONSerializer
from django.core import signing
from playwright.sync_api import Browser, Page, expect

from tests.conftest import as_upload, drawn_cell
from tests.e2e.stack import PRACTITIONER, Stack, until
from tests.e2e.test_browser import new_page, sign_in


def answered(stack: Stack) -> str:
    """The id of a review that waits."""
    patient = stack.client()
    patient.timeout = 30
    files = {"file": ("cell.png", as_upload(drawn_cell(700)), "image/png")}
    made = patient.post("/analyses/", files=files, data={"disease": "malaria"}).json()
    until(lambda: patient.get(f"/analyses/{made['id']}/").json()["status"] == "done", 60, "the answer")
    return str(patient.get(f"/analyses/{made['id']}/").json()["second_opinion"]["id"])


def let_the_sign_ins_grow_old(stack: Stack) -> None:
    """As if everybody had signed in an hour ago: sessions lie in the database, signed."""
    key = stack.environment["SECRET_KEY"]
    for session, data in stack.sql("SELECT session_key, session_data FROM django_session"):
        signer = {"key": key, "salt": "django.contrib.sessions.SessionStore", "serializer": JSONSerializer}
        found = signing.loads(data, **signer)
        for entry in found.get("account_authentication_methods", []):
            entry["at"] -= 3600
        stack.sql(
            "UPDATE django_session SET session_data = %s WHERE session_key = %s RETURNING 1",
            signing.dumps(found, compress=True, **signer),
            session,
        )


def tab_to(page: Page, name: str, most: int = 60) -> None:
    """Press Tab until what has the focus is named so."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == name:
            return
    raise AssertionError(f"Tab does not reach {name}")


def test_a_reading_by_keyboard_alone(stack: Stack, opened: Browser) -> None:
    review = answered(stack)
    page, console = new_page(opened, stack.address, viewport={"width": 1280, "height": 900})
    sign_in(page, PRACTITIONER, stack.password)
    page.goto(f"/reviews/{review}/", wait_until="load")
    page.keyboard.press("c")
    expect(page.get_by_role("heading", name="Your reading")).to_be_visible()
    page.wait_for_load_state("load")

    page.keyboard.press("1")  # no parasite: what contradicts it is not asked
    expect(page.get_by_label("Species")).to_be_hidden()
    expect(page.get_by_text("What does not go with this finding is not asked.")).to_be_visible()
    page.keyboard.press("2")
    expect(page.get_by_label("Species")).to_be_visible()
    tab_to(page, "detail-stage")
    page.keyboard.press("Space")
    tab_to(page, "detail-count")
    page.keyboard.type("2")
    tab_to(page, "detail-species")
    page.keyboard.type("P")
    tab_to(page, "recommendation")
    page.keyboard.type("Go")
    expect(page.get_by_label("How soon?")).to_have_value("urgent")  # follows, until somebody says otherwise
    tab_to(page, "urgency")
    page.keyboard.type("Now")
    tab_to(page, "notes")
    page.keyboard.type("A ring form is seen.")
    expect(page.get_by_text(re.compile("Draft saved"))).to_be_visible()

    page.goto("/reviews/")
    page.goto(f"/reviews/{review}/", wait_until="load")  # the draft is still there
    expect(page.get_by_label("Notes")).to_have_value("A ring form is seen.")
    expect(page.get_by_label("Ring", exact=True)).to_be_checked()
    expect(page.get_by_label("How soon?")).to_have_value("now")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Suspicious: a malaria parasite in this cell", exact=True)).to_be_visible()
    page.wait_for_load_state("load")

    let_the_sign_ins_grow_old(stack)
    tab_to(page, "notes")
    page.keyboard.press("Control+End")
    page.keyboard.type(" Seen twice.")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="Is it still you?")).to_be_visible()
    tab_to(page, "password")
    page.keyboard.type(stack.password)
    page.keyboard.press("Enter")
    expect(page.get_by_text("It is you.")).to_be_visible()
    expect(page.get_by_label("Notes")).to_have_value("A ring form is seen. Seen twice.")
    expect(page.get_by_role("button", name=re.compile("^Sign"))).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".badge.settled").get_by_text("final")).to_be_visible()
    expect(page.get_by_text("Go to a clinic or a hospital, now, as an emergency.").first).to_be_visible()
    expect(page.get_by_text("P. falciparum").filter(visible=True).first).to_be_visible()
    assert console == []
