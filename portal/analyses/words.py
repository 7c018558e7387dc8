"""The catalogue's words in the reader's language, and what a word that somebody types may mean in it."""

import unicodedata
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext

from inference import diseases
from inference.imaging import ImageRejected

NUKTA = "\N{DEVANAGARI SIGN NUKTA}"


def said(template: str, params: Mapping[str, Any]) -> str:
    """A sentence that was kept as a template with names in braces, as this reader reads it; params that are words are translated too."""
    words = gettext(template) if template else ""
    return (
        words.format(**{name: gettext(value) if isinstance(value, str) else value for name, value in params.items()}) if params else words
    )


def refusal(error: Any) -> str:
    """Why something was refused. What is wrong with a picture is told by `inference`, which knows no language."""
    return said(error.template, error.params) if isinstance(error, ImageRejected) else str(error.message)


def diseases_like(word: str) -> set[str]:
    """Codes of the diseases that a word names, by themselves or by their kind of picture: "tub", "chest", in English or as the reader
    reads them."""
    return {
        code
        for code, disease in diseases.DISEASES.items()
        if _names(word, code, disease.name, disease.inline, diseases.MODALITIES[disease.modality])
    }


def symptoms_like(word: str) -> set[str]:
    """Codes of the symptoms whose words hold this word, in English or as the reader reads them."""
    return {symptom.code for disease in diseases.DISEASES.values() for symptom in disease.symptoms if _names(word, symptom.words)}


def _names(word: str, *texts: str) -> bool:
    sought = _plain(word)
    return any(sought in _plain(text) for english in texts for text in (english, gettext(english)))


def _plain(text: str) -> str:
    """Without case, and without the dot below a letter of Hindi (nukta), which many leave out as they type."""
    return unicodedata.normalize("NFD", text).replace(NUKTA, "").casefold()
