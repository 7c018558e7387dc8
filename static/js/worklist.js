// One keyboard for the worklist, and a list that changes by itself without taking anything out of the reader's hands: rows are morphed by
// their id, so that focus, selection and an open explanation stay where they are; what has not changed is not sent again.
import { isSingle, offer } from "./keys.js";

const live = document.getElementById("live");
const keys = document.getElementById("keys");
const flagging = document.getElementById("flagging");
const search = document.getElementById("q");
const rows = () => [...live.querySelectorAll(".work")];
const selectedRow = () => document.getElementById(`work-${selected}`);
let selected = null;

function mark() {
  for (const row of rows()) row.classList.toggle("selected", row.dataset.review === selected);
}

function move(by) {
  const all = rows();
  if (!all.length) return;
  const at = all.findIndex((row) => row.dataset.review === selected);
  const next = all[Math.min(all.length - 1, Math.max(0, at + by))];
  selected = next.dataset.review;
  mark();
  next.scrollIntoView({ block: "nearest" });
  next.querySelector(".open").focus({ preventScroll: true });
  preload(next.nextElementSibling);
  preload(next);
}

function preload(row) {
  const image = row?.querySelector("img");
  if (image && !preload.done.has(image.src)) {
    preload.done.add(image.src);
    new Image().src = image.src.replace("/thumbnail/", "/image/");
  }
}
preload.done = new Set();

async function flag(row) {
  const link = row?.querySelector("[data-flag]");
  if (!link) return;
  const answer = await fetch(link.href, { headers: { "HX-Request": "true" } });
  if (!answer.ok) return void (location.href = link.href);
  flagging.innerHTML = await answer.text();
  flagging.querySelector("[data-close]").addEventListener("click", (event) => {
    event.preventDefault();
    flagging.close();
  });
  row.querySelector(".why").hidePopover();
  flagging.showModal();
  flagging.querySelector("input:checked").focus();
}

const actions = {
  j: () => move(1),
  k: () => move(-1),
  c: (row) => row?.querySelector(".take button")?.click(),
  w: (row) => row?.querySelector(".urgency button").click(),
  f: flag,
  "/": () => search.focus(),
  "?": () => keys.showPopover({ source: document.querySelector("[data-help]") }),
};

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target === search) return search.blur();
  if (!isSingle(event)) return;
  const row = selectedRow();
  if (event.key === "Enter" && row && event.target === document.body) return row.querySelector(".open").click();
  if (!actions[event.key]) return;
  event.preventDefault();
  actions[event.key](row);
});
offer(keys);
for (const select of document.querySelectorAll(".find select")) select.addEventListener("change", () => select.form.requestSubmit());

// Why a scan is urgent: on hover, on focus and a key, by touch. The explanation stands beside its button.
let hovered = null;
let pinned = null;
live.addEventListener("pointerover", (event) => {
  const button = event.pointerType === "mouse" && event.target.closest(".urgency button");
  if (!button || button === hovered) return;
  hovered = button;
  setTimeout(() => hovered === button && document.contains(button) && button.popoverTargetElement.showPopover({ source: button }), 250);
});
live.addEventListener("pointerout", (event) => {
  const place = event.target.closest(".urgency");
  if (!hovered || place?.contains(event.relatedTarget)) return;
  const button = hovered;
  hovered = null;
  if (pinned !== button && button.popoverTargetElement?.matches(":popover-open")) button.popoverTargetElement.hidePopover();
});
live.addEventListener(
  "toggle",
  (event) => {
    const why = event.target;
    if (event.newState !== "open") return void (pinned = null);
    const at = why.previousElementSibling.getBoundingClientRect();
    const { width, height } = why.getBoundingClientRect();
    why.style.left = `${Math.max(8, Math.min(at.left, innerWidth - width - 8))}px`;
    why.style.top = `${at.bottom + height + 8 > innerHeight ? Math.max(8, at.top - height) : at.bottom}px`;
  },
  true,
);
live.addEventListener("click", (event) => {
  const button = event.target.closest(".urgency button");
  if (button && hovered === button && button.popoverTargetElement.matches(":popover-open")) {
    event.preventDefault(); // it is open already because the pointer is here: the click keeps it open
    pinned = button;
  }
  const link = event.target.closest("[data-flag]");
  if (link) {
    event.preventDefault();
    flag(link.closest(".work"));
  }
});

// Live.
const { callbacks } = Idiomorph.defaults;
callbacks.beforeAttributeUpdated = (name, node) => !(name === "style" && node.classList.contains("why")); // where it was opened
function urgent() {
  return new Map(rows().filter((row) => row.dataset.urgent).map((row) => [row.dataset.review, row.dataset.urgent]));
}
let known = urgent();

// As portal/analyses/templatetags/pictures.py says it.
function span(minutes, hours, days) {
  if (minutes < 60) return interpolate(gettext("%(minutes)s min"), { minutes }, true);
  if (hours < 48) return interpolate(gettext("%(hours)s h %(minutes)s"), { hours, minutes: String(minutes % 60).padStart(2, "0") }, true);
  return interpolate(ngettext("%(days)s day", "%(days)s days", days), { days }, true);
}

function wait() {
  for (const each of live.querySelectorAll("[data-since]")) {
    const minutes = Math.max(0, Math.floor((Date.now() - Date.parse(each.dataset.since)) / 60000));
    const hours = Math.floor(minutes / 60);
    const words = span(minutes, hours, Math.floor(hours / 24));
    if (each.textContent !== words) each.textContent = words;
  }
}

live.addEventListener("htmx:configRequest", (event) => {
  event.detail.parameters.state = document.getElementById("rows").dataset.state;
});
live.addEventListener("htmx:beforeRequest", (event) => document.hidden && event.preventDefault());
document.addEventListener("visibilitychange", () => document.hidden || htmx.trigger(live, "look"));
live.addEventListener("htmx:afterSwap", () => {
  mark();
  wait();
  const now = urgent();
  const fresh = [...now].filter(([review]) => !known.has(review)).map(([, words]) => words);
  if (fresh.length) document.getElementById("news").textContent = interpolate(gettext("New and urgent: %(cases)s"), { cases: fresh.join("; ") }, true);
  known = now;
});
setInterval(wait, 20000);
