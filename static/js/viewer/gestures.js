// Mouse, pen and fingers on a stage. The left button and one finger do what the tool says; the right one always makes the window, the
// middle one always moves; two fingers zoom and move; the wheel zooms.
import { distance, inside, scale, toPicture } from "./view.js";

const LEVELS_A_PIXEL = 0.6;
const PIXELS_A_LINE = 33; // of a wheel that counts in lines
const WHEEL_RESTS = 200; // ms
const REACH = { mouse: 10, pen: 14, touch: 24 }; // stage pixels around the end of a line

export function listen(pane, room) {
  const { stage } = pane;
  const down = new Map();
  let drag = null, turning;
  const at = (event) => ({ x: event.offsetX, y: event.offsetY }); // nothing on the stage takes pointers but the stage
  const inPicture = (event) => toPicture(pane.view, pane.box, pane.size, at(event));

  const begin = {
    move: () => ({}),
    window: () => ({ ...pane.view }),
    measure(event) {
      const point = inside(pane.size, inPicture(event));
      const grasped = pane.lines.near(point, REACH[event.pointerType] / scale(pane.view, pane.box, pane.size));
      if (grasped) return { ...grasped, was: { ...grasped.line[grasped.end] } };
      pane.lines.begun = { from: point, to: point };
      return { line: pane.lines.begun, end: "to" };
    },
  };
  const go = {
    move: (event, was) => room.pan(pane, event.offsetX - was.x, event.offsetY - was.y),
    window(event) {
      const { start, kept } = drag;
      room.window(pane, kept.centre + (event.offsetY - start.y) * LEVELS_A_PIXEL, kept.width + (event.offsetX - start.x) * LEVELS_A_PIXEL);
    },
    measure(event) { drag.kept.line[drag.kept.end] = inside(pane.size, inPicture(event)); pane.redraw(); },
  };

  function end(dropped) {
    if (drag?.what === "measure") {
      const { line, end: which, was } = drag.kept;
      if (was && (dropped || distance(line.from, line.to) < 1)) line[which] = was; // no line is a point
      if (line === pane.lines.begun) pane.lines.begun = null;
      const drawn = was ? line : dropped ? null : pane.lines.add(line.from, line.to);
      room.measured(pane, drawn && !dropped ? pane.lines.sentence(drawn) : "");
    }
    drag = null;
  }

  stage.addEventListener("pointerdown", (event) => {
    if (!pane.screen) return;
    pane.measure(); // the observer tells only with the next frame, and a hand can be sooner
    room.activate(pane);
    down.set(event.pointerId, at(event));
    stage.setPointerCapture(event.pointerId);
    if (down.size > 1) { end(true); return; } // a second finger: it was no drag
    const what = event.button === 2 ? "window" : event.button === 1 ? "move" : room.tool;
    if (event.button === 1) event.preventDefault(); // no automatic scrolling
    drag = { what, start: at(event), kept: begin[what](event) };
  });
  stage.addEventListener("pointermove", (event) => {
    const was = down.get(event.pointerId);
    if (!was) return;
    const now = at(event);
    pane.moving = drag?.what !== "measure";
    const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
    if (down.size === 2) {
      const middle = { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 };
      room.pan(pane, (now.x - was.x) / 2, (now.y - was.y) / 2);
      room.zoom(pane, distance(now, other) / Math.max(1, distance(was, other)), middle);
    } else if (drag) {
      go[drag.what](event, was);
    }
    down.set(event.pointerId, now);
  });
  for (const name of ["pointerup", "pointercancel"]) {
    stage.addEventListener(name, (event) => {
      if (!down.delete(event.pointerId)) return;
      if (down.size) return;
      end(name === "pointercancel");
      pane.rest();
      room.show();
    });
  }
  stage.addEventListener("contextmenu", (event) => event.preventDefault());
  stage.addEventListener("wheel", (event) => {
    if (!pane.screen) return;
    event.preventDefault();
    room.activate(pane);
    const turned = event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? PIXELS_A_LINE : 1);
    pane.moving = true;
    clearTimeout(turning);
    turning = setTimeout(() => { if (!down.size) { pane.rest(); room.show(); } }, WHEEL_RESTS);
    room.zoom(pane, Math.exp(Math.max(-60, Math.min(60, -turned)) / 400), at(event));
  }, { passive: false });
  stage.addEventListener("focus", () => room.activate(pane));
}
