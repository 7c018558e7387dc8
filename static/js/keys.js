// Single keys, as the reading room has many: when they count, and whether this person wants them (WCAG 2.1.4: they can be turned off).
const FIELDS = "select, textarea, [contenteditable], input:not([type=radio], [type=range], [type=checkbox])";
const KEPT = "single-keys";

function wanted() {
  try { return localStorage.getItem(KEPT) !== "off"; } catch { return true; } // a browser may keep nothing
}

function want(on) {
  try { localStorage.setItem(KEPT, on ? "on" : "off"); } catch { /* then they stay on */ }
}

export function offer(box) {
  box.checked = wanted();
  box.addEventListener("change", () => want(box.checked));
}

export function isSingle(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.target.matches?.(FIELDS)) return false;
  return wanted() && !document.querySelector("dialog:is([open], :popover-open)");
}
