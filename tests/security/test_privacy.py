"""Canaries: people with names, numbers and words like nobody's, sent through every main flow of a deployed portal. Then everything that it
wrote is searched for them: the log, Redis, mails, stored files, addresses of pages. The database and those people's pages may have them."""

import contextlib
import email
import email.policy
import html
import io
import os
import re
import socket
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import numpy as np
import pytest
import redis
import yaml
from PIL import Image, PngImagePlugin

from medinform import embedded
from medinform.redaction import redacted
from tests.conftest import drawn_cell
from tests.e2e.stack import ADMINISTRATOR, PRACTITIONER, ROOT, Stack, running, until

PATIENT = "zcanary.patient@canary-home.example"
NAMES = {PATIENT: "Zanzibar Qwertyname", "ycanary.doctor@canary-clinic.example": "Dr Yttrium Qwertydoc"}
NAMES["acanary.admin@canary-clinic.example"] = "Aardvark Qwertyadmin"
DOCTOR, ADMIN = list(NAMES)[1:]
CHILD, BORN, CHILD_BORN, NUMBER = "Xylophone Qwertychild", "1987-03-09", "2019-11-23", "REG-CANARY-77123"
PASSWORD, STRANGER = "quiet canary password 7", "stranger.canary@nowhere.example"
WORDS = [  # what people type or hide in files; each once in capitals, so that it is found whatever surrounds it
    *(
        "CANARYFILE",
        "CANARYTEXT",
        "CANARYEXIF",
        "CANARYNOTE",
        "CANARYQUESTION",
        "CANARYANSWER",
        "CANARYGUESS",
        "CANARYPATH",
        "CANARYREASON",
    ),
    *("CANARYJUNK", "CANARYADDENDUM", "CANARYTITLE", "CANARYBROKEN"),
]
CANARIES = [
    *NAMES,
    *NAMES.values(),
    *(part for name in NAMES.values() for part in name.split() if len(part) > 2),
    STRANGER,
    PASSWORD,
    CHILD,
]
CANARIES += [BORN, CHILD_BORN, "9 Mar 1987", "23 Nov 2019", NUMBER, *WORDS]


def planted(seed: int, kind: str = "PNG") -> bytes:
    """A drawn cell with identity in every hidden place that its format has."""
    file = io.BytesIO()
    with Image.open(io.BytesIO(drawn_cell(seed))) as cell:
        exif = cell.getexif()
        exif[0x010E], exif[0x013B], exif[0x8298] = "CANARYEXIF " + NAMES[PATIENT], PATIENT, NUMBER
        text = PngImagePlugin.PngInfo()
        text.add_text("Patient", f"CANARYTEXT {NAMES[PATIENT]} {BORN}")
        text.add_itxt("XML:com.adobe.xmp", f"<x>{PATIENT} CANARYTEXT</x>")
        more: dict[str, Any] = {"pnginfo": text} if kind == "PNG" else {"comment": f"CANARYTEXT {BORN}".encode(), "quality": 92}
        cell.convert("RGB").save(file, kind, exif=exif, **more)
    return file.getvalue()


class Browser(httpx.Client):
    """Pages and forms; remembers every address that it was led to or shown."""

    def __init__(self, address: str) -> None:
        super().__init__(base_url=address, follow_redirects=True, timeout=60)
        self.addresses: set[str] = set()

    def page(self, path: str) -> str:
        response = self.get(path)
        self._note(response)
        return response.text

    def fill(self, path: str, form: str = "", status: int = 200, files: Any = None, **said: Any) -> httpx.Response:
        """Post to `path` with the token of the page `form` (of the same address, where it is not named)."""
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.page(form or path))
        assert token, path
        response = self.post(path, data={"csrfmiddlewaretoken": token[1], **said}, files=files)
        self._note(response)
        assert response.status_code == status, (path, response.status_code, re.findall(r'class="error[^>]*>([^<]+)', response.text))
        return response

    def _note(self, response: httpx.Response) -> None:
        self.addresses |= {str(each.url) for each in [*response.history, response]}
        if "html" in response.headers.get("content-type", ""):
            found = re.findall(r'(?:href|src|action|hx-get|hx-post)="([^"]*)"', response.text)
            self.addresses |= {html.unescape(each) for each in found if not each.startswith("mailto:")}


