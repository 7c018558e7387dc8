"""The operating point in a real browser: sliders take their neighbours along, and what they imply follows while they move."""

import json
import re

from playwright.sync_api import Browser, expect

from tests.e2e.stack import Stack
from tests.e2e.test_browser import new_page, sign_in
from tests.portal.measured import metrics, sensitivity, specificity


def test_an_administrator_moves_the_threshold_and_sees_at_once_what_it_implies(stack: Stack, opened: Browser) -> None:
    ((version, before),) = stack.sql("SELECT version, metrics FROM analyses_modelversion WHERE disease = 'malaria' AND state = 'active'")
    measure = "UPDATE analyses_modelversion SET metrics = %s::jsonb WHERE disease = 'malaria' AND version = %s RETURNING id"
    stack.sql(measure, json.dumps(metrics()), version)
    page, console = new_page(opened, stack.address)
    sign_in(page, "administrator@example.org", stack.password)
    page.goto(f"/analyses/models/malaria/{version}/operating-point/")
    sliders = page.locator("[data-slider] input[type=range]")
    shipped = page.locator("#id_threshold").input_value()
    sliders.nth(2).fill("0.2")
    for name in ("threshold", "high"):
        expect(page.locator(f"#id_{name}")).to_have_value("0.2")
    assert float(page.locator("#id_low").input_value()) <= 0.2
    sliders.nth(1).fill("0.6")
    expect(page.locator("#id_high")).to_have_value("0.6")
    said = f"Sensitivity {sensitivity(0.6) * 100:.1f} %, specificity {specificity(0.6) * 100:.1f} %"
    expect(page.locator("#implied .answer")).to_have_text(said)
    expect(page.locator("#implied svg desc")).to_contain_text("threshold 0.6")
    page.fill("#id_low", "0.9")
    expect(page.locator("#implied")).to_contain_text("must rise")
    page.fill("#id_low", "0.1")
    page.fill("#id_reason", "Measured here")
    page.get_by_role("button", name="Set it for new pictures").click()
    expect(page.get_by_text("Set for this place")).to_be_visible()
    page.get_by_role("link", name="Change the operating point").click()
    page.get_by_role("button", name="Back to the shipped values").click()
    expect(page.get_by_text(re.compile("As shipped"))).to_be_visible()
    page.get_by_role("link", name="Change the operating point").click()
    expect(page.locator("#id_threshold")).to_have_value(shipped)
    stack.sql(measure, json.dumps(before), version)
    assert console == []
