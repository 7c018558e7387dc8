// The form of the reading room: its keys, and the reason for a change of mind. The viewer beside it is static/js/viewer.
import { isSingle } from "./keys.js";

const form = document.querySelector("form[data-main]");
const reason = form?.querySelector("[data-reason]");

function showReason() {
  if (!reason) return;
  const chosen = form.querySelector('[name="finding"]:checked')?.value;
  const changed = Boolean(chosen) && chosen !== form.dataset.independent;
  reason.hidden = !changed;
  reason.querySelector("textarea").required = changed;
}
form?.addEventListener("change", showReason);
showReason();

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter") { form?.requestSubmit(); return; }
  if (!isSingle(event)) return;
  if (/^[1-9]$/.test(event.key)) form?.querySelector(`[data-number="${event.key}"]`)?.click();
  else [...document.querySelectorAll("[data-key]")].find((each) => each.dataset.key === event.key)?.click();
});
