"""Which language a person reads: what they chose, else what their browser asks for; in pages, the API, e-mails, consent, and their copy."""

import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.core import mail
from django.test import Client
from django.utils import translation
from django.utils.translation import get_language_info, gettext

from portal.accounts import languages
from portal.accounts.models import Consent, ConsentText, User
from portal.accounts.services import withdraw_consent
from portal.analyses.models import Analysis
from portal.notifications import services as notifications
from portal.notifications.models import Notification
from portal.records import archive
from tests.conftest import PASSWORD

HINDI = {"HTTP_ACCEPT_LANGUAGE": "hi-IN,hi;q=0.9,en;q=0.5"}
DEVANAGARI = re.compile("[\u0900-\u097f]")


def reads_hindi(user: User) -> User:
    user.language = "hi"
    user.save(update_fields=["language"])
    return user


def language_of_page(response: Any) -> str:
    found = re.search(r'<html lang="([\w-]+)"\s+dir="(\w+)"', response.content.decode())
    assert found, "the page does not say in which language it is"
    return found[1]


def in_hindi(text: str) -> str:
    with translation.override("hi"):
        said = gettext(text)
    assert said != text
    assert DEVANAGARI.search(said)
    return said


# --- which one


def test_a_stranger_reads_what_the_browser_asks_for(client: Client, db: None) -> None:
    assert language_of_page(client.get("/")) == "en"
    assert language_of_page(client.get("/", **HINDI)) == "hi"
    assert language_of_page(client.get("/", HTTP_ACCEPT_LANGUAGE="sv,fi;q=0.8")) == "en", "what nobody translated is English"


def test_the_buttons_choose_for_this_browser(client: Client, db: None) -> None:
    page = client.get("/accounts/login/?next=/me/").content.decode()
    for code, _ in settings.LANGUAGES:
        assert f'value="{code}"' in page
        assert get_language_info(code)["name_local"] in page, "each language is called by its own name"
    answer = client.post("/me/language/", {"language": "hi", "next": "/accounts/login/?next=/me/"})
    assert answer.status_code == 302
    assert answer.url == "/accounts/login/?next=/me/", "one stays where one was"
    assert answer.cookies["django_language"].value == "hi"
    assert answer.cookies["django_language"]["httponly"]
    assert language_of_page(client.get("/", HTTP_ACCEPT_LANGUAGE="en")) == "hi", "a choice counts more than what the browser asks for"


def test_the_choice_leads_to_no_other_site(client: Client, db: None) -> None:
    assert client.post("/me/language/", {"language": "hi", "next": "https://elsewhere.example/"}).url == "/"


def test_a_choice_follows_the_person_to_another_device(patient: User, browse: Callable[..., Client]) -> None:
    browse(patient).post("/me/language/", {"language": "hi"})
    patient.refresh_from_db()
    assert patient.language == "hi"
    another = browse(patient)
    assert language_of_page(another.get("/me/", HTTP_ACCEPT_LANGUAGE="en")) == "hi"
    another.post("/me/language/", {"language": "en"})
    assert language_of_page(another.get("/me/", **HINDI)) == "en", "and can be changed there"


def test_without_a_choice_it_is_for_the_browser_to_say(patient: User, browse: Callable[..., Client]) -> None:
    assert patient.language == ""
    assert language_of_page(browse(patient).get("/me/", **HINDI)) == "hi"
    assert language_of_page(browse(patient).get("/me/", HTTP_ACCEPT_LANGUAGE="en")) == "en"


def test_an_unknown_language_is_not_kept(patient: User, browse: Callable[..., Client]) -> None:
    client = browse(patient)
    client.post("/me/language/", {"language": "tlh"})
    patient.refresh_from_db()
    assert patient.language == ""
    assert "django_language" not in client.cookies


def test_the_language_of_one_request_is_not_that_of_the_next(patient: User, browse: Callable[..., Client], client: Client) -> None:
    browse(reads_hindi(patient)).get("/me/")
    assert translation.get_language() == "en"
    assert language_of_page(client.get("/", HTTP_ACCEPT_LANGUAGE="en")) == "en"


def test_a_language_from_right_to_left_turns_the_page(client: Client, db: None, settings: Any) -> None:
    settings.LANGUAGES = [*settings.LANGUAGES, ("ar", "العربية")]
    assert '<html lang="ar" dir="rtl"' in re.sub(r"\s+", " ", client.get("/", HTTP_ACCEPT_LANGUAGE="ar").content.decode())
    assert '<html lang="hi" dir="ltr"' in re.sub(r"\s+", " ", client.get("/", **HINDI).content.decode())


