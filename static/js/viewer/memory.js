// What a reload must not lose: keeping a reading loads the page anew, and the view is still wanted; the lines too, where no form keeps them.
// Kept in this tab only, for who reads, and only numbers: sessionStorage goes with the tab.
const key = (scan) => `viewer:${document.querySelector("[data-reader]").dataset.reader}:${scan}`;

export function remember(scan, pane, hasForm) {
  try {
    sessionStorage.setItem(key(scan), JSON.stringify({ view: pane.view, preset: pane.preset, lines: hasForm ? null : pane.lines.kept() }));
  } catch { /* a browser may keep nothing: then a reload starts afresh */ }
}

export function recall(scan, pane) {
  let kept = null;
  try {
    kept = JSON.parse(sessionStorage.getItem(key(scan)));
  } catch { /* as above */ }
  if (!kept) return false;
  Object.assign(pane.view, kept.view);
  Object.assign(pane, { preset: kept.preset });
  if (kept.lines) pane.lines.load(kept.lines);
  return Boolean(kept.lines);
}
