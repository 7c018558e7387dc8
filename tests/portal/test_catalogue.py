"""The catalogues of words: complete, true to their placeholders, compiled, and in step with the libraries whose sentences they carry."""

import ast
import re
from pathlib import Path
from typing import Any

import allauth
import django
import knox
import polib
import pytest
import rest_framework
from django.conf import settings

from portal.accounts import borrowed

LOCALE = Path(settings.LOCALE_PATHS[0])
TRANSLATED = [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]
CATALOGUES = [(language, name) for language in TRANSLATED for name in ("django", "djangojs")]
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd](?!\w)|\{\w*\}|</?[a-z]+")
# By the names of Python 3.13, which runs it too; an older one has others for the same status.
NEWER_TITLES = {"Content Too Large", "Unprocessable Content", "Request Entity Too Large", "Unprocessable Entity"}


def catalogue(language: str, name: str) -> Any:
    return polib.pofile(str(LOCALE / language / "LC_MESSAGES" / f"{name}.po"))


def said(entry: Any) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


@pytest.mark.parametrize(("language", "name"), CATALOGUES)
def test_everything_is_translated(language: str, name: str) -> None:
    found = catalogue(language, name)
    assert len(found) > 0
    assert [entry.msgid for entry in found if entry.obsolete] == []
    assert [entry.msgid for entry in found if entry.fuzzy] == []
    assert [entry.msgid for entry in found if not all(said(entry))] == []


@pytest.mark.parametrize(("language", "name"), CATALOGUES)
def test_what_is_filled_in_and_marked_up_stays(language: str, name: str) -> None:
    """A placeholder that got lost is a number or a name that somebody does not read; one too many breaks the page."""
    wrong = []
    for entry in catalogue(language, name):
        wanted = set(PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
        wrong += [entry.msgid for words in said(entry) if set(PLACEHOLDER.findall(words)) != wanted]
    assert wrong == []


@pytest.mark.parametrize(("language", "name"), CATALOGUES)
def test_what_is_compiled_is_what_is_written(language: str, name: str) -> None:
    written = {(entry.msgctxt, entry.msgid): said(entry) for entry in catalogue(language, name)}
    compiled = polib.mofile(str(LOCALE / language / "LC_MESSAGES" / f"{name}.mo"))
    assert {(entry.msgctxt, entry.msgid): said(entry) for entry in compiled} == written


def _texts_of_libraries() -> set[str]:
    """What the libraries say: the sentences of their English catalogues, and every string in the code of those that have none."""
    texts: set[str] = set()
    for catalogue_of in (allauth, django):
        for file in Path(str(catalogue_of.__file__)).parent.glob("**/locale/en/LC_MESSAGES/django.po"):
            texts |= {entry.msgid for entry in polib.pofile(str(file))}
    for coded in (rest_framework, knox):
        for file in Path(str(coded.__file__)).parent.glob("*.py"):
            strings = (node.value for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Constant))
            texts |= {text for text in strings if isinstance(text, str)}
    return texts


def test_borrowed_sentences_are_still_said_so() -> None:
    """When a library words a sentence anew, ours says the old one to nobody, and a reader of Hindi reads English."""
    from http import HTTPStatus

    known = _texts_of_libraries() | {status.phrase for status in HTTPStatus} | NEWER_TITLES
    calls = [node for node in ast.walk(ast.parse(Path(borrowed.__file__).read_text())) if isinstance(node, ast.Call)]
    marked = {argument.value for call in calls for argument in call.args[:1] if isinstance(argument, ast.Constant)}
    assert len(marked) > 150
    assert sorted(str(text) for text in marked if text not in known) == []
