// The page of one scan: heat-map strength, spoken progress, printing. Delegated, because the result arrives by htmx.
import "./updated.js";

const said = document.getElementById("said");

function settle() {
  document.querySelectorAll("[data-needs-script]").forEach((hint) => { hint.hidden = false; });
  const news = document.querySelector("[data-say]");
  const words = news?.dataset.say || news?.textContent.trim().replace(/\s+/g, " ") || "";
  if (said.textContent !== words) said.textContent = words; // a screen reader hears a change once, not every poll
}

document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-opacity]")) return;
  event.target.closest("[data-film]").querySelector("[data-heat]").style.opacity = event.target.value / 100;
});
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});
window.addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((part) => { part.open = true; }));
document.addEventListener("htmx:afterSwap", settle);
settle();