def test_pages_of_errors_speak_it_too(patient: User, browse: Callable[..., Client], monkeypatch: Any) -> None:
    client = browse(reads_hindi(patient))
    missing = client.get("/nowhere/")
    assert missing.status_code == 404
    assert language_of_page(missing) == "hi"
    assert in_hindi("There is nothing here") in missing.content.decode()

    def breaks(*args: Any) -> None:
        raise RuntimeError("as a bug would")

    monkeypatch.setattr("portal.records.views.looks_of", breaks)
    client.raise_request_exception = False
    broken = client.get("/me/data/looks/")
    assert broken.status_code == 500
    assert language_of_page(broken) == "hi"
    assert in_hindi("Something broke on our side") in broken.content.decode()


# --- the API


def test_the_api_explains_itself_in_the_language_asked_for_and_its_codes_stay(api: Callable[..., Any], db: None, client: Client) -> None:
    english, hindi = api(None).get("/api/v1/me/").json(), api(None).get("/api/v1/me/", **HINDI).json()
    assert english["title"] == "Unauthorized"
    assert hindi["title"] == in_hindi("Unauthorized")
    assert english["code"] == hindi["code"] == "not_authenticated"
    assert hindi["detail"] == in_hindi("Authentication credentials were not provided.")
    nowhere = client.get("/api/v1/nowhere/", **HINDI).json()
    assert nowhere["detail"] == in_hindi("There is nothing at this address.")
    assert nowhere["code"] == "not_found"


def test_what_a_service_refuses_and_a_form_finds_wrong_is_translated(api: Callable[..., Any], patient: User, cell: bytes) -> None:
    client = api(patient)
    child = {"name": "Asha", "birth_date": "1990-01-01", "sex": "female", "relationship": "parent"}
    refused = client.post("/api/v1/me/dependants/", child, **HINDI).json()
    assert refused["code"] == "not_a_minor"
    assert refused["detail"] == in_hindi("From {years} years on a person signs up for themselves.").format(years=18)
    wrong = client.post("/api/v1/me/dependants/", {**child, "birth_date": ""}, **HINDI).json()
    assert wrong["code"] == "invalid"
    assert DEVANAGARI.search(wrong["errors"][0]["detail"])
    withdraw_consent(user=patient)
    begun = client.post("/api/v1/uploads/", HTTP_TUS_RESUMABLE="1.0.0", HTTP_UPLOAD_LENGTH="10", **HINDI).json()
    assert begun["detail"] == in_hindi("Please read and accept the current consent text before you upload.")


def test_the_schema_of_the_api_is_the_same_in_every_language(client: Client, db: None) -> None:
    english = client.get("/api/v1/schema/", HTTP_ACCEPT_LANGUAGE="en").content.decode()
    assert client.get("/api/v1/schema/", HTTP_ACCEPT_LANGUAGE="hi").content.decode() == english
    assert not re.search(r"[\u0900-\u097f]", english.replace("हिन्दी", ""))


def test_a_token_has_no_language_of_its_own(api: Callable[..., Any], patient: User) -> None:
    """A program asks for what it wants to show; what its owner reads in pages and mails is another thing."""
    client = api(reads_hindi(patient))
    assert client.get("/api/v1/me/").json()["language"] == "hi"
    assert client.get("/api/v1/analyses/00000000-0000-4000-8000-000000000000/").json()["detail"] == "Not found."
    assert client.patch("/api/v1/me/", {"language": "en"}).status_code == 200
    patient.refresh_from_db()
    assert patient.language == "en"


# --- e-mails


def mailed(user: User, kind: str, subject: str = "1") -> Any:
    mail.outbox.clear()
    made = Notification.objects.create(user=user, kind=kind, subject_id=subject, url="/")
    notifications.deliver(made.pk)
    return mail.outbox[0]


def html_of(message: Any) -> str:
    return str(message.alternatives[0][0])


def test_mail_is_in_the_language_of_who_reads_it(patient: User, other_patient: User) -> None:
    with translation.override("hi"):  # as whoever caused it may read
        english = mailed(other_patient, Notification.Kind.SIGNED)
    assert english.subject == "MEDINFORM: A practitioner has answered"
    assert '<html lang="en"' in html_of(english)
    hindi = mailed(reads_hindi(patient), Notification.Kind.SIGNED)
    assert hindi.subject == f"MEDINFORM: {in_hindi('A practitioner has answered')}"
    assert '<html lang="hi"' in html_of(hindi)
    assert in_hindi("Sign in to see it") in html_of(hindi)
    assert "Sign in" not in hindi.body
    assert in_hindi("Choose what you are told:") in hindi.body
    assert translation.get_language() == "en"


def test_the_digest_is_too(practitioner: User, patient: User, answered: Callable[..., Analysis]) -> None:
    answered(patient)
    digest = mailed(reads_hindi(practitioner), Notification.Kind.DIGEST)
    assert in_hindi("Scans that wait to be read: %(n)s") % {"n": 1} in digest.body
    assert in_hindi("Held by you: %(n)s") % {"n": 0} in html_of(digest)


