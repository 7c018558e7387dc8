"""What several of these tests need."""

import os
import secrets
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest


@pytest.fixture
def postgres() -> Iterator[str]:
    """The URL of an empty database of its own."""
    name, parts = f"medinform_own_{secrets.token_hex(4)}", urlsplit(os.environ["DATABASE_URL"])
    with closing(psycopg2.connect(urlunsplit(parts._replace(scheme="postgresql")))) as admin:
        admin.autocommit = True
        admin.cursor().execute(f'CREATE DATABASE "{name}"')
        yield urlunsplit(parts._replace(path=f"/{name}"))
        admin.cursor().execute(f'DROP DATABASE "{name}" WITH (FORCE)')
