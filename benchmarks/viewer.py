"""The reading room's viewer on a 12-megapixel picture: frames a second while it is moved, zoomed and windowed, on a slow processor.

One event a frame goes to the handlers that a hand's events go to. The browser slows its main thread down, not what draws: where there is
no graphics card, as on most servers, WebGL itself is computed on the processors, and the figures are a lower bound of a desk's.
"""

import secrets
import statistics
import tempfile
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, CDPSession, Page

from benchmarks.figures import Figure
from benchmarks.stages import photograph
from medinform import embedded
from tests.e2e.browser import browser
from tests.e2e.stack import PRACTITIONER, Stack, started, until

SLOWER, FRAMES, DISEASE = 4, 180, "skin_cancer"
DESK = {"width": 1440, "height": 900}
ANY_WEBGL = """
const get = WebGL2RenderingContext.prototype.getParameter;
WebGL2RenderingContext.prototype.getParameter = function (name) {
  return name === 0x9246 ? "a graphics card" : get.call(this, name); // UNMASKED_RENDERER_WEBGL
};
"""
# By name: what is run in the page before its own scripts.
WAYS = {"as the viewer chooses": "", "WebGL, wherever it is computed": ANY_WEBGL}
# A drag with the button that does it, or the wheel; answers the time between two frames in ms, for each.
PLAY = """
async ([what, frames]) => {
  const stage = document.querySelector("[data-stage]"), box = stage.getBoundingClientRect();
  const x = box.left + box.width / 2, y = box.top + box.height / 2, button = { moving: 1, windowing: 2 }[what];
  const fire = (kind, dx, dy) => {
    const where = { clientX: x + dx, clientY: y + dy };
    stage.dispatchEvent(new PointerEvent(kind, { bubbles: true, pointerId: 7, pointerType: "mouse", button, ...where }));
  };
  const wheel = (deltaY) => stage.dispatchEvent(new WheelEvent("wheel", { cancelable: true, deltaY, clientX: x, clientY: y }));
  const next = () => new Promise((done) => requestAnimationFrame(done));
  stage.setPointerCapture = () => {}; // there is no pointer to capture
  const times = [await next()];
  if (button) fire("pointerdown", 0, 0);
  for (let at = 1; at <= frames; at += 1) {
    const turn = (2 * Math.PI * at) / 60;
    if (button) fire("pointermove", 150 * Math.sin(turn), 100 * (1 - Math.cos(turn)) / 2);
    else wheel(-25 * Math.sign(Math.sin(turn)));
    times.push(await next());
  }
  if (button) fire("pointerup", 0, 0);
  return times.slice(1).map((time, at) => time - times[at]);
}
"""


def figures() -> list[Figure]:
    with (
        tempfile.TemporaryDirectory(prefix="medinform-bench-") as var,
        embedded.redis_server() as redis,
        started(Path(var), f"sqlite:///{var}/bench.sqlite3", redis, SECRET_KEY=secrets.token_urlsafe(50)) as stack,
    ):
        address, found = f"{stack.address}/reviews/{_claimed(stack)}/", []
        with browser() as opened:
            for way, script in WAYS.items():
                found += _measured(opened, stack, address, way, script)
        return found


def _claimed(stack: Stack) -> str:
    """The review of a 12-megapixel photograph, held by the practitioner."""
    patient = stack.client()
    sent = patient.post(
        "/analyses/", files={"file": ("spot.jpg", photograph())}, data={"disease": DISEASE, "wants_review": "true"}, timeout=60
    )
    sent.raise_for_status()
    review = until(lambda: _review(patient, sent.json()["id"]), 60, "the model's answer")
    stack.client(PRACTITIONER).post(f"/reviews/{review}/claim/").raise_for_status()
    return str(review)


def _review(patient: httpx.Client, analysis: str) -> str:
    found = patient.get(f"/analyses/{analysis}/").json()
    return str(found["review"] or "").rstrip("/").rpartition("/")[2]


def _measured(opened: Browser, stack: Stack, address: str, way: str, script: str) -> list[Figure]:
    page = opened.new_context(viewport=DESK, base_url=stack.address).new_page()  # type: ignore[arg-type]
    page.add_init_script(script)
    page.goto("/accounts/login/")
    page.fill('input[name="login"]', PRACTITIONER)
    page.fill('input[name="password"]', stack.password)
    page.click('main button[type="submit"]')
    page.wait_for_url(f"{stack.address}/")
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})  # what others do on the machine is not counted
    devtools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.goto(address)
    page.wait_for_selector("[data-ready]", timeout=120_000)
    drawn_by = page.locator("[data-pane]").get_attribute("data-drawn-by")
    way = f"{way} ({drawn_by})"
    ready = page.evaluate("performance.now()")
    suite = f"The viewer, 4000 x 3000 pixels, main thread slowed down {SLOWER} times"
    found = [Figure(suite, f"{way}: from the address to the picture that can be worked on", ready, "ms", 1)]
    for what in ("moving", "zooming", "windowing"):
        _played(page, devtools, what, 30)  # the first frames compile and lay out
        times, busy = _played(page, devtools, what, FRAMES)
        found += [
            Figure(suite, f"{way}, {what}", 1000 * len(times) / sum(times), "frames/s", FRAMES, ">= 60"),
            Figure(suite, f"{way}, {what}: of 20 frames, 19 are drawn within", statistics.quantiles(times, n=20)[-1], "ms", FRAMES),
            Figure(suite, f"{way}, {what}: the main thread's work for a frame", busy, "ms", FRAMES),
        ]
    page.context.close()
    return found


def _played(page: Page, devtools: CDPSession, what: str, frames: int) -> tuple[list[float], float]:
    before = task_seconds(devtools)
    times: list[float] = page.evaluate(PLAY, [what, frames])
    return times, 1000 * (task_seconds(devtools) - before) / frames


def task_seconds(devtools: CDPSession) -> float:
    """Seconds of a processor that the main thread has taken, slowed down as it is."""
    metrics: list[dict[str, Any]] = devtools.send("Performance.getMetrics")["metrics"]
    return float(next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration"))