@contextlib.contextmanager
def listening(url: str) -> Iterator[list[bytes]]:
    """All that anybody sends to Redis meanwhile: also messages that are gone as soon as they are read."""
    server, heard = urlsplit(url), []
    with socket.create_connection((str(server.hostname), int(server.port or 0))) as line:

        def hear() -> None:
            with contextlib.suppress(OSError):
                while piece := line.recv(2**16):
                    heard.append(piece)

        line.sendall(f"AUTH {server.password}\r\nMONITOR\r\n".encode())
        listener = threading.Thread(target=hear, daemon=True)
        listener.start()
        yield heard
        line.shutdown(socket.SHUT_RDWR)
        listener.join(5)


def mails(folder: Path) -> list[Any]:
    parts = [part for file in sorted(folder.glob("*.log")) for part in re.split(r"(?m)^-{79}$", file.read_text())]
    return [email.message_from_string(part.strip(), policy=email.policy.default) for part in parts if part.strip()]


def told(message: Any) -> str:
    return "\n".join(part.get_content() for part in message.walk() if part.get_content_maintype() == "text")


def found(text: str | bytes, but: tuple[str, ...] = ()) -> set[str]:
    """The canaries in a text, but those that may be there. Both as they are and as addresses, HTML and bytes write them."""
    whole = text if isinstance(text, str) else text.decode("latin-1")
    whole = "\n".join(
        [whole, html.unescape(whole), re.sub(r"%([0-9A-Fa-f]{2})", lambda code: chr(int(code[1], 16)), whole).replace("+", " ")]
    )
    allowed = {part for each in but for part in (each, *each.split())}
    for each in sorted(allowed, key=len, reverse=True):
        whole = whole.replace(each, "")
    return {canary for canary in CANARIES if canary.lower() in whole.lower() and canary not in allowed}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """All that the portal wrote while people with canaries used it."""
    folder = tmp_path_factory.mktemp("canaries")
    settings = {"DEBUG": "false", "SECURE_TLS": "false", "EMAIL_URL": f"filemail:///{folder / 'mails'}", "THROTTLE_TOKEN": "1000/min"}
    (folder / "mails").mkdir()
    collected = {**os.environ, "STATIC_ROOT": str(folder / "static")}  # as deployed: without DEBUG, so with what was collected
    subprocess.run([sys.executable, "manage.py", "collectstatic", "--noinput"], cwd=ROOT, env=collected, check=True, capture_output=True)
    with embedded.redis_server() as url, listening(url) as heard, running(folder, url, **settings) as stack:
        browser = used(stack, folder / "mails")
        server = redis.Redis.from_url(url)
        until(
            lambda: not list(server.scan_iter(_type="list")) and not server.exists("unacked"), 30, "that no message waits or is worked on"
        )
        kept = {key: server.dump(key) for key in server.scan_iter()}
        yield {
            "log": stack.log.read_text(),
            "redis": [*b"".join(heard).decode().splitlines(), *(repr(each) for each in kept.items())],
            "mails": mails(folder / "mails"),
            "media": sorted(path for path in (folder / "media").rglob("*") if path.is_file()),
            "addresses": browser.addresses,
            "rows": stack.sql("SELECT status, error_code FROM analyses_analysis ORDER BY queued_at"),
        }


def used(stack: Stack, posted: Path) -> Browser:
    renamed(stack)
    browser = Browser(stack.address)
    signed_up(browser, posted)
    analysis = uploaded(stack, browser)
    review = read_and_signed(stack, browser, analysis)
    asked_and_answered(stack, browser, review)
    failing(stack, browser)
    looked_after(stack)
    left(browser, stack)
    return browser


