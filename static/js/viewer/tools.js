// The buttons, the sliders and the list of looks: what each does, and how it shows the state of the room.
import { quantile, windowOver } from "./presets.js";
import { fresh, flip, lie, oneToOne, rotate, setWindow } from "./view.js";

const TOOLS = ["move", "window", "measure"];
const CLOSER = 1.3;

// Everything that a button or a key can do.
export function actions(room, { compare, help, presets, strength }) {
  const on = (how) => () => room.change(room.active, how);
  const doing = {
    closer: () => room.zoom(room.active, CLOSER),
    farther: () => room.zoom(room.active, 1 / CLOSER),
    fit: on((view) => Object.assign(view, { ratio: 1, u: 0.5, v: 0.5 })),
    "one-to-one": on((view, box, size) => oneToOne(view, box, size)),
    rotate: on((view, box, size) => rotate(view, box, size, 1)),
    "rotate-back": on((view, box, size) => rotate(view, box, size, -1)),
    flip: on((view) => flip(view)),
    invert: on((view) => { view.invert = !view.invert; }),
    reset() { room.active.preset = ""; room.change(room.active, (view) => Object.assign(view, fresh())); },
    "look-before": () => look(room, presets, -1),
    "look-after": () => look(room, presets, 1),
    heat() {
      const { heat } = room.panes[0];
      if (!heat) return;
      heat.hidden = !heat.hidden;
      room.panes[0].redraw();
      room.show();
      room.say(heat.hidden ? gettext("The heat-map is hidden.") : gettext("The heat-map is shown."));
    },
    weaker: () => strength(-10),
    stronger: () => strength(10),
    compare: () => compare.toggle(),
    close: () => compare.close(),
    link: () => room.panes.length > 1 && room.link(!room.linked),
    full: () => fill(room),
    help: () => help.showPopover({ source: room.root.querySelector("[data-help]") }),
  };
  for (const tool of TOOLS) doing[tool] = () => take(room, tool);
  return doing;
}

function take(room, tool) {
  room.tool = tool;
  for (const { lines } of room.panes) lines.begun = lines.mark = null;
  for (const pane of room.panes) pane.redraw();
  if (tool === "measure") room.active.stage.focus({ preventScroll: true }); // the keyboard marks both ends there
  room.show();
}

// A look is a window over a share of the picture's own levels, and perhaps the green channel alone.
export async function choose(room, preset) {
  const pane = room.active;
  const counts = preset.to === undefined ? null : (await pane.levels())[preset.green ? "green" : "grey"];
  const { centre, width } = counts ? windowOver(quantile(counts, preset.from), quantile(counts, preset.to)) : fresh();
  pane.preset = preset.name;
  room.change(pane, (view) => { setWindow(view, centre, width); view.green = Boolean(preset.green); });
}

function look(room, presets, by) {
  const at = presets.findIndex((each) => each.name === room.active.preset);
  return choose(room, presets[(Math.max(0, at) + by + presets.length) % presets.length]);
}

async function fill(room) {
  const { root } = room;
  if (document.fullscreenElement) { await document.exitFullscreen(); return; }
  if (root.requestFullscreen) {
    try { await root.requestFullscreen(); return; } catch { /* a telephone may forbid it: then it fills the window */ }
  }
  root.classList.toggle("fills");
  room.show();
}

export function wire(room, doing, presets) {
  const { root } = room;
  const list = root.querySelector("[data-preset]");
  const byHand = new Option(gettext("By hand"), "-", false, false);
  byHand.hidden = true;
  list.replaceChildren(...presets.map((each) => new Option(each.words, each.name)), byHand);
  list.addEventListener("change", () => choose(room, presets.find((each) => each.name === list.value)));
  root.addEventListener("click", (event) => {
    const button = event.target.closest("[data-do]");
    if (button && !button.disabled) doing[button.dataset.do]();
  });
  const sliders = [...root.querySelectorAll("[data-set]")];
  for (const slider of sliders) {
    slider.addEventListener("input", () => {
      const { centre, width } = { ...room.active.view, [slider.dataset.set]: Number(slider.value) };
      room.window(room.active, centre, width);
    });
  }
  document.addEventListener("fullscreenchange", () => room.show());

  const buttons = new Map([...root.querySelectorAll("[data-do]")].map((button) => [button.dataset.do, button]));
  const outputs = new Map([...root.querySelectorAll("[data-shown]")].map((output) => [output.dataset.shown, output]));
  const pressed = (name, is) => {
    const button = buttons.get(name);
    if (button && button.getAttribute("aria-pressed") !== String(is)) button.setAttribute("aria-pressed", is); // what is written is laid out
  };
  return function show() {
    const { view, preset } = room.active;
    for (const tool of TOOLS) pressed(tool, room.tool === tool);
    pressed("flip", lie(view).flipped);
    pressed("invert", view.invert);
    pressed("heat", room.panes[0].heat ? !room.panes[0].heat.hidden : false);
    pressed("link", room.linked);
    pressed("full", Boolean(document.fullscreenElement) || root.classList.contains("fills"));
    if (root.dataset.tool !== room.tool) root.dataset.tool = room.tool;
    for (const slider of sliders) {
      const value = view[slider.dataset.set];
      if (Number(slider.value) !== value) slider.value = value;
      const output = outputs.get(slider.dataset.set);
      if (output.textContent !== String(value)) output.textContent = value;
    }
    const chosen = preset || (view.width === fresh().width && view.centre === fresh().centre ? presets[0].name : "-");
    if (list.value !== chosen) list.value = chosen;
    for (const pane of room.panes) pane.root.classList.toggle("active", room.panes.length > 1 && pane === room.active);
  };
}

// The heat-map's strength: a slider, and keys that move it. Returns what moves it by so many percent.
export function wireStrength(room) {
  const slider = room.root.querySelector("[data-strength]");
  const { heat } = room.panes[0];
  if (!slider || !heat) return () => {};
  const set = () => {
    heat.style.opacity = slider.value / 100;
    room.root.querySelector('[data-shown="strength"]').textContent = slider.value;
  };
  slider.addEventListener("input", set);
  set();
  return (by) => {
    slider.value = Number(slider.value) + by;
    set();
    room.say(interpolate(gettext("Heat-map %(share)s percent."), { share: slider.value }, true));
  };
}
