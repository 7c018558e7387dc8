"""The portal refuses to start in a way that would be unsafe, and Django's own deployment check has nothing to say."""

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from medinform.guards import refuse_unsafe

ROOT = Path(__file__).resolve().parents[2]
STRONG = secrets.token_urlsafe(60)
TELL = """
import json
from medinform import settings
names = "SESSION_COOKIE_NAME CSRF_COOKIE_NAME LANGUAGE_COOKIE_NAME SESSION_COOKIE_SECURE CSRF_COOKIE_SECURE "
names += "MFA_REQUIRED SECURE_HSTS_SECONDS"
print(json.dumps({name: getattr(settings, name, None) for name in names.split()}))
"""


def python(*words: str, **environment: str) -> subprocess.CompletedProcess:
    """A process of its own with nothing but these settings."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.run(
        [sys.executable, *words], cwd=ROOT, env={**inherited, **environment}, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({}, "SECRET_KEY is missing"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is weak"),
        ({"SECRET_KEY": "ab" * 40}, "SECRET_KEY is weak"),
        ({"SECRET_KEY": "django-insecure-" + STRONG}, "SECRET_KEY is weak"),
        ({"SECRET_KEY": STRONG, "ALLOWED_HOSTS": "*"}, "wildcard"),
        ({"SECRET_KEY": STRONG, "ALLOWED_HOSTS": "localhost,*.example.org"}, "wildcard"),
        ({"DEBUG": "true"}, "SECRET_KEY is missing"),
        ({"SECRET_KEY": "x", "DEBUG": "true", "SECURE_TLS": "true"}, "DEBUG=true does not go together with SECURE_TLS"),
        ({"SECRET_KEY": "x", "DEBUG": "true", "BEHIND_PROXY": "true"}, "DEBUG=true does not go together with BEHIND_PROXY"),
        ({"SECRET_KEY": "x", "DEBUG": "true", "ALLOWED_HOSTS": "localhost,portal.example.org"}, "the host portal.example.org"),
        ({"SECRET_KEY": "x", "DEBUG": "true", "ALLOWED_HOSTS": "*"}, "the host *"),
        ({"SECRET_KEY": "x", "DEBUG": "true", "ALLOWED_HOSTS": "192.0.2.1"}, "the host 192.0.2.1"),
    ],
)
def test_it_does_not_start(said: dict[str, str], reason: str) -> None:
    from django.core.exceptions import ImproperlyConfigured

    hosts = said.get("ALLOWED_HOSTS", "localhost").split(",")
    flags = {name: said.get(name) == "true" for name in ("DEBUG", "SECURE_TLS", "BEHIND_PROXY")}
    with pytest.raises(ImproperlyConfigured, match=reason.replace("*", r"\*")):
        refuse_unsafe(
            debug=flags["DEBUG"],
            secret_key=said.get("SECRET_KEY", ""),
            hosts=hosts,
            secure_tls=flags["SECURE_TLS"],
            behind_proxy=flags["BEHIND_PROXY"],
        )


@pytest.mark.parametrize(
    "words", [("manage.py", "check"), ("-c", "import medinform.wsgi"), ("-c", "import medinform.celery as c; c.app.conf.broker_url")]
)
def test_no_process_starts_with_a_weak_secret(words: tuple[str, ...]) -> None:
    done = python(*words, SECRET_KEY="changeme", DJANGO_SETTINGS_MODULE="medinform.settings")
    assert done.returncode != 0
    assert "SECRET_KEY is weak" in done.stderr


def test_the_second_factor_can_not_be_switched_off_on_a_server_and_cookies_have_names_that_nobody_else_can_set() -> None:
    done = python("-c", TELL, SECRET_KEY=STRONG, MFA_REQUIRED="false", ALLOWED_HOSTS="portal.example.org")
    told = json.loads(done.stdout)
    assert told.pop("SECURE_HSTS_SECONDS") == 31536000
    assert [told.pop(f"{name}_COOKIE_NAME") for name in ("SESSION", "CSRF", "LANGUAGE")] == [
        "__Host-session",
        "__Host-csrf",
        "__Host-language",
    ]
    assert set(told.values()) == {True}


def test_a_developers_machine_starts_and_leaves_the_factor_out_unless_asked() -> None:
    for asked in ("false", "true"):
        done = python("-c", TELL, SECRET_KEY="x", DEBUG="true", MFA_REQUIRED=asked)
        assert json.loads(done.stdout)["MFA_REQUIRED"] is (asked == "true")


def test_djangos_deployment_check_has_nothing_to_say() -> None:
    done = python("manage.py", "check", "--deploy", "--fail-level", "WARNING", SECRET_KEY=STRONG, ALLOWED_HOSTS="portal.example.org")
    assert done.returncode == 0, done.stderr