def renamed(stack: Stack) -> None:
    """The demo's practitioner and administrator as canaries: how they sign in stays the demo's."""
    pairs = [(PRACTITIONER, DOCTOR), (ADMINISTRATOR, ADMIN)]
    for old, new in pairs:
        stack.sql("UPDATE accounts_user SET email = %s, name = %s WHERE email = %s RETURNING 1", new, NAMES[new], old)
        stack.sql("UPDATE account_emailaddress SET email = %s WHERE email = %s RETURNING 1", new, old)
    stack.sql("UPDATE accounts_practitionerprofile SET registration_number = %s RETURNING 1", NUMBER)


def signed_up(browser: Browser, posted: Path) -> None:
    who = {"email": PATIENT, "name": NAMES[PATIENT], "role": "patient", "birth_date": BORN, "sex": "female", "country": "India"}
    browser.fill("/accounts/signup/", **who, password1=PASSWORD, password2=PASSWORD)
    links = until(lambda: re.findall(r"/accounts/confirm-email/[^\s\"]+/", "".join(map(told, mails(posted)))), 20, "the mail")
    browser.fill(links[0])
    Browser(str(browser.base_url)).fill("/accounts/login/", login=STRANGER, password="CANARYGUESS wrong")
    Browser(str(browser.base_url)).fill("/accounts/login/", login=PATIENT, password="CANARYGUESS wrong")
    Browser(str(browser.base_url)).fill("/accounts/signup/", **who, password1=PASSWORD, password2=PASSWORD)  # once more: known already
    Browser(str(browser.base_url)).fill("/accounts/password/reset/", email=PATIENT)
    browser.fill("/accounts/login/", login=PATIENT, password=PASSWORD)
    page = browser.page("/me/consent/")
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version
    browser.fill("/me/consent/", version=version[1], agree="on")
    browser.fill("/me/children/", name=CHILD, birth_date=CHILD_BORN, sex="male", relationship="parent")


def sent(browser: Browser, name: str, data: bytes, **said: str) -> str:
    """The address of the page that an upload leads to."""
    response = browser.fill("/analyses/new/malaria/", files={"files": (name, data)}, **{"wants_review": "on", **said})
    return str(response.url.path)


def settled(stack: Stack, path: str) -> str:
    """Its state, once it has one that lasts."""
    pk = path.strip("/").rpartition("/")[2]
    query = "SELECT status FROM analyses_analysis WHERE id = %s AND status IN ('done', 'rejected', 'failed')"
    return until(lambda: stack.sql(query, pk), 90, f"an answer for {path}")[0][0]


def uploaded(stack: Stack, browser: Browser) -> str:
    path = sent(browser, "Zanzibar-CANARYFILE.png", planted(401))
    sent(browser, "CANARYFILE.jpg", planted(402, "JPEG"))
    browser.fill("/analyses/new/malaria/", status=400, files={"files": ("CANARYFILE.png", b"\x89PNG CANARYJUNK " * 9)})
    noise = io.BytesIO()
    hidden = PngImagePlugin.PngInfo()
    hidden.add_text("Patient", f"CANARYTEXT {NAMES[PATIENT]}")
    Image.fromarray(np.random.default_rng(4).integers(0, 255, (300, 300, 3), np.uint8)).save(noise, "PNG", pnginfo=hidden)
    rejected = sent(browser, "CANARYFILE-noise.png", noise.getvalue())
    assert settled(stack, path) == "done"
    assert settled(stack, rejected) == "rejected"
    for page in ("/", path, "/analyses/", "/me/", "/me/data/", "/me/data/looks/", "/notifications/", "/me/children/"):
        browser.page(page)
    pictures = set(re.findall(r'"(/(?:scans|analyses)/[^"]+/(?:image|preview|thumbnail|heatmap)/)"', browser.page(path)))
    assert len(pictures) >= 2
    for picture in pictures:
        assert found(browser.get(picture).content) == set()
    return path


