"""Speed as felt: each main page and each act on it, in Chromium whose main thread is slowed down four times, on a portal with demo data.

The processors are shared with the portal itself and with whatever else runs; the browser slows its main thread down, not what draws. A
reading is the browser's own: its largest contentful paint, and from an event to the frame that shows what it did (in steps of 8 ms). Beside
each stands what the main thread has worked for it, in time of a processor: others on the machine lengthen the first, hardly the second.
"""

import io
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from playwright.sync_api import Browser, BrowserContext, FilePayload, Locator, Page

import samples
from benchmarks.figures import Figure
from benchmarks.stages import photograph
from benchmarks.viewer import task_seconds
from docs.screenshots import OF_A_PATIENT, OF_A_PRACTITIONER, OF_A_STRANGER, OF_AN_ADMINISTRATOR, SIZES, sign_in
from inference import diseases
from medinform import embedded
from tests.e2e.browser import browser
from tests.e2e.stack import ADMINISTRATOR, PATIENT, PRACTITIONER, Stack, started, until

SLOWER, LOADS, ACTS = 4, 3, 7
SETTLES_MS = 300  # after all has been loaded, until the browser has told of its paints
CELLS = 60  # more than a page of the worklist
HTML_KB, PAINT_MS, ACT_MS = 60, 1500, 100
WATCHED = """
window.felt = { paint: 0, acts: [] };
function watch(type, each, more = {}) {
  new PerformanceObserver((list) => list.getEntries().forEach(each)).observe({ type, buffered: true, ...more });
}
watch("largest-contentful-paint", (entry) => { felt.paint = entry.startTime; });
watch("event", (entry) => { if (entry.interactionId) felt.acts.push(entry.duration); }, { durationThreshold: 16 });
"""
# What was asked for before the first paint and kept it waiting.
BLOCKING = 'performance.getEntriesByType("resource").filter((each) => each.renderBlockingStatus === "blocking").map((each) => each.name)'


@dataclass
class Seen:
    """One page at one size: its largest paint in ms, for each load."""

    name: str
    html: int = 0  # bytes, as they came
    blocking: int = 0
    foreign: int = 0  # requests to anybody else, on the way to the page and from it
    paints: list[float] = field(default_factory=list)
    works: list[float] = field(default_factory=list)  # of the main thread, in ms


def figures() -> list[Figure]:
    with (
        tempfile.TemporaryDirectory(prefix="medinform-bench-") as var,
        embedded.redis_server() as redis,
        started(Path(var), f"sqlite:///{var}/bench.sqlite3", redis, SECRET_KEY=secrets.token_urlsafe(50)) as stack,
        browser() as opened,
    ):
        cases = _demo_data(stack)
        acts = _of_acts(opened, stack, cases)
        return [*_of_pages([each for size in SIZES for each in _pages(opened, stack, cases, size)]), *acts]


def _of_pages(seen: list[Seen]) -> list[Figure]:
    one_size = list({each.name.rpartition(",")[0]: each for each in seen}.items())
    found = [Figure("HTML of a page, compressed as it is sent", name, each.html / 1000, "kB", 1, f"< {HTML_KB}") for name, each in one_size]
    slow = f"Largest paint of a page, main thread slowed down {SLOWER} times"
    found += [Figure(slow, each.name, statistics.median(each.paints), "ms", len(each.paints), f"< {PAINT_MS}") for each in seen]
    found += [Figure(slow, f"{each.name}: work", statistics.median(each.works), "ms", len(each.works)) for each in seen]
    requests = "What a page asks for"
    return [
        *found,
        Figure(requests, "requests to anybody else, all pages", sum(each.foreign for each in seen), "", len(seen), "<= 0"),
        Figure(
            requests,
            "requests that keep the first paint waiting (our own style sheets), most",
            max(e.blocking for e in seen),
            "",
            len(seen),
        ),
    ]


# --- the data


