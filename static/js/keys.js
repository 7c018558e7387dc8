// Single keys, as the reading room has many: when they count, and whether this person wants them (WCAG 2.1.4: they can be turned off).
const FIELDS = "select, textarea, [contenteditable], input:not([type=radio], [type=range], [type=checkbox])";
const KEPT = "single-keys";

function wanted() {
  try { return localStorage.getItem(KEPT) !== "off"; } catch { return true; } // a browser may keep nothing
}

function want(on) {
  try { localStorage.setItem(KEPT, on ? "on" : "off"); } catch { /* then they stay on */ }
}

// The list of keys is a popover: a modal dialog makes all else on the page inert, which takes long on a slow machine. Who goes on leaves it.
export function offer(list) {
  const box = list.querySelector("[data-single-keys]");
  box.checked = wanted();
  box.addEventListener("change", () => want(box.checked));
  list.addEventListener("focusout", ({ relatedTarget }) => relatedTarget && !list.contains(relatedTarget) && list.hidePopover());
}

export function isSingle(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.target.matches?.(FIELDS)) return false;
  return wanted() && !document.querySelector("dialog:is([open], :popover-open)");
}
