from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.e2e.browser import browser
from tests.e2e.stack import Stack, running


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running(tmp_path_factory.mktemp("stack")) as found:
        yield found


@pytest.fixture(scope="module")
def opened() -> Iterator[Browser]:
    """A browser for one file of tests: its driver's event loop must not outlive it, or Django refuses the database in this thread."""
    with browser() as found:
        yield found


@pytest.fixture(autouse=True)
def _closed(request: pytest.FixtureRequest) -> Iterator[None]:
    """Pages do not outlive their test: each goes on asking the portal for news."""
    yield
    if "opened" in request.fixturenames:
        for context in request.getfixturevalue("opened").contexts:
            context.close()