def test_a_new_password_is_mailed_in_the_readers_language_whoever_asks(client: Client, patient: User, other_patient: User) -> None:
    client.post("/accounts/password/reset/", {"email": reads_hindi(patient).email}, HTTP_ACCEPT_LANGUAGE="en")
    client.post("/accounts/password/reset/", {"email": other_patient.email}, **HINDI)
    chosen, asked = mail.outbox
    for message in (chosen, asked):
        assert message.subject == f"MEDINFORM: {in_hindi('Password Reset Email')}"
        assert "password" not in re.sub(r"https?://\S+", "", message.body)
        assert '<html lang="hi"' in html_of(message)


def test_so_is_what_is_told_of_a_changed_sign_in(patient: User, browse: Callable[..., Client]) -> None:
    client = browse(reads_hindi(patient))
    mail.outbox.clear()
    new = {"oldpassword": PASSWORD, "password1": "another battery horse", "password2": "another battery horse"}
    assert client.post("/accounts/password/change/", new).status_code == 302
    [message] = mail.outbox
    assert message.subject == f"MEDINFORM: {in_hindi('Password Changed')}"
    assert in_hindi("Your password has been changed.") in message.body


# --- consent


def test_consent_is_read_in_ones_language_and_noted_so(patient: User, browse: Callable[..., Client], api: Callable[..., Any]) -> None:
    text = ConsentText.current()
    assert text is not None
    hindi = text.translations.get(language="hi")
    withdraw_consent(user=patient)
    client = browse(reads_hindi(patient))
    page = client.get("/me/consent/").content.decode()
    assert hindi.title in page
    assert text.title not in page
    client.post("/me/consent/", {"version": text.version, "agree": "on", "next": "/"})
    assert [each.language for each in Consent.objects.filter(user=patient).order_by("given_at")] == ["en", "hi"]
    withdraw_consent(user=patient)
    given = api(patient).post("/api/v1/me/consent/", {"version": text.version}, HTTP_ACCEPT_LANGUAGE="en").json()
    assert given["language"] == "en"
    assert given["title"] == text.title
    assert Consent.objects.filter(user=patient).latest("given_at").language == "en"


def test_a_text_that_nobody_translated_is_noted_as_it_was_read(patient: User, browse: Callable[..., Client]) -> None:
    text = ConsentText.current()
    assert text is not None
    text.translations.all().delete()
    withdraw_consent(user=patient)
    client = browse(reads_hindi(patient))
    assert text.title in client.get("/me/consent/").content.decode()
    client.post("/me/consent/", {"version": text.version, "agree": "on"})
    assert Consent.objects.filter(user=patient).latest("given_at").language == "en"


# --- the copy of everything, and who looked


@pytest.mark.usefixtures("malaria")
def test_the_copy_is_in_the_language_of_its_owner(patient: User, answered: Callable[..., Analysis]) -> None:
    answered(patient)
    copied = archive.copy_everything(reads_hindi(patient))
    pieces = []
    for piece in copied:  # it is written while it is sent: by then the request is over, and its language with it
        assert translation.get_language() == "en"
        pieces.append(piece)
    copied.close()
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as files:
        report = next(name for name in files.namelist() if name.startswith("reports/"))
        for name in ("index.html", report):
            page = files.read(name).decode()
            assert '<html lang="hi"' in page
            assert in_hindi("Decision support, not a diagnosis.") in page
        assert in_hindi("Open index.html in any browser; it needs no network.") in files.read("README.txt").decode()
        assert '"language": "hi"' in files.read("data.json").decode()


def test_a_copy_asked_for_on_a_hindi_page_is_in_hindi(patient: User, browse: Callable[..., Client]) -> None:
    sent = browse(patient).post("/me/data/copy/", **HINDI)
    with zipfile.ZipFile(io.BytesIO(b"".join(sent.streaming_content))) as files:
        assert '<html lang="hi"' in files.read("index.html").decode()


def test_who_looked_is_a_sentence_in_either_language(
    patient: User, practitioner: User, browse: Callable[..., Client], answered: Callable[..., Analysis]
) -> None:
    analysis = answered(patient)
    browse(practitioner).get(f"/scans/{analysis.scan_id}/image/")
    english = re.sub(r"\s+", " ", browse(patient).get("/me/data/looks/").content.decode())
    assert re.search(r"<strong>Dr Rao</strong>, practitioner, <a href=\"/analyses/[^\"]+\">opened your .+? of \d+ \w+ \d{4}</a>\.", english)
    hindi = re.sub(r"\s+", " ", browse(reads_hindi(patient)).get("/me/data/looks/").content.decode())
    assert re.search(rf"<strong>Dr Rao</strong> \({in_hindi('Practitioner')}\) ने <a href=\"/analyses/[^\"]+\">.+? खोली</a>।", hindi)


@pytest.mark.parametrize(("language", "spoken"), [("hi", True), ("en", True), ("", False), ("xx", False)])
def test_the_portal_knows_what_its_settings_name(language: str, spoken: bool) -> None:
    assert languages.known(language) is spoken
