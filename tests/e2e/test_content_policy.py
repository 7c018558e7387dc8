"""The strict policy in a real browser: no page of anybody's breaks it. And what needs a browser of the second factor: a passkey."""

import subprocess
import sys
from typing import Any

import httpx
from playwright.sync_api import Browser, Page, expect

from tests.conftest import drawn_cell
from tests.e2e.stack import ADMINISTRATOR, PATIENT, PRACTITIONER, ROOT, Stack, until
from tests.e2e.test_browser import sign_in

PASSWORD = "a long walk on 7 beaches"
LISTEN = (
    "document.addEventListener('securitypolicyviolation', e => window.violated(`${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}`))"
)
ANYBODY = ["/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"]
OWN = ["/", "/me/", "/me/sign-ins/", "/me/consent/", "/me/children/", "/me/data/", "/me/data/looks/", "/me/data/close/", "/analyses/"]
OWN += ["/analyses/new/malaria/", "/analyses/models/", "/questions/", "/notifications/", "/notifications/settings/", "/accounts/2fa/"]
OWN += [
    "/accounts/2fa/totp/activate/",
    "/accounts/2fa/webauthn/add/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/logout/",
]
READER = ["/reviews/", "/reviews/templates/", "/reviews/notices/", "/figures/"]
OFFICE = ["/figures/all/", "/admin/", "/admin/accounts/user/", "/admin/accounts/user/add/", "/admin/accounts/practitionerprofile/"]
OFFICE += ["/admin/accounts/consenttext/add/", "/admin/audit/auditevent/", "/admin/analyses/modelversion/", "/admin/axes/accessattempt/"]
OFFICE += ["/admin/mfa/authenticator/", "/admin/reviews/servicetarget/"]


def watched(opened: Browser, address: str) -> tuple[Page, list[tuple[str, str]]]:
    """A new visitor's page, and every breach of the policy, with the page on which it was."""
    page = opened.new_context(base_url=address).new_page()
    found: list[tuple[str, str]] = []
    page.expose_function("violated", lambda what: found.append((page.url, what)))
    page.add_init_script(LISTEN)
    page.on("console", lambda said: found.append((page.url, said.text)) if "Content Security Policy" in said.text else None)
    return page, found


def visit(page: Page, paths: list[str]) -> None:
    for path in paths:
        answer = page.goto(path, wait_until="load")
        assert answer is not None
        assert answer.status == 200, (path, answer.status)
        assert "'unsafe-" not in answer.headers["content-security-policy"]
        page.wait_for_timeout(100)  # what scripts do once they are loaded


def answered(stack: Stack) -> dict[str, Any]:
    client = stack.client(PATIENT)
    sent = client.post("/analyses/", files={"file": ("cell.png", drawn_cell(171))}, data={"disease": "malaria"}).json()
    return until(lambda: (found := client.get(f"/analyses/{sent['id']}/").json())["status"] == "done" and found, 60, "an answer")  # type: ignore[no-any-return]


def test_the_listener_hears_a_breach(stack: Stack, opened: Browser) -> None:
    """Otherwise silence below would mean nothing."""
    page, found = watched(opened, stack.address)
    page.goto("/accounts/login/")
    page.evaluate("document.head.appendChild(Object.assign(document.createElement('style'), {textContent: 'p {color: red}'}))")
    until(lambda: page.wait_for_timeout(50) or found, 5, "a breach")


def test_no_page_of_a_visitor_or_a_patient(stack: Stack, opened: Browser) -> None:
    analysis = answered(stack)
    page, found = watched(opened, stack.address)
    visit(page, ANYBODY)
    sign_in(page, PATIENT, stack.password)
    page.goto("/accounts/reauthenticate/?next=/me/")
    page.fill('input[name="password"]', stack.password)
    page.click('main button[type="submit"]')
    visit(page, [*OWN, f"/analyses/{analysis['id']}/"])
    assert found == []


def test_no_page_of_a_practitioner(stack: Stack, opened: Browser) -> None:
    analysis = answered(stack)
    page, found = watched(opened, stack.address)
    sign_in(page, PRACTITIONER, stack.password)
    visit(page, READER)
    page.goto("/analyses/models/")
    page.locator("main a[href*='/analyses/models/malaria']").first.click()
    page.wait_for_load_state("load")
    review = analysis["review"].rstrip("/").rpartition("/")[2]
    stack.client(PRACTITIONER).post(f"/reviews/{review}/claim/")
    visit(page, [f"/reviews/{review}/"])
    expect(page.locator("[data-viewer][data-ready]")).to_be_visible()
    page.keyboard.press("i")
    page.keyboard.press("?")
    page.wait_for_timeout(300)
    stack.client(PRACTITIONER).post(f"/reviews/{review}/release/")
    assert found == []


def test_no_page_of_an_administrator(stack: Stack, opened: Browser) -> None:
    page, found = watched(opened, stack.address)
    sign_in(page, ADMINISTRATOR, stack.password)
    visit(page, OFFICE)
    page.goto("/admin/accounts/user/")
    page.locator("#result_list th.field-email a").first.click()
    page.wait_for_load_state("load")
    page.goto("/admin/accounts/consenttext/add/")
    page.get_by_text("Add another Consent translation").click()
    assert found == []


def test_nor_the_page_that_describes_the_api(stack: Stack, opened: Browser) -> None:
    page, found = watched(opened, stack.address)
    page.goto("/api/v1/docs/")
    expect(page.get_by_role("heading", name="MEDINFORM")).to_be_visible(timeout=30_000)
    page.get_by_role("button", name="Authorize").click()
    page.locator(".auth-btn-wrapper").get_by_role("button", name="Close").first.click()
    page.locator(".opblock-summary").first.click()
    page.get_by_role("button", name="Try it out").first.click()
    page.wait_for_timeout(500)
    assert found == []


def test_a_passkey_is_added_and_opens_the_portal_without_a_password(stack: Stack, opened: Browser) -> None:
    """With an authenticator that the browser plays; the ceremony is the real one."""
    make = f"""
from allauth.account.models import EmailAddress
from portal.accounts.models import User
from portal.accounts.services import register
person = register(user=User.objects.create_user("pia@home.example", {PASSWORD!r}), name="Pia", role="patient", country="Kenya")
EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
"""
    subprocess.run([sys.executable, "manage.py", "shell", "-c", make], cwd=ROOT, env=stack.environment, check=True, capture_output=True)
    here = stack.address.replace("127.0.0.1", "localhost")  # a passkey belongs to a name, not to an address
    page, found = watched(opened, here)
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    sign_in(page, "pia@home.example", PASSWORD)
    page.goto("/accounts/2fa/webauthn/add/")
    page.fill('input[name="password"]', PASSWORD)
    page.click('main button[type="submit"]')
    expect(page.get_by_role("heading", name="Add a passkey")).to_be_visible()
    page.get_by_label("Passwordless").check()
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_text("Recovery codes").first).to_be_visible()
    page.goto("/accounts/2fa/")
    expect(page.get_by_text("1 passkey or security key.")).to_be_visible()
    page.context.clear_cookies()
    page.goto("/accounts/login/")
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("heading", name="Which picture do you have?")).to_be_visible()
    refused = httpx.post(f"{stack.address}/api/v1/token/", json={"email": "pia@home.example", "password": PASSWORD})
    assert (refused.status_code, refused.json()["code"]) == (401, "mfa_required")
    assert found == []
