// One picture on its stage: what draws it, what lies over it, and its view. A frame is drawn once, however often something changed.
import { CanvasScreen } from "./canvas.js";
import { GlScreen } from "./gl.js";
import { Lines } from "./lines.js";
import { count } from "./presets.js";
import { fresh, lie, matrix, scale } from "./view.js";

const TOLD = 100; // ms between two changes of the words while a hand moves the picture: text is laid out anew, and that costs a frame

export class Pane {
  constructor(root) {
    this.root = root;
    this.name = root.dataset.name;
    this.stage = root.querySelector("[data-stage]");
    this.picture = root.querySelector("[data-picture]");
    this.heat = root.querySelector("[data-heat]");
    this.view = fresh();
    this.preset = "";
    this.moving = false; // by hand, now
    this.toldAt = -Infinity;
    this.lines = new Lines();
    this.box = { width: 1, height: 1, dense: 1 };
    this.words = document.createElement("p");
    this.words.className = "words";
    this.words.setAttribute("aria-hidden", "true"); // the live region says it, once it has come to rest
    this.stage.append(this.lines.drawing, this.words);
    this.stage.tabIndex = 0;
    this.stage.setAttribute("role", "application");
    this.stage.setAttribute("aria-label", interpolate(gettext("%(name)s. Plus and minus zoom, arrow keys move, question mark lists all keys."), { name: this.name }, true));
    this.watcher = new ResizeObserver(() => { this.measure(); this.draw(); }); // at once: a canvas that was resized is empty
  }

  // Once the image has come. Rejects when it does not.
  async open() {
    if (!this.picture.complete || !this.picture.naturalWidth) {
      await new Promise((come, fail) => {
        this.picture.addEventListener("load", come, { once: true });
        this.picture.addEventListener("error", () => fail(new Error("the picture did not come")), { once: true });
      });
    }
    this.size = { width: this.picture.naturalWidth, height: this.picture.naturalHeight };
    const screen = await GlScreen.of(this.picture, this.size, () => this.withoutGl()).catch(() => null);
    if (this.closed) { screen?.forget(); return; }
    if (screen) this.show(screen, "webgl"); else await this.withoutGl();
    if (this.closed) return;
    this.measure();
    this.watcher.observe(this.stage);
    this.draw();
  }

  show(screen, way) {
    this.screen = screen;
    screen.element.setAttribute("role", "img");
    screen.element.setAttribute("aria-label", this.picture.alt);
    screen.element.classList.add("drawn");
    this.stage.prepend(screen.element);
    this.picture.hidden = true;
    this.root.dataset.drawnBy = way;
  }

  // Also when the graphics card takes the picture away.
  async withoutGl() {
    this.screen?.element.remove();
    const screen = new CanvasScreen(this.picture, this.size);
    this.show(screen, "canvas");
    this.redraw();
    await screen.prepare().catch(() => {}); // where there is no memory for copies, the picture itself is drawn
    if (this.closed) screen.forget();
    else this.redraw();
  }

  measure() {
    this.box = { width: Math.max(1, this.stage.clientWidth), height: Math.max(1, this.stage.clientHeight), dense: window.devicePixelRatio || 1 };
  }

  // The share of its own size at which the picture is seen: 1 is one of its pixels on one of the screen.
  get magnification() {
    return scale(this.view, this.box, this.size) * this.box.dense;
  }

  async levels() {
    this.counted ??= await count(this.picture);
    return this.counted;
  }

  rest() {
    if (!this.moving) return;
    this.moving = false;
    this.redraw();
  }

  redraw() {
    this.asked ??= requestAnimationFrame(() => { this.asked = undefined; this.draw(); });
  }

  draw() {
    if (!this.screen || this.closed) return;
    const { view, box, size } = this;
    this.screen.draw(view, box, this.moving);
    const m = matrix(view, box, size);
    this.lines.draw((point) => ({ x: m.a * point.x + m.c * point.y + m.e, y: m.b * point.x + m.d * point.y + m.f }));
    if (this.heat && !this.heat.hidden && this.heat.naturalWidth) {
      const [x, y] = [size.width / this.heat.naturalWidth, size.height / this.heat.naturalHeight];
      this.heat.style.transform = `matrix(${m.a * x}, ${m.b * x}, ${m.c * y}, ${m.d * y}, ${m.e}, ${m.f})`;
    }
    const now = performance.now();
    if (this.moving && now - this.toldAt < TOLD) return; // rest() tells the last of it
    this.toldAt = now;
    const said = this.said();
    if (this.words.textContent !== said) this.words.textContent = said;
  }

  said() {
    const { degrees, flipped } = lie(this.view);
    const { width, centre, invert } = this.view;
    const shown = [`${Math.round(this.magnification * 100)} %`, `W ${width} C ${centre}`, degrees && `${degrees}°`, flipped && gettext("flipped"), invert && gettext("inverted")];
    return shown.filter(Boolean).join(" · ");
  }

  close() {
    this.closed = true;
    this.watcher.disconnect();
    this.screen?.forget();
    this.root.remove();
  }
}
