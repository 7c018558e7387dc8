"""What is kept of a reading are codes: each reader is told it in their own language, and programs read the same in every one."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polib
import pytest
from django.test import Client
from django.utils import translation

from portal.accounts.models import User
from portal.analyses.models import Analysis
from portal.audit.models import AuditEvent
from portal.reviews import flags
from portal.reviews.models import Opinion
from portal.reviews.urgency import reasons_of, rule_in_words

from .cases import READING, fresh, read_and_sign

Answered = Callable[..., Analysis]
WORDS = {
    (None, "a malaria parasite in this cell"): "इस कोशिका में मलेरिया का परजीवी",
    (None, "See a practitioner"): "चिकित्सक से मिलें",
    (None, "{recommendation}, {urgency}."): "{urgency} {recommendation}।",
    ("how soon", "in the next days"): "अगले कुछ दिनों में",
    ("urgency", "Urgent"): "अत्यावश्यक",
    ("confidence", "High"): "अधिक",
    ("of the parasite", "Stage"): "अवस्था (stage)",
    (None, "This review is not open any more."): "यह समीक्षा अब खुली नहीं है।",
    (None, "the patient ticked what needs help now: {red_flags}"): "मरीज़ ने तुरंत मदद वाला लक्षण चुना है: {red_flags}",
    (None, "Confused, very sleepy, or a fit"): "भ्रम, बहुत नींद, या दौरा",
    (None, "a red flag"): "ख़तरे का लक्षण",
}
DETAILS = {"stage": ["ring"]}


@pytest.fixture
def hindi(tmp_path: Path, settings: Any) -> None:
    """A catalogue of a few words, read by gettext as the whole one is."""
    catalogue = polib.POFile()
    catalogue.metadata = {"Content-Type": "text/plain; charset=utf-8", "Plural-Forms": "nplurals=2; plural=(n != 1);"}
    for (context, english), words in WORDS.items():
        catalogue.append(polib.POEntry(msgctxt=context, msgid=english, msgstr=words))
    folder = tmp_path / "locale" / "hi" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    catalogue.save_as_mofile(str(folder / "django.mo"))
    settings.LOCALE_PATHS = [tmp_path / "locale"]


def test_a_signed_opinion_is_told_in_the_language_of_who_reads_it(
    hindi: None, patient: User, practitioner: User, answered: Answered, browse: Callable[[User], Client]
) -> None:
    review = answered(patient, 1, symptoms=["confusion"]).review  # type: ignore[attr-defined]
    with translation.override("hi"):
        opinion = read_and_sign(review, practitioner, details=DETAILS)
    kept = Opinion.objects.get(pk=opinion.pk)
    assert (kept.finding, kept.confidence, kept.recommendation, kept.urgency) == ("parasitized", "high", "visit", "soon")
    assert kept.details == DETAILS
    assert kept.advice == "See a practitioner, in the next days."
    with translation.override("hi"):
        assert kept.finding_words == "इस कोशिका में मलेरिया का परजीवी"
        assert kept.advice == "अगले कुछ दिनों में चिकित्सक से मिलें।"
        assert kept.detail_words[0][0] == "अवस्था (stage)"
    page = browse(practitioner).get(f"/reviews/{review.pk}/", headers={"Accept-Language": "hi"}).content.decode()
    assert "इस कोशिका में मलेरिया का परजीवी" in page


def test_nothing_that_is_kept_depends_on_the_language_of_who_writes_it(
    hindi: None, patient: User, practitioner: User, answered: Answered
) -> None:
    with translation.override("hi"):
        review = answered(patient, 1, symptoms=["confusion"]).review  # type: ignore[attr-defined]
        flags.flag(review=review, practitioner=practitioner, urgency=1, reason="Her clinic called")
        read_and_sign(fresh(review), practitioner, details=DETAILS)
    told = [json.dumps(event.detail) for event in AuditEvent.objects.all()] + [
        json.dumps(Opinion.objects.values_list("details", "notes")[0])
    ]
    assert len(told) > 4
    assert all(each.isascii() and "\\u" not in each for each in told)


def test_why_it_is_urgent_and_the_rule_are_told_in_hindi(hindi: None, patient: User, answered: Answered) -> None:
    review = answered(patient, 1, symptoms=["confusion"]).review  # type: ignore[attr-defined]
    with translation.override("hi"):
        assert reasons_of(review, revealed=False)[0].words == "मरीज़ ने तुरंत मदद वाला लक्षण चुना है: भ्रम, बहुत नींद, या दौरा"
        level, words = rule_in_words()[0]
    assert level == "अत्यावश्यक"
    assert words.startswith("मरीज़ ने तुरंत मदद वाला लक्षण चुना है: ख़तरे का लक्षण; the model's probability is 95% or more")


def test_codes_of_the_api_are_the_same_in_every_language(
    hindi: None, patient: User, practitioner: User, answered: Answered, api: Callable[[User], Any]
) -> None:
    review = answered(patient, 1, symptoms=["confusion"]).review  # type: ignore[attr-defined]
    opinion = read_and_sign(review, practitioner, details=DETAILS)
    address, client = f"/api/v1/reviews/{review.pk}/", api(practitioner)
    english, hindi_told = client.get(address).json(), client.get(address, headers={"Accept-Language": "hi"}).json()
    words = {"finding_words", "advice", "details_words"}
    for told in (english, hindi_told):
        assert told["urgency"] == "Urgent"
        assert [reason["code"] for reason in told["urgency_reasons"]] == ["red_flag", "very_likely"]
        codes = {name: value for name, value in told["opinion"].items() if name not in words}
        assert codes["finding"] == opinion.finding == READING["finding"]
        assert (codes["confidence"], codes["recommendation"], codes["urgency"]) == ("high", "visit", "soon")
    assert hindi_told["opinion"]["advice"] == "अगले कुछ दिनों में चिकित्सक से मिलें।"
    targets = [client.get("/api/v1/service-targets/", headers={"Accept-Language": tongue}).json()["results"] for tongue in ("en", "hi")]
    assert targets[0] == targets[1]
    assert targets[0][0]["urgency"] == "Urgent"


def test_a_refusal_keeps_its_code_and_is_told_in_hindi(
    hindi: None, patient: User, practitioner: User, answered: Answered, api: Callable[[User], Any]
) -> None:
    review = answered(patient).review  # type: ignore[attr-defined]
    read_and_sign(review, practitioner)
    asked = {"urgency": "urgent", "reason": "Her clinic called"}
    refused = api(practitioner).post(f"/api/v1/reviews/{review.pk}/flag/", asked, format="json", headers={"Accept-Language": "hi"})
    assert refused.status_code == 409
    assert (refused.json()["code"], refused.json()["detail"]) == ("not_open", "यह समीक्षा अब खुली नहीं है।")
