// The reading room's viewer: zoom, pan, brightness, contrast, invert, heat-map. The form beside it is form.js.
const viewer = document.querySelector("[data-viewer]");
const layer = viewer.querySelector("[data-layer]");
const start = { zoom: 1, x: 0, y: 0, brightness: 100, contrast: 100, invert: false, heat: false };
let view = { ...start };

function draw() {
  if (!layer) return;
  layer.style.transform = `translate(${view.x}px, ${view.y}px) scale(${view.zoom})`;
  const picture = layer.querySelector("[data-picture]");
  picture.style.filter = `brightness(${view.brightness}%) contrast(${view.contrast}%) invert(${view.invert ? 1 : 0})`;
  picture.style.imageRendering = view.zoom > 4 ? "pixelated" : "auto";
  const heat = layer.querySelector("[data-heat]");
  if (heat) heat.hidden = !view.heat;
  viewer.querySelector('[data-do="invert"]').setAttribute("aria-pressed", view.invert);
  viewer.querySelector('[data-do="heat"]')?.setAttribute("aria-pressed", view.heat);
  viewer.querySelectorAll("[data-set]").forEach((input) => { input.value = view[input.dataset.set]; });
}

function zoom(factor, x, y) {
  const stage = viewer.querySelector(".stage").getBoundingClientRect();
  const [at, up] = [x ?? stage.width / 2, y ?? stage.height / 2];
  const next = Math.min(16, Math.max(1, view.zoom * factor));
  view.x = at - ((at - view.x) * next) / view.zoom;
  view.y = up - ((up - view.y) * next) / view.zoom;
  view.zoom = next;
  if (next === 1) { view.x = 0; view.y = 0; }
  draw();
}

const doing = {
  "zoom-in": () => zoom(1.3),
  "zoom-out": () => zoom(1 / 1.3),
  invert: () => { view.invert = !view.invert; draw(); },
  heat: () => { view.heat = !view.heat; draw(); },
  reset: () => { view = { ...start, heat: view.heat }; draw(); },
};

if (layer) {
  const stage = viewer.querySelector(".stage");
  const fingers = new Map();
  viewer.querySelectorAll("[data-do]").forEach((button) => button.addEventListener("click", () => doing[button.dataset.do]()));
  viewer.querySelectorAll("[data-set]").forEach((input) => input.addEventListener("input", () => { view[input.dataset.set] = Number(input.value); draw(); }));
  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    const box = stage.getBoundingClientRect();
    zoom(event.deltaY < 0 ? 1.15 : 1 / 1.15, event.clientX - box.left, event.clientY - box.top);
  }, { passive: false });
  stage.addEventListener("pointerdown", (event) => { fingers.set(event.pointerId, event); stage.setPointerCapture(event.pointerId); });
  stage.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    if (fingers.size === 2) {
      const other = [...fingers.values()].find((each) => each.pointerId !== event.pointerId);
      const spread = (a, b) => Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
      const box = stage.getBoundingClientRect();
      zoom(spread(event, other) / Math.max(1, spread(before, other)), (event.clientX + other.clientX) / 2 - box.left, (event.clientY + other.clientY) / 2 - box.top);
    } else {
      view.x += event.clientX - before.clientX;
      view.y += event.clientY - before.clientY;
      draw();
    }
    fingers.set(event.pointerId, event);
  });
  ["pointerup", "pointercancel"].forEach((name) => stage.addEventListener(name, (event) => fingers.delete(event.pointerId)));
  stage.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] }[event.key];
    if (!step) return;
    event.preventDefault();
    view.x += step[0];
    view.y += step[1];
    draw();
  });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("select, textarea, input:not([type=radio], [type=checkbox], [type=range])")) return;
  const key = { "+": "zoom-in", "=": "zoom-in", "-": "zoom-out", i: "invert", h: "heat", 0: "reset" }[event.key];
  if (key && layer && (key !== "heat" || layer.querySelector("[data-heat]"))) { event.preventDefault(); doing[key](); }
});
draw();
