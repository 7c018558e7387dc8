// The draft: what is typed is kept a moment later, and the page says when. What could not be sent is tried again.
const mark = document.querySelector("[data-draft]");
const form = mark?.closest("form");
const PAUSE = 800, AGAIN = 5000;
let saved = mark?.dataset.saved ? Date.parse(mark.dataset.saved) : null;
let timer, typed = 0, sent = 0, leaving = false;

function age(seconds) {
  if (seconds < 2) return gettext("Draft saved just now.");
  if (seconds < 90) return interpolate(gettext("Draft saved %(seconds)s s ago."), { seconds }, true);
  if (seconds < 5400) return interpolate(gettext("Draft saved %(minutes)s min ago."), { minutes: Math.round(seconds / 60) }, true);
  return interpolate(gettext("Draft saved %(when)s."), { when: new Date(saved).toLocaleString(document.documentElement.lang) }, true);
}

function tell() {
  if (saved === null) return;
  const seconds = Math.max(0, Math.round((Date.now() - saved) / 1000));
  mark.querySelector("[data-draft-age]").textContent = age(seconds);
}

function say(words) {
  const place = mark.querySelector("[data-draft-said]");
  if (place.textContent !== words) place.textContent = words;
}

async function save() {
  clearTimeout(timer);
  const turn = typed;
  try {
    const answer = await fetch(mark.dataset.draft, { method: "POST", body: new FormData(form), keepalive: true, redirect: "manual" });
    if (leaving) return;
    const told = answer.headers.get("Content-Type")?.includes("json") ? await answer.json() : null;
    if (answer.ok) {
      [sent, saved] = [turn, Date.now()];
      say("");
      tell();
    } else if (told) say(interpolate(gettext("Not saved: %(why)s"), { why: told.detail }, true));
    else say(gettext("Not saved: sign in again in another tab, then go on here."));
    if (!answer.ok && !told) timer = setTimeout(save, AGAIN);
  } catch {
    if (leaving) return;
    say(gettext("Not saved: there is no connection. Trying again."));
    timer = setTimeout(save, AGAIN);
  }
}

function later(event) {
  if (event.target.closest("[data-own]")) return;
  typed += 1;
  clearTimeout(timer);
  timer = setTimeout(save, PAUSE);
}

if (mark) {
  form.addEventListener("input", later);
  form.addEventListener("change", later);
  form.addEventListener("submit", () => { leaving = true; clearTimeout(timer); });
  window.addEventListener("pagehide", () => { if (!leaving && typed !== sent) save(); });
  window.addEventListener("pageshow", () => { leaving = false; });
  form.querySelector("#id_template_name").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.ctrlKey || event.metaKey) return;
    event.preventDefault(); // it names a template; it does not keep the reading
    event.target.nextElementSibling.click();
  });
  setInterval(tell, 1000);
  tell();
}