def read_and_signed(stack: Stack, browser: Browser, analysis: str) -> str:
    doctor = stack.client(DOCTOR)
    pk = analysis.strip("/").rpartition("/")[2]
    review = f"/reviews/{stack.sql('SELECT id FROM reviews_review WHERE analysis_id = %s', pk)[0][0]}/"
    said = {"finding": "parasitized", "confidence": "high", "recommendation": "clinic", "notes": f"CANARYNOTE {NAMES[PATIENT]}"}
    for step, body in (
        ("flag/", {"urgency": "urgent", "reason": f"CANARYREASON {NAMES[PATIENT]}"}),
        ("claim/", {}),
        ("drafts/independent/", said),
        ("reading/", said),
        ("sign/", {**said, "change_reason": "CANARYREASON", "password": stack.password}),
        ("addenda/", {"text": f"CANARYADDENDUM {BORN}"}),
    ):
        response = (doctor.put if step.startswith("drafts") else doctor.post)(review + step, json=body)
        assert response.is_success, (step, response.text)
    assert doctor.get("/reviews/").is_success
    assert "CANARYNOTE" in browser.page(analysis)
    assert doctor.get("/scans/", params={"cursor": PATIENT}).status_code == 404
    return review


def asked_and_answered(stack: Stack, browser: Browser, review: str) -> None:
    asked = browser.fill(f"/questions/ask/{review.split('/')[2]}/", text=f"CANARYQUESTION of {NAMES[PATIENT]}?")
    doctor = stack.client(DOCTOR)
    [question] = doctor.get("/questions/").json()["results"]
    assert doctor.post(f"/questions/{question['id']}/messages/", json={"text": "CANARYANSWER"}).status_code == 201
    assert "CANARYANSWER" in browser.page(str(asked.url.path))
    with zipfile.ZipFile(io.BytesIO(browser.fill("/me/data/copy/", form="/me/data/").content)) as copy:
        assert "CANARYANSWER" in copy.read(next(name for name in copy.namelist() if name.endswith("data.json"))).decode()
        assert found("".join(copy.namelist())) == set()


def failing(stack: Stack, browser: Browser) -> None:
    """What is not there, what breaks in the web process, while a copy is streamed, and in a worker."""
    assert browser.get(f"/analyses/nothing/?for={PATIENT}&word=CANARYPATH").status_code == 404
    assert browser.get("/api/v1/analyses/", params={"word": "CANARYPATH", "disease": NAMES[PATIENT]}).status_code == 400
    stack.sql("ALTER TABLE questions_message RENAME TO elsewhere; SELECT 1")
    [thread] = stack.sql("SELECT id FROM questions_question LIMIT 1")
    broken = browser.get(f"/questions/{thread[0]}/")
    assert broken.status_code == 500
    with contextlib.suppress(httpx.HTTPError, AssertionError):
        browser.fill("/me/data/copy/", form="/me/data/")
    stack.sql("ALTER TABLE elsewhere RENAME TO questions_message; SELECT 1")
    stack.sql("ALTER TABLE accounts_user ADD CONSTRAINT canaries CHECK (name NOT LIKE '%%CANARYBROKEN%%'); SELECT 1")
    who = {"name": f"{NAMES[PATIENT]} CANARYBROKEN", "birth_date": BORN, "sex": "female", "country": "India"}
    browser.fill("/me/", status=500, **who)
    stack.sql("ALTER TABLE accounts_user DROP CONSTRAINT canaries; SELECT 1")
    # a picture that is gone when the worker wants it: three tries, then failed
    stack.sql("CREATE FUNCTION gone() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.file = ''gone.png''; RETURN NEW; END'; SELECT 1")
    stack.sql("CREATE TRIGGER gone BEFORE INSERT ON scans_scan FOR EACH ROW EXECUTE FUNCTION gone(); SELECT 1")
    failed = sent(browser, "CANARYFILE-3.png", planted(403))
    stack.sql("DROP TRIGGER gone ON scans_scan; SELECT 1")
    assert settled(stack, failed) == "failed"