def _demo_data(stack: Stack) -> dict[str, str]:
    """The drawn samples of each disease, a 12-megapixel photograph, and more cells than a page of the worklist shows. Returns paths."""
    patient, desk = stack.client(), stack.client(PRACTITIONER)
    patient.timeout = desk.timeout = 60
    files = [(code, path.read_bytes()) for code in diseases.DISEASES for path in samples.paths(code)]
    files += [("malaria", samples.draw("malaria", "parasitized", seed)) for seed in range(900, 900 + CELLS)]
    large = _sent(patient, "skin_cancer", photograph())
    sent = [_sent(patient, disease, data) for disease, data in files]
    signed, held = sent[-1], sent[-2]
    opinion = {"finding": "parasitized", "confidence": "high", "recommendation": "visit", "notes": "A ring form."}
    for analysis in (signed, held):
        review = _review(patient, analysis)
        for step, body in (("claim", {}), ("reading", opinion), *([("sign", opinion)] if analysis == signed else [])):
            desk.post(f"/reviews/{review}/{step}/", json=body).raise_for_status()
    of_large = _review(patient, large)
    desk.post(f"/reviews/{of_large}/claim/").raise_for_status()
    question = patient.post("/questions/", json={"analysis": signed, "text": "Which tablets?"}).raise_for_status().json()["id"]
    until(lambda: not stack.rows("SELECT 1 FROM analyses_analysis WHERE status IN ('queued', 'running')"), 120, "the last answer")
    return {
        "answer": f"/analyses/{sent[0]}/",
        "answer-12-megapixels": f"/analyses/{large}/",
        "final": f"/analyses/{signed}/",
        "thread": f"/questions/{question}/",
        "reading-12-megapixels": f"/reviews/{of_large}/",
        "revealed": f"/reviews/{_review(patient, held)}/",
        "signed": f"/reviews/{_review(patient, signed)}/",
    }


def _sent(patient: httpx.Client, disease: str, data: bytes) -> str:
    name = "film.jpg" if data[:2] == b"\xff\xd8" else "film.png"
    answer = patient.post("/analyses/", files={"file": (name, io.BytesIO(data))}, data={"disease": disease, "wants_review": "true"})
    return str(answer.raise_for_status().json()["id"])


def _review(patient: httpx.Client, analysis: str) -> str:
    found = until(lambda: patient.get(f"/analyses/{analysis}/").json()["review"], 120, "the answer")
    return str(found).rstrip("/").rpartition("/")[2]


# --- pages


def _pages(opened: Browser, stack: Stack, cases: dict[str, str], size: str) -> list[Seen]:
    of_patient = ("answer", "answer-12-megapixels", "final", "thread")
    of_practitioner = ("reading-12-megapixels", "revealed", "signed")
    people: dict[str, tuple[str, dict[str, str]]] = {
        "yardstick": ("", {"a page of one sentence, from nowhere": "data:text/html,<p>Here is a sentence.</p>"}),
        "stranger": ("", OF_A_STRANGER),
        "patient": (
            PATIENT,
            {**OF_A_PATIENT, "upload": "/analyses/new/malaria/", "models": "/analyses/models/", **_some(cases, of_patient)},
        ),
        "practitioner": (PRACTITIONER, {**OF_A_PRACTITIONER, **_some(cases, of_practitioner)}),
        "administrator": (ADMINISTRATOR, {"home": "/", **OF_AN_ADMINISTRATOR}),
    }
    found = []
    for who, (email, paths) in people.items():
        with _visitor(opened, stack, size, email) as context:
            for name, path in paths.items():
                found.append(_page(context, stack, f"{who}: {name}, {size}", path))
    return found


def _some(cases: dict[str, str], names: tuple[str, ...]) -> dict[str, str]:
    return {name: cases[name] for name in names}


