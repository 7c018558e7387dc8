"""One access rule: every page and every action of the API, walked with the whole cast. A route that is not in the matrix fails."""

import shutil
from typing import Any

import pytest
from django.db import transaction

from tests.portal.access_matrix import CAST, DELETE, GET, POST, PUT
from tests.portal.access_walk import Things, address, client_of, fresh, made_for_all, routes

LIBRARIES = ("admin:", "account_", "mfa_")  # allauth's and Django's own; the admin is walked below


@pytest.fixture(scope="module")
def made(made_once: Any) -> Things:
    return made_once(made_for_all)  # type: ignore[no-any-return]


@pytest.fixture
def things(made: Things, made_once: Any, db: None, settings: Any) -> Things:
    """Made once for the whole matrix; nothing that an earlier test did is left, and nobody is the object that it had."""
    shutil.copytree(made_once.folder, settings.MEDIA_ROOT)
    return Things({who: fresh(person) for who, person in made.people.items()}, dict(made.arguments))


def test_every_route_is_listed() -> None:
    known = set(GET) | set(POST) | set(PUT) | set(DELETE)
    missing = sorted(
        {name for name, path in routes() if name not in known and not name.startswith(LIBRARIES) and not path.startswith("accounts/")}
    )
    assert missing == []


@pytest.mark.parametrize("name", sorted(GET))
def test_who_may_see(name: str, things: Things) -> None:
    path = next(path for found, path in routes() if found == name)
    seen = {who: client_of(name, person).get(address(name, path, things)).status_code for who, person in things.people.items()}
    assert seen == GET[name]


@pytest.mark.parametrize("name", sorted(POST))
def test_who_may_do(name: str, things: Things) -> None:
    """What one person did is taken back before the next tries."""
    path = address(name, next(path for found, path in routes() if found == name), things)
    seen = {}
    for who, person in things.people.items():
        with transaction.atomic():
            seen[who] = client_of(name, fresh(person)).post(path).status_code
            transaction.set_rollback(True)
    assert seen == POST[name]


@pytest.mark.parametrize(("method", "matrix"), [("put", PUT), ("delete", DELETE)])
def test_who_may_change(method: str, matrix: dict[str, dict[str, int]], things: Things) -> None:
    for name, expected in matrix.items():
        path = address(name, next(path for found, path in routes() if found == name), things)
        assert {who: getattr(client_of(name, person), method)(path).status_code for who, person in things.people.items()} == expected


@pytest.mark.parametrize("who", CAST)
def test_only_administrators_enter_the_admin(who: str, things: Things) -> None:
    client = client_of("admin:index", things.people[who])
    statuses = {client.get(f"/admin/{page}").status_code for page in ("", "accounts/user/", "analyses/analysis/", "audit/auditevent/")}
    assert statuses == ({200} if who == "administrator" else {302})