def looked_after(stack: Stack) -> None:
    admin = stack.client(ADMIN)
    assert admin.get("/audit-events/", params={"page_size": 100}).is_success
    assert found(admin.get("/audit-events/", params={"page_size": 100, "action": "account.sign_in_failed"}).text) == set()


def left(browser: Browser, stack: Stack) -> None:
    browser.fill("/me/data/close/", password=PASSWORD, understood="on")
    stack.sql("UPDATE records_erasure SET due_at = now() - interval '1 day' RETURNING 1")


# --- what was found


def test_every_flow_was_driven(written: dict[str, Any]) -> None:
    states = {status for status, _ in written["rows"]}
    assert {"done", "rejected", "failed"} <= states
    assert written["log"].count("Internal Server Error") >= 2
    assert len(written["redis"]) > 100
    assert any("portal.analyses.tasks.run" in heard for heard in written["redis"])
    assert len(written["media"]) >= 6


def test_the_log_names_nobody(written: dict[str, Any]) -> None:
    lines = [line for line in written["log"].splitlines() if found(line)]
    assert lines == []
    assert "Traceback" in written["log"]  # but errors can be found
    assert 'ProgrammingError: relation "questions_message" does not exist' in written["log"]


def test_redis_names_nobody(written: dict[str, Any]) -> None:
    assert [(found(heard), heard[:300]) for heard in written["redis"] if found(heard)] == []


def test_mails_name_nobody_but_whom_they_are_for(written: dict[str, Any]) -> None:
    assert len(written["mails"]) >= 4
    for mail in written["mails"]:
        to = mail["To"]
        assert found(str(mail["Subject"])) == set(), mail["Subject"]
        assert found(told(mail), (to, NAMES.get(to, ""))) == set(), told(mail)


def test_stored_pictures_carry_nothing(written: dict[str, Any]) -> None:
    for path in written["media"]:
        assert found(str(path)) == set()
        assert found(path.read_bytes()) == set(), path
        with contextlib.suppress(OSError), Image.open(path) as picture:
            assert dict(picture.getexif()) == {}
            assert set(picture.info) <= {
                "jfif",
                "jfif_version",
                "jfif_unit",
                "jfif_density",
                "dpi",
                "progressive",
                "progression",
                "gamma",
                "srgb",
                "transparency",
            }


def test_addresses_of_pages_name_nobody(written: dict[str, Any]) -> None:
    own = {f"/analyses/nothing/?for={PATIENT}&word=CANARYPATH"}
    assert len(written["addresses"]) > 60
    assert sorted(address for address in written["addresses"] if found(address) and address not in own) == []


def test_postgresql_logs_no_statement_with_peoples_data() -> None:
    command = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["postgres"]["command"]
    assert {"log_min_error_statement=panic", "log_error_verbosity=terse"} <= set(command)


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("relation \"questions_message\" does not exist\nLINE 1: INSERT ... 'Zanzibar'", 'relation "questions_message" does not exist'),
        ("duplicate key\nDETAIL:  Key (email)=(z@home.example) already exists.", "duplicate key"),
        ("invalid literal for int() with base 10: 'Zanzibar Q'", "invalid literal for int() with base 10: '...'"),
        ("no mailbox z@home.example here", "no mailbox ... here"),
        ("'disease'", "'disease'"),
        ("inference@worker-1 is gone", "inference@worker-1 is gone"),
    ],
)
def test_what_an_error_quotes_is_left_out(said: str, kept: str) -> None:
    assert redacted(said) == kept
