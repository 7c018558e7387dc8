// What a reload must not lose: keeping a reading loads the page anew, and the view and the lines are still wanted. Kept in this tab only,
// and only numbers: sessionStorage goes with the tab.
const key = (scan) => `viewer:${scan}`;

export function remember(scan, pane) {
  const { all, millimetres, next } = pane.lines;
  try {
    sessionStorage.setItem(key(scan), JSON.stringify({ view: pane.view, preset: pane.preset, lines: all, millimetres, next }));
  } catch { /* a browser may keep nothing: then a reload starts afresh */ }
}

export function recall(scan, pane) {
  let kept = null;
  try {
    kept = JSON.parse(sessionStorage.getItem(key(scan)));
  } catch { /* as above */ }
  if (!kept) return;
  Object.assign(pane.view, kept.view);
  Object.assign(pane, { preset: kept.preset });
  Object.assign(pane.lines, { all: kept.lines, millimetres: kept.millimetres, next: kept.next });
}
