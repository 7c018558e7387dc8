"""What every answer carries: pages, API, admin, files, static files and errors."""

import re
from typing import Any

import pytest
from django.test import Client
from django.test.utils import override_settings

from portal.accounts.models import User
from tests.portal.access_matrix import GET
from tests.portal.access_walk import address, client_of, routes, things  # noqa: F401  (a fixture)

pytestmark = pytest.mark.django_db


def policy(response: Any) -> dict[str, list[str]]:
    parts = (part.split() for part in response["Content-Security-Policy"].split(";") if part.strip())
    return {name: values for name, *values in parts}


def check(response: Any) -> None:
    found = policy(response)
    assert found["default-src"] == ["'none'"]
    assert not re.search(r"unsafe-|https?:|\*", response["Content-Security-Policy"])
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=()" in response["Permissions-Policy"]
    assert "geolocation=()" in response["Permissions-Policy"]


def test_every_page_and_every_answer_of_the_api(things: Any) -> None:  # noqa: F811
    """As the administrator and as nobody, over every route that can be read."""
    n = 0
    for who in ("administrator", "anonymous"):
        for name in sorted(GET):
            path = next(path for found, path in routes() if found == name)
            check(client_of(name, things.people[who]).get(address(name, path, things)))
            n += 1
    assert n > 100


@pytest.mark.parametrize("path", ["/admin/", "/admin/accounts/user/", "/admin/login/", "/nothing/", "/api/v1/nothing/", "/accounts/login/"])
def test_the_administration_errors_and_sign_in(browse: Any, administrator: User, path: str) -> None:
    check(browse(administrator).get(path))


def test_a_broken_page_too(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(request: Any) -> None:
        raise RuntimeError

    client.raise_request_exception = False
    monkeypatch.setattr("django.urls.resolvers.URLPattern.resolve", _resolves_to(broken))
    answer = client.get("/")
    assert answer.status_code == 500
    check(answer)


def _resolves_to(view: Any) -> Any:
    from django.urls.resolvers import ResolverMatch

    return lambda self, path: ResolverMatch(view, (), {}, "home")


def test_no_template_has_a_script_or_style_in_it() -> None:
    from pathlib import Path

    told = []
    for template in sorted(Path("templates").rglob("*.html")):
        if "email" in template.parts or "archive" in template.parts:  # read without the portal: no page of it
            continue
        text = template.read_text()
        for script in re.findall(r"<script\b[^>]*>", text):
            if " src=" not in script and 'type="application/json"' not in script:
                told.append((str(template), script))
        told += [(str(template), found) for found in re.findall(r"<style\b|\sstyle=|\son[a-z]+=\"|javascript:", text)]
    assert told == []


def test_over_tls_it_stays_tls(patient: User) -> None:
    with override_settings(SECURE_SSL_REDIRECT=True, SECURE_HSTS_SECONDS=31536000, SECURE_HSTS_INCLUDE_SUBDOMAINS=True):
        client = Client()
        assert client.get("/accounts/login/")["Location"].startswith("https://")
        assert "max-age=31536000; includeSubDomains" in client.get("/accounts/login/", secure=True)["Strict-Transport-Security"]


def test_cookies_can_be_read_by_no_script_and_come_with_no_other_sites_request(patient: User) -> None:
    client = Client()
    client.get("/accounts/login/")
    client.post("/accounts/login/", {"login": patient.email, "password": "correct horse battery"})
    client.post("/me/language/", {"language": "en"})
    assert {"sessionid", "csrftoken", "django_language"} <= set(client.cookies)
    for cookie in client.cookies.values():
        assert cookie["httponly"], cookie.key
        assert cookie["samesite"] == "Lax"
        assert (cookie["path"], cookie["domain"]) == ("/", "")