@contextmanager
def _visitor(opened: Browser, stack: Stack, size: str, email: str) -> Iterator[BrowserContext]:
    width, height = SIZES[size]
    context = opened.new_context(viewport={"width": width, "height": height}, base_url=stack.address)
    context.add_init_script(WATCHED)
    if email:
        page = context.new_page()
        sign_in(page, stack.address, email, stack.password)
        page.close()
    yield context
    context.close()


def _slow(context: BrowserContext) -> tuple[Page, Callable[[], float]]:
    """A page, and what tells how many ms its main thread has worked since it was opened."""
    page = context.new_page()
    devtools = context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    return page, lambda: 1000 * task_seconds(devtools)


def _listen(page: Page, asked: list[str]) -> None:
    page.on("request", lambda request: asked.append(request.url))


def _page(context: BrowserContext, stack: Stack, name: str, path: str) -> Seen:
    seen = Seen(name)
    for _ in range(LOADS):
        page, worked = _slow(context)
        asked: list[str] = []
        _listen(page, asked)
        response = page.goto(path, wait_until="load")
        until(partial(page.evaluate, "felt.paint"), 30, "a paint")
        page.wait_for_timeout(SETTLES_MS)
        seen.html = response.request.sizes()["responseBodySize"] if response else 0
        seen.blocking = len(page.evaluate(BLOCKING))
        here = urlsplit(stack.address).netloc
        seen.foreign += sum(urlsplit(url).netloc != here for url in asked if url.startswith("http"))
        seen.paints.append(page.evaluate("felt.paint"))
        seen.works.append(worked())
        page.close()
    return seen


# --- acts


def _of_acts(opened: Browser, stack: Stack, cases: dict[str, str]) -> list[Figure]:
    found = []
    with _visitor(opened, stack, "phone", "") as context:
        page, worked = _slow(context)
        page.goto("data:text/html,<input type=checkbox>")
        box = page.locator("input")
        found += _acted(worked, "yardstick: ticking the box of a page of one box, from nowhere", page, lambda _: box.click())
    with _visitor(opened, stack, "phone", PATIENT) as context:
        page, worked = _slow(context)
        _open(page, "/analyses/new/malaria/")
        ticks = page.locator('input[name="symptoms"]')
        found += _acted(worked, "phone: ticking a symptom", page, lambda turn: ticks.nth(turn % ticks.count()).click())
        found += [_previewed(page)]
        _open(page, cases["answer-12-megapixels"])
        details = page.locator("summary").first
        found += _acted(worked, "phone: opening and closing the details of an answer", page, lambda _: details.click())
        slider = page.locator("[data-opacity]")
        slider.focus()
        found += _acted(worked, "phone: the heat-map's slider, a step by key", page, lambda _: page.keyboard.press("ArrowLeft"))
        found += _acted(worked, "phone: the heat-map's slider, by hand", page, lambda turn: _slide(page, slider, turn))
    with _visitor(opened, stack, "desk", PRACTITIONER) as context:
        page, worked = _slow(context)
        _open(page, "/reviews/")
        found += _acted(worked, "worklist of 50: j", page, lambda _: page.keyboard.press("j"))
        found += _acted(worked, "worklist of 50: k", page, lambda _: page.keyboard.press("k"))
        found += _acted(worked, "worklist of 50: w, why it is urgent", page, lambda _: page.keyboard.press("w"))
        found += _acted(worked, "worklist of 50: ? and escape", page, lambda turn: page.keyboard.press("Escape" if turn % 2 else "?"))
        _open(page, cases["revealed"])
        page.wait_for_selector("[data-viewer][data-ready]", timeout=60_000)
        found += _acted(worked, "reading room: h, the heat-map", page, lambda _: page.keyboard.press("h"))
        found += _acted(worked, "reading room: ? and escape", page, lambda turn: page.keyboard.press("Escape" if turn % 2 else "?"))
        page.keyboard.press("Escape")
        strength = page.locator("[data-strength]")
        found += _acted(worked, "reading room: the heat-map's slider, by hand", page, lambda turn: _slide(page, strength, turn))
        choices = page.locator('input[name="finding"]')
        found += _acted(worked, "reading room: choosing a finding", page, lambda turn: choices.nth(turn % 2).click())
        found += _gone(page)
    return found


