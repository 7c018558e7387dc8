"""The worklist in a real browser: everything by keys, and changes by themselves that take nothing out of the reader's hands."""

import io
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Browser, Page, expect

import samples
from portal.accounts.models import ConsentText, Role, Sex, User
from portal.analyses.models import ModelVersion
from portal.reviews import flags, services
from portal.reviews.models import Review
from portal.scans.models import Scan
from tests.conftest import person
from tests.e2e.browser import browser
from tests.portal.worklist_rows import open_many

AtTheDesk = Callable[[User], tuple[Page, list[str]]]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def opened() -> Iterator[Browser]:
    """The browser's driver has an event loop in this thread; Django is told that the database is asked from it all the same."""
    with pytest.MonkeyPatch.context() as patch, browser() as found:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield found


@pytest.fixture(autouse=True)
def _consent_text(transactional_db: None) -> None:
    """These tests can not be rolled back: each one leaves the tables empty, also of what migrations wrote."""
    ConsentText.objects.get_or_create(version=1, defaults={"title": "T", "body": "B", "published_at": timezone.now()})


@pytest.fixture
def asha(malaria: ModelVersion) -> User:
    """A patient who is 34."""
    return person("asha@home.example", Role.PATIENT, sex=Sex.FEMALE, birth_date=timezone.localdate() - timedelta(days=34 * 366))


def with_pictures() -> None:
    """The rows of worklist_rows get one drawn picture."""
    data = io.BytesIO()
    Image.open(io.BytesIO(samples.draw("malaria", "parasitized"))).convert("RGB").save(data, "JPEG")
    name = default_storage.save("scans/drawn.jpg", ContentFile(data.getvalue()))
    Scan.objects.update(file=name, thumbnail=name, format="JPEG")


@pytest.fixture
def at_the_desk(opened: Browser, live_server: Any) -> Iterator[AtTheDesk]:
    """at_the_desk(user): a page of the worklist for somebody who is signed in, and what its console complains of. A page goes on asking for
    news; so each is closed, and what it had asked is answered, before the tables are emptied."""

    def at(user: User) -> tuple[Page, list[str]]:
        client = Client()
        client.force_login(user)
        context = opened.new_context(base_url=live_server.url, viewport={"width": 1440, "height": 900})
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": client.cookies["sessionid"].value, "url": live_server.url}])
        page = context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.goto("/reviews/", wait_until="load")
        return page, complaints

    yield at
    for context in opened.contexts:
        context.close()
    for thread in threading.enumerate():
        if "process_request_thread" in thread.name:
            thread.join(20)


def look(page: Page) -> None:
    """As after 15 seconds."""
    with page.expect_response(lambda answer: "state=" in answer.url):
        page.evaluate("htmx.trigger('#live', 'look')")


def test_everything_goes_by_keys(at_the_desk: AtTheDesk, asha: User, practitioner: User, malaria: ModelVersion) -> None:
    first, second, third = open_many(asha, malaria, 3)
    with_pictures()
    page, complaints = at_the_desk(practitioner)
    focused = page.locator(":focus")
    for key, review in (("j", first), ("j", second), ("j", third), ("j", third), ("k", second)):
        page.keyboard.press(key)
        expect(focused).to_have_id(f"open-{review.pk}")
        expect(page.locator(".work.selected")).to_have_id(f"work-{review.pk}")
    page.keyboard.press("w")
    expect(page.locator(f"#why-{second.pk}")).to_be_visible()
    expect(page.locator(f"#why-{second.pk}")).to_contain_text("closed until your own reading is kept")
    page.keyboard.press("Escape")
    expect(page.locator(f"#why-{second.pk}")).to_be_hidden()
    page.keyboard.press("?")
    expect(page.get_by_role("heading", name="Keys")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("f")
    page.get_by_label("Urgent").check()
    page.get_by_label("Why").fill("Her clinic called")
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"{second.reference} is urgent now.")).to_be_visible()
    expect(page.locator(".work").first).to_have_id(f"work-{second.pk}")
    page.wait_for_load_state("load")  # a page listens for keys when its scripts are there
    page.keyboard.press("/")
    page.keyboard.type(third.reference)
    page.keyboard.press("Enter")
    expect(page.locator(".work")).to_have_count(1)
    page.wait_for_load_state("load")
    page.keyboard.press("j")
    page.keyboard.press("c")
    expect(page.get_by_role("heading", name="Your reading")).to_be_visible()
    assert Review.objects.get(pk=third.pk).practitioner == practitioner
    page.goto("/reviews/", wait_until="load")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/reviews/{second.pk}/")
    assert complaints == []


