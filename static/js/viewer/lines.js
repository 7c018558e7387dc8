// Lines that measure: kept in pixels of the picture, drawn on the stage. Millimetres are known only once a line was calibrated by hand:
// JPEG and PNG know no spacing in the body, their densities are of paper and screens.
import { distance } from "./view.js";

const SVG = "http://www.w3.org/2000/svg";
const SHORTEST = 1; // pixels of the picture
const MOST = 50; // as many as a reading keeps

const rounded = (value) => Math.round(value * 100) / 100;

function node(name, kind) {
  const found = document.createElementNS(SVG, name);
  found.setAttribute("class", kind);
  return found;
}

function place(element, values) {
  for (const [name, value] of Object.entries(values)) element.setAttribute(name, value.toFixed(1));
}

export const named = (line) => interpolate(gettext("Line %(number)s"), { number: line.number }, true);
export const removed = (line) => interpolate(gettext("Line %(number)s is removed."), { number: line.number }, true);

export class Lines {
  constructor() {
    this.all = []; // { number, from, to }
    this.begun = null; // the line that is being drawn
    this.mark = null; // where the keyboard stands, while it measures
    this.calibration = null; // { pixels, millimetres }: so many of the picture's are so long
    this.calibrator = ""; // who calibrated, where it was not who reads now
    this.next = 1;
    this.shapes = [];
    this.drawing = node("svg", "lines");
    this.drawing.setAttribute("aria-hidden", "true"); // the table says the same
    this.cross = node("path", "mark");
    this.drawing.append(this.cross);
  }

  add(from, to) {
    if (distance(from, to) < SHORTEST || this.all.length >= MOST) return null;
    const line = { number: this.next, from, to };
    this.next += 1;
    this.all.push(line);
    return line;
  }

  remove(number) {
    this.all = this.all.filter((line) => line.number !== number);
  }

  // The end that lies nearest, not farther than `reach`: { line, end }.
  near(point, reach) {
    const ends = this.all.flatMap((line) => ["from", "to"].map((end) => ({ line, end, far: distance(line[end], point) })));
    return ends.filter((each) => each.far <= reach).sort((a, b) => a.far - b.far)[0] ?? null;
  }

  calibrate(line, millimetres) {
    this.calibration = millimetres === null ? null : { pixels: rounded(distance(line.from, line.to)), millimetres: rounded(millimetres) };
    this.calibrator = "";
  }

  // As a reading has them.
  kept() {
    const lines = this.all.map(({ number, from, to }) => ({ number, x1: rounded(from.x), y1: rounded(from.y), x2: rounded(to.x), y2: rounded(to.y) }));
    return { ...(lines.length && { lines }), ...(this.calibration && { calibration: this.calibration }) };
  }

  load({ lines = [], calibration = null }) {
    this.all = lines.map(({ number, x1, y1, x2, y2 }) => ({ number, from: { x: x1, y: y1 }, to: { x: x2, y: y2 } }));
    this.calibration = calibration;
    this.next = Math.max(0, ...lines.map((line) => line.number)) + 1;
  }

  words(line) {
    const pixels = distance(line.from, line.to);
    if (!this.calibration) return `${pixels.toFixed(1)} px`;
    return `${((pixels * this.calibration.millimetres) / this.calibration.pixels).toFixed(1)} mm`;
  }

  sentence(line) {
    return interpolate(gettext("Line %(number)s: %(length)s."), { number: line.number, length: this.told(line) }, true);
  }

  // For the table: how the length is known.
  told(line) {
    if (!this.calibration) return this.words(line);
    const told = { length: this.words(line), pixels: distance(line.from, line.to).toFixed(1), name: this.calibrator };
    return interpolate(this.calibrator ? gettext("%(length)s, calibrated by %(name)s (%(pixels)s px)") : gettext("%(length)s, calibrated by you (%(pixels)s px)"), told, true);
  }

  draw(toStage) {
    const shown = this.begun ? [...this.all, this.begun] : this.all;
    while (this.shapes.length > shown.length) this.shapes.pop().group.remove();
    while (this.shapes.length < shown.length) this.shapes.push(this.shape());
    shown.forEach((line, at) => {
      const { under, over, ends, text } = this.shapes[at];
      const [from, to] = [toStage(line.from), toStage(line.to)];
      for (const each of [under, over]) place(each, { x1: from.x, y1: from.y, x2: to.x, y2: to.y });
      place(ends[0], { cx: from.x, cy: from.y });
      place(ends[1], { cx: to.x, cy: to.y });
      const right = to.x >= from.x ? to : from;
      place(text, { x: right.x + 10, y: right.y + 4 });
      const said = line.number ? `${line.number}: ${this.words(line)}` : this.words(line);
      if (text.textContent !== said) text.textContent = said;
    });
    const { x, y } = this.mark ? toStage(this.mark) : {};
    const cross = this.mark ? `M${x - 12} ${y}h9M${x + 3} ${y}h9M${x} ${y - 12}v9M${x} ${y + 3}v9` : "";
    if (this.cross.getAttribute("d") !== cross) this.cross.setAttribute("d", cross);
  }

  shape() {
    const group = node("g", "line");
    const shape = { group, under: node("line", "under"), over: node("line", "over"), ends: [node("circle", "end"), node("circle", "end")], text: node("text", "length") };
    for (const end of shape.ends) end.setAttribute("r", "4");
    group.append(shape.under, shape.over, ...shape.ends, shape.text);
    this.drawing.append(group);
    return shape;
  }
}
