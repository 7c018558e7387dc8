// The form of the reading room: what goes with the finding, how soon, the body map, the reason for a change of mind, and its keys.
// The viewer beside it is static/js/viewer.
import { isSingle } from "./keys.js";

const form = document.querySelector("form[data-main]");
const reason = form?.querySelector("[data-reason]");

const finding = () => form.querySelector('[name="finding"]:checked')?.value;
// What contradicts the finding is not asked; what was typed there comes back with a finding that it goes with.
function fits(part) {
  const own = part.dataset.fits;
  return !own || [undefined, "can_not_tell", ...own.split(" ")].includes(finding());
}

function showWhatFits() {
  let misfits = false;
  form.querySelectorAll("[data-fits]").forEach((part) => {
    part.hidden = !fits(part);
    misfits ||= part.hidden;
    if (part.matches("option")) {
      part.disabled = part.hidden;
      if (part.hidden && part.selected) part.parentElement.value = "";
    } else part.querySelectorAll("input, select").forEach((input) => { input.disabled = Boolean(input.closest("[data-fits][hidden]")); });
  });
  form.querySelector("[data-misfit]").hidden = !misfits;
}

function showReason() {
  if (!reason) return;
  const changed = Boolean(finding()) && finding() !== form.dataset.independent;
  reason.hidden = !changed;
  reason.querySelector("textarea").required = changed;
}

// How soon follows the recommendation until somebody says otherwise.
const soon = form?.querySelector("[data-urgency]");
const usual = Object.fromEntries((soon?.dataset.urgency ?? "").split(" ").map((pair) => pair.split(":")));
let recommended = form?.elements.recommendation.value;
function showUrgency() {
  const [urgency, now] = [form.elements.urgency, form.elements.recommendation.value];
  if (!urgency.value || (now !== recommended && urgency.value === usual[recommended])) urgency.value = usual[now] ?? "";
  recommended = now;
  soon.hidden = !usual[now];
  urgency.disabled = soon.hidden;
}

// The figures are clicked; the list beside them holds the choice, for the keyboard and for screen readers.
const map = form?.querySelector("[data-body]");
function showSite() {
  if (!map) return;
  const chosen = map.querySelector("input:checked");
  map.querySelectorAll("[data-site]").forEach((region) => region.classList.toggle("chosen", region.dataset.site === chosen.value));
  map.querySelector("[data-site-words]").textContent = chosen.value ? chosen.parentElement.textContent.trim() : gettext("Choose from a list");
}
map?.addEventListener("click", (event) => {
  const site = event.target.closest("[data-site]")?.dataset.site;
  if (site) map.querySelector(`input[value="${site}"]`).click();
});

function show() {
  showWhatFits();
  showReason();
  showUrgency();
  showSite();
}
if (form) {
  form.addEventListener("change", show);
  show();
}

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter") { form?.requestSubmit(); return; }
  if (!isSingle(event)) return;
  if (/^[1-9]$/.test(event.key)) form?.querySelector(`[data-number="${event.key}"]`)?.click();
  else [...document.querySelectorAll("[data-key]")].find((each) => each.dataset.key === event.key)?.click();
});