def test_the_list_changes_by_itself_and_keeps_what_the_reader_holds(
    at_the_desk: AtTheDesk, asha: User, practitioner: User, other_practitioner: User, malaria: ModelVersion
) -> None:
    first, second = open_many(asha, malaria, 2)
    with_pictures()
    page, complaints = at_the_desk(practitioner)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("w")
    why, focused = page.locator(f"#why-{second.pk}"), page.locator(":focus")
    expect(why).to_be_visible()
    place = why.bounding_box()
    held_by = focused.get_attribute("id")
    page.evaluate("document.querySelectorAll('.work').forEach((row) => (row.sameAsBefore = true))")
    look(page)  # nothing has changed
    [urgent] = open_many(asha, malaria, 1, urgency=1)
    services.claim(review=first, practitioner=other_practitioner)
    with_pictures()
    look(page)
    expect(page.locator(".work")).to_have_count(3)
    expect(page.locator(f"#work-{first.pk} .holder")).to_have_text(other_practitioner.name)
    expect(page.locator("#news")).to_have_text(f"New and urgent: Malaria, {urgent.reference}")
    assert page.locator(f"#work-{second.pk}").evaluate("row => row.sameAsBefore")  # the same element, not another like it
    expect(page.locator(".work.selected")).to_have_id(f"work-{second.pk}")
    assert focused.get_attribute("id") == held_by
    expect(why).to_be_visible()
    assert why.bounding_box() == place
    expect(page.locator("[data-updated]")).to_have_text("Updated just now")
    assert complaints == []


def test_why_it_is_urgent_is_shown_to_a_pointer(
    at_the_desk: AtTheDesk, asha: User, practitioner: User, other_practitioner: User, malaria: ModelVersion
) -> None:
    [review] = open_many(asha, malaria, 1)
    flags.flag(review=review, practitioner=other_practitioner, urgency=1, reason="Seen in the clinic")
    with_pictures()
    page, complaints = at_the_desk(practitioner)
    button, why = page.locator(f"#asks-{review.pk}"), page.locator(f"#why-{review.pk}")
    button.hover()
    expect(why).to_contain_text(f"flagged urgent by {other_practitioner.name}: Seen in the clinic")
    expect(why).to_be_visible()
    page.mouse.move(5, 5)
    expect(why).to_be_hidden()
    button.hover()
    expect(why).to_be_visible()
    button.click()  # keeps it
    page.mouse.move(5, 5)
    expect(why).to_be_visible()
    assert complaints == []


def test_a_view_is_saved_and_one_line_a_row_on_the_desk(
    at_the_desk: AtTheDesk, asha: User, practitioner: User, malaria: ModelVersion
) -> None:
    open_many(asha, malaria, 55)
    with_pictures()
    page, complaints = at_the_desk(practitioner)
    heights = page.locator(".work").evaluate_all("rows => rows.map((row) => row.getBoundingClientRect().height)")
    assert len(heights) == 50
    assert max(heights) <= 49
    page.get_by_label("Urgency", exact=True).select_option("2")
    page.get_by_label("Name of this view").fill("Soon")
    page.get_by_role("button", name="Save this view").click()
    expect(page.get_by_role("link", name="Soon")).to_have_attribute("aria-current", "page")
    page.get_by_role("link", name="Next 50").click()
    expect(page.locator(".work")).to_have_count(5)
    page.get_by_role("button", name="Remove the view Soon").click()
    expect(page.get_by_role("link", name="Soon")).to_have_count(0)
    assert complaints == []