def _open(page: Page, path: str) -> None:
    page.goto(path, wait_until="load")
    page.wait_for_load_state("networkidle")


def _slide(page: Page, slider: Locator, turn: int) -> None:
    width = slider.evaluate("slider => slider.clientWidth")
    slider.click(position={"x": width * (0.2 + 0.2 * (turn % 4)), "y": 22})


def _acted(worked: Callable[[], float], name: str, page: Page, act: Callable[[int], Any]) -> list[Figure]:
    """The longest of each act's events, from the event to the next frame; the browser tells of none that is under 16 ms."""
    longest, works = [], []
    for turn in range(ACTS):
        page.evaluate("felt.acts = []")
        before = worked()
        act(turn)
        page.wait_for_timeout(250)
        works.append(worked() - before)
        longest.append(max(page.evaluate("felt.acts"), default=16))
    return [
        Figure(ACTS_SUITE, name, statistics.median(longest), "ms", ACTS, f"< {ACT_MS}"),
        Figure(ACTS_SUITE, f"{name}: work", statistics.median(works), "ms", ACTS),
    ]


ACTS_SUITE = f"From an act to the frame that shows it, main thread slowed down {SLOWER} times"


def _previewed(page: Page) -> Figure:
    """From a 12-megapixel file to its line on the page, and on to its picture: what the page does when a file is chosen."""
    page.evaluate("""() => document.getElementById("files").addEventListener("change", (event) => {
      felt.from = performance.now();
      requestAnimationFrame(() => requestAnimationFrame(() => { felt.shown = performance.now() - felt.from; }));
    }, { capture: true })""")
    taken = []
    file = FilePayload(name="spot.jpg", mimeType="image/jpeg", buffer=photograph())
    for _ in range(ACTS):
        page.set_input_files("#files", [file])
        page.wait_for_timeout(1500)
        taken.append(page.evaluate("felt.shown"))
    return Figure(
        ACTS_SUITE, "phone: choosing a file of 12 megapixels, until its line is there", statistics.median(taken), "ms", ACTS, f"< {ACT_MS}"
    )


def _gone(page: Page) -> list[Figure]:
    """Acts that go to another page: until the largest paint there."""
    suite = f"From an act to the page that it opens, until its largest paint, main thread slowed down {SLOWER} times"
    acts: dict[str, Callable[[], Any]] = {
        "changing a filter of the worklist": lambda: page.select_option(".find select", index=1),
        "claiming from the worklist": lambda: page.keyboard.press("c"),
        "keeping one's reading, which reveals the answer": lambda: page.keyboard.press("Control+Enter"),
    }
    found: dict[str, list[float]] = {name: [] for name in acts}
    for _ in range(LOADS):
        _open(page, "/reviews/?q=malaria")
        for name, act in acts.items():
            if name.startswith("claiming"):
                _open(page, "/reviews/?q=malaria")
                rows = page.locator(".work").evaluate_all("rows => rows.findIndex((row) => row.querySelector('.take form'))")
                for _ in range(rows + 1):
                    page.keyboard.press("j")
            if name.startswith("keeping"):
                page.keyboard.press("2")
                page.select_option('select[name="recommendation"]', "visit")
                page.wait_for_timeout(1500)  # the draft is kept
            began = time.time() * 1000
            with page.expect_navigation(wait_until="load"):
                act()
            page.wait_for_load_state("networkidle")
            found[name].append(page.evaluate("performance.timeOrigin + felt.paint") - began)
    return [Figure(suite, name, statistics.median(taken), "ms", LOADS, f"< {PAINT_MS}") for name, taken in found.items()]
