// Draws a picture without WebGL: the browser moves the image, and an SVG filter makes the window. The same to look at.
import { matrix, scale, windowing } from "./view.js";

const SVG = "http://www.w3.org/2000/svg";
const AS_IT_IS = "1 0 0 0 0  0 1 0 0 0  0 0 1 0 0  0 0 0 1 0", GREEN = "0 1 0 0 0  0 1 0 0 0  0 1 0 0 0  0 0 0 1 0";
const PIXELATED_FROM = 4;
let made = 0;

function node(name, attributes, parent) {
  const found = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) found.setAttribute(key, value);
  parent?.append(found);
  return found;
}

export class FilterScreen {
  constructor(picture, size) {
    Object.assign(this, { element: picture, size });
    made += 1;
    this.id = `window-${made}`;
    this.svg = node("svg", { width: 0, height: 0, "aria-hidden": "true", class: "filters-of-the-viewer" });
    const filter = node("filter", { id: this.id, "color-interpolation-filters": "sRGB", x: 0, y: 0, width: 1, height: 1 }, this.svg);
    this.channels = node("feColorMatrix", { type: "matrix", values: AS_IT_IS }, filter);
    const transfer = node("feComponentTransfer", {}, filter);
    this.functions = ["feFuncR", "feFuncG", "feFuncB"].map((name) => node(name, { type: "linear" }, transfer));
    picture.after(this.svg);
    picture.classList.add("moved");
    picture.style.filter = `url(#${this.id})`;
  }

  draw(view, box) {
    const m = matrix(view, box, this.size);
    const { slope, intercept } = windowing(view);
    const window = `${slope} ${intercept} ${view.green}`;
    if (window !== this.drawn) { // moving alone leaves the filter's result as it is
      this.drawn = window;
      if (this.green !== view.green) this.channels.setAttribute("values", view.green ? GREEN : AS_IT_IS);
      this.green = view.green;
      for (const each of this.functions) {
        each.setAttribute("slope", slope);
        each.setAttribute("intercept", intercept);
      }
    }
    this.element.style.transform = `matrix(${m.a}, ${m.b}, ${m.c}, ${m.d}, ${m.e}, ${m.f})`;
    this.element.style.imageRendering = scale(view, box, this.size) * box.dense > PIXELATED_FROM ? "pixelated" : "auto";
  }

  forget() {
    this.svg.remove();
  }
}
