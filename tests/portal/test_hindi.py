"""A page in Hindi has no English left in it, but for names, data and what is marked as English."""

import re
from collections.abc import Callable
from datetime import date
from html.parser import HTMLParser

import pytest
from allauth.account.adapter import get_adapter
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.test import Client

from portal.accounts import dependants
from portal.accounts.models import Dependant, User
from portal.analyses.models import Analysis
from portal.notifications.models import Notification
from portal.notifications.services import deliver, notify
from portal.records.services import set_policy
from tests.conftest import PASSWORD

# Names that stay as they are, in every language.
NAMES = {"MEDINFORM", "API", "English", "COVID", "JPEG", "PNG", "PDF", "DICOM", "AUC", "ZIP", "UUID"}
# Terms that stand in parentheses behind their Hindi, since people meet the English elsewhere.
TERMS = {"cookies", "medical", "council", "audit", "two", "factor", "blood", "smear", "passkey", "passkeys", "DEBUG"}
READ_ALOUD = ("aria-label", "alt", "title", "placeholder")
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


class Words(HTMLParser):
    """Collects what is read on a page, but for scripts, the choices of time zones, and what says itself to be English."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        silent = tag in ("script", "style") or given.get("lang") == "en" or given.get("name") == "time_zone"
        if tag not in VOID and (silent or self._silent):
            self._silent.append(tag)
        if not self._silent:
            self.found += [value for name in READ_ALOUD if (value := given.get(name))]
            if tag == "meta" and given.get("name") == "description":
                self.found.append(given["content"] or "")

    def handle_endtag(self, tag: str) -> None:
        if self._silent and tag not in VOID:
            self._silent.pop()

    def handle_data(self, data: str) -> None:
        if data.strip() and not self._silent:
            self.found.append(data.strip())


def left_in_english(page: str, *data: str) -> list[str]:
    """The texts with a Latin word of three letters or more that is neither a name nor among `data`."""
    reader = Words()
    reader.feed(page)
    left = []
    for text in reader.found:
        rest = re.sub(r"https?://\S+|\S+@\S+", " ", text)
        for known in data:
            rest = rest.replace(known, " ")
        if set(re.findall(r"[A-Za-z]{3,}", rest)) - NAMES - TERMS:
            left.append(text)
    return left


@pytest.fixture
def reader(patient: User) -> User:
    """Somebody who reads Hindi, with something on each of their pages."""
    patient.language = "hi"
    patient.save(update_fields=["language"])
    dependants.add(guardian=patient, name="आशा", birth_date=_years_ago(4), sex="female", relationship="parent")
    for number, kind in enumerate(Notification.Kind.values):
        notify(user=patient, kind=kind, subject_id=number, url="/")
    return patient


def _years_ago(years: int) -> date:
    return date.today().replace(month=1, day=1, year=date.today().year - years)


OF_STRANGERS = ["/accounts/login/", "/accounts/signup/", "/accounts/password/reset/", "/accounts/password/reset/done/"]
OF_STRANGERS += ["/accounts/confirm-email/", "/accounts/confirm-email/bad-key/", "/accounts/password/reset/key/1-bad/", "/nowhere/"]
OF_STRANGERS += ["/accounts/inactive/", "/notifications/unsubscribe/cut-off/"]
OF_EVERYBODY = ["/me/", "/me/consent/", "/me/children/", "/me/data/", "/me/data/looks/", "/me/data/looks/?own=yes", "/me/data/withdraw/"]
OF_EVERYBODY += ["/me/data/close/", "/notifications/", "/notifications/settings/", "/accounts/logout/", "/accounts/email/"]
OF_EVERYBODY += ["/accounts/password/change/", "/accounts/reauthenticate/", "/accounts/2fa/", "/accounts/2fa/totp/activate/"]


@pytest.mark.parametrize("path", OF_STRANGERS)
def test_pages_of_strangers(path: str, client: Client, db: None) -> None:
    page = client.get(path, HTTP_ACCEPT_LANGUAGE="hi", follow=True)
    assert left_in_english(page.content.decode()) == []


@pytest.mark.parametrize("path", OF_EVERYBODY)
def test_pages_of_everybody(path: str, reader: User, browse: Callable[..., Client], answered: Callable[..., Analysis]) -> None:
    answered(reader)
    page = browse(reader).get(path, follow=True).content.decode()
    secret = re.findall(r'value="([A-Z2-7]{32})"', page)
    assert left_in_english(page, reader.name, "parasitized", *secret) == []


@pytest.mark.parametrize("path", ["/me/", "/notifications/settings/", "/me/data/", "/me/data/close/"])
def test_pages_of_practitioners(path: str, practitioner: User, browse: Callable[..., Client]) -> None:
    practitioner.language = "hi"
    practitioner.save(update_fields=["language"])
    profile = practitioner.practitioner_profile
    data = (practitioner.name, profile.registration_number, profile.speciality, profile.country)
    assert left_in_english(browse(practitioner).get(path).content.decode(), *data) == []


@pytest.mark.parametrize("then", ["keep", "erase"])
@pytest.mark.parametrize("days", [0, 1, 14])
def test_every_policy_is_told(
    then: str, days: int, reader: User, administrator: User, browse: Callable[..., Client], answered: Callable[..., Analysis]
) -> None:
    answered(reader)
    set_policy(by=administrator, on_withdrawal=then, on_closing=then, grace_days=days)
    client = browse(reader)
    for path in ("/me/data/withdraw/", "/me/data/close/"):
        assert left_in_english(client.get(path).content.decode(), reader.name) == []
    page = client.post("/me/data/withdraw/", follow=True)
    assert left_in_english(page.content.decode(), reader.name) == []


def test_what_forms_find_wrong(client: Client, reader: User, browse: Callable[..., Client]) -> None:
    spoken = {"HTTP_ACCEPT_LANGUAGE": "hi", "follow": True}
    wrong = {"email": "no-address", "name": "", "role": "practitioner", "birth_date": "3000-01-01", "password1": "123", "password2": "321"}
    pages = [
        client.post("/accounts/signup/", wrong, **spoken),
        client.post(
            "/accounts/signup/", {**wrong, "email": "meera@home.example", "password1": "password", "password2": "password"}, **spoken
        ),
        client.post("/accounts/login/", {"login": reader.email, "password": "wrong"}, **spoken),
        client.post("/accounts/login/", {"login": "", "password": ""}, **spoken),
        client.post("/accounts/password/reset/", {"email": "no-address"}, **spoken),
    ]
    mine = browse(reader)
    child = {"name": "x" * 200, "birth_date": "yesterday", "sex": "?", "relationship": ""}
    pages += [
        mine.post("/me/children/", child, follow=True),
        mine.post("/me/children/", {"name": "आशा", "birth_date": "1950-01-01", "sex": "female", "relationship": "parent"}, follow=True),
        mine.post("/me/", {"name": "", "birth_date": "1800-01-01", "sex": "", "country": "x" * 99}, follow=True),
        mine.post("/me/data/close/", {"password": "wrong", "understood": "on"}, follow=True),
        mine.post("/me/consent/", {"version": "9"}, follow=True),
        mine.post("/accounts/password/change/", {"oldpassword": "wrong", "password1": "1", "password2": "2"}, follow=True),
        mine.post("/accounts/email/", {"action_add": "", "email": reader.email}, follow=True),
        mine.post("/accounts/email/", {"action_remove": "", "email": reader.email}, follow=True),
        mine.post("/accounts/2fa/totp/activate/", {"code": "1"}, follow=True),
        mine.post("/notifications/settings/", {}, follow=True),
    ]
    for page in pages:
        text = page.content.decode()
        secret = re.findall(r'value="([A-Z2-7]{32})"', text)
        assert left_in_english(text, reader.name, *secret) == [], page.request["PATH_INFO"]


def test_the_second_factor_and_its_codes(reader: User, browse: Callable[..., Client]) -> None:
    TOTP.activate(reader, generate_totp_secret())
    client = browse(reader)
    paths = ["/accounts/2fa/", "/accounts/2fa/totp/deactivate/", "/accounts/2fa/recovery-codes/generate/", "/accounts/2fa/reauthenticate/"]
    for path in paths:
        assert left_in_english(client.get(path, follow=True).content.decode(), reader.name) == [], path
    client.post("/accounts/2fa/recovery-codes/generate/")
    for path in ("/accounts/2fa/", "/accounts/2fa/recovery-codes/"):
        page = client.get(path).content.decode()
        codes = re.search(r"<textarea[^>]*>([^<]*)", page)
        assert left_in_english(page, reader.name, *(codes[1].split() if codes else ())) == [], path
    stranger = Client(headers={"accept-language": "hi"})
    asked = stranger.post("/accounts/login/", {"login": reader.email, "password": PASSWORD}, follow=True)
    assert asked.request["PATH_INFO"] == "/accounts/2fa/authenticate/"
    assert left_in_english(asked.content.decode()) == []


def test_mails_of_the_account(client: Client, reader: User, browse: Callable[..., Client]) -> None:
    """As they come about: an address to confirm, one that is taken, a new password, another address and its end, a changed password."""
    mail.outbox.clear()
    spoken = {"HTTP_ACCEPT_LANGUAGE": "hi"}
    form = {"email": "new@home.example", "name": "नया", "role": "patient", "country": "भारत", "sex": "female"}
    form |= {"password1": "correct horse battery", "password2": "correct horse battery"}
    client.post("/accounts/signup/", form, **spoken)
    Client().post("/accounts/signup/", {**form, "email": reader.email}, **spoken)
    Client().post("/accounts/password/reset/", {"email": reader.email}, **spoken)
    mine = browse(reader)
    mine.defaults["HTTP_USER_AGENT"] = "-"
    mine.post("/accounts/email/", {"action_add": "", "email": "second@home.example"})
    mine.post("/accounts/email/", {"action_remove": "", "email": "second@home.example"})
    new = {"oldpassword": PASSWORD, "password1": "another battery horse", "password2": "another battery horse"}
    mine.post("/accounts/password/change/", new)
    assert len(mail.outbox) == 6
    for message in mail.outbox:
        assert left_in_english(f"<p>{message.subject}</p><p>{message.body}</p>", "testserver", reader.name) == [], message.subject
        assert left_in_english(str(message.alternatives[0][0]), "testserver", reader.name) == [], message.subject  # type: ignore[attr-defined]


CHANGES = ["email_changed", "email_confirm", "email_deleted", "password_changed", "password_reset", "password_set"]
FACTORS = ["totp_activated", "totp_deactivated", "recovery_codes_generated"]


@pytest.mark.parametrize("mailed", [f"account/email/{name}" for name in CHANGES] + [f"mfa/email/{name}" for name in FACTORS])
def test_mails_of_a_changed_sign_in(mailed: str, reader: User) -> None:
    change = {"user": reader, "from_email": "a@b.example", "to_email": "c@d.example", "deleted_email": "a@b.example"}
    change |= {"ip": "127.0.0.1", "user_agent": "-", "timestamp": "12:00"}
    message = get_adapter().render_mail(mailed, reader.email, change)
    assert left_in_english(f"<p>{message.subject}</p><p>{message.body}</p>") == []


@pytest.mark.parametrize("kind", Notification.Kind.values)
def test_mails_of_news(kind: str, practitioner: User) -> None:
    practitioner.language = "hi"
    practitioner.save(update_fields=["language"])
    mail.outbox.clear()
    deliver(Notification.objects.create(user=practitioner, kind=kind, subject_id="1", url="/").pk)
    [message] = mail.outbox
    assert left_in_english(f"<p>{message.subject}</p><p>{message.body}</p>") == []
    assert left_in_english(str(message.alternatives[0][0])) == []  # type: ignore[attr-defined]


def test_removing_a_child_is_told(reader: User, browse: Callable[..., Client]) -> None:
    child = Dependant.objects.get(guardian=reader)
    page = browse(reader).post(f"/me/children/{child.pk}/remove/", follow=True).content.decode()
    assert "आशा" in page
    assert left_in_english(page, reader.name) == []
