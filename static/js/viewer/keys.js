// The keyboard of the viewer. Single keys are letters and signs that the form leaves free: digits, c and n are the form's.
import { isSingle } from "../keys.js";
import { removed } from "./lines.js";
import { toPicture } from "./view.js";

const KEYS = {
  p: "move", w: "window", m: "measure", "+": "closer", "=": "closer", "-": "farther", z: "fit", o: "one-to-one", r: "rotate", R: "rotate-back", x: "flip",
  i: "invert", "[": "look-before", "]": "look-after", h: "heat", ",": "weaker", ".": "stronger", e: "compare", l: "link", f: "full", 0: "reset", "?": "help",
};
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const STEP = 40; // stage pixels
const LEVELS_A_STEP = 8;

export function listenToKeys(room, doing) {
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && room.root.classList.contains("fills")) { doing.full(); return; }
    const action = isSingle(event) && KEYS[event.key];
    if (!action) return;
    event.preventDefault();
    doing[action]();
  });
}

// The keys of a stage count while it has the focus, single keys or not.
export function listenToStage(pane, room) {
  pane.stage.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !pane.screen) return;
    const [x, y] = ARROWS[event.key] ?? [];
    const measuring = room.tool === "measure";
    if (x !== undefined && measuring) moveMark(pane, x, y, event.shiftKey ? 10 : 1);
    else if (x !== undefined && event.shiftKey) room.window(pane, pane.view.centre - y * LEVELS_A_STEP, pane.view.width + x * LEVELS_A_STEP);
    else if (x !== undefined) room.pan(pane, -x * STEP, -y * STEP);
    else if (event.key === "Enter" && measuring) setEnd(pane, room);
    else if (event.key === "Escape" && (pane.lines.begun || pane.lines.mark)) { pane.lines.begun = pane.lines.mark = null; pane.redraw(); }
    else if (event.key === "Delete" || event.key === "Backspace") removeLast(pane, room);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
}

function removeLast(pane, room) {
  const line = pane.lines.all.pop();
  if (line) room.measured(pane, removed(line));
}

function middle(pane) {
  const point = toPicture(pane.view, pane.box, pane.size, { x: pane.box.width / 2, y: pane.box.height / 2 });
  return { x: Math.round(point.x), y: Math.round(point.y) };
}

// As it is seen: an arrow moves the mark that way on the stage, however the picture is turned.
function moveMark(pane, x, y, by) {
  const { lines, view, size } = pane;
  const [a, b, c, d] = view.turn;
  const mark = lines.mark ?? middle(pane);
  const clamp = (value, high) => Math.min(high, Math.max(0, value));
  lines.mark = { x: clamp(mark.x + (a * x + c * y) * by, size.width), y: clamp(mark.y + (b * x + d * y) * by, size.height) };
  if (lines.begun) lines.begun.to = lines.mark;
  pane.redraw();
}

function setEnd(pane, room) {
  const { lines } = pane;
  lines.mark ??= middle(pane);
  if (lines.begun) {
    const line = lines.add(lines.begun.from, lines.mark);
    lines.begun = null;
    room.measured(pane, line ? lines.sentence(line) : gettext("The ends lie on each other: nothing is measured."));
  } else {
    lines.begun = { from: lines.mark, to: lines.mark };
    room.say(gettext("One end is set. Move with the arrow keys and press enter."));
    pane.redraw();
  }
}
