// Draws a picture without a graphics card: on a canvas of the stage's size, from a copy of the picture that is hardly larger than it is seen,
// so that a frame costs the pixels of the stage and not those of the picture; the window is a table of levels. While a hand moves it, it is
// drawn in half as many pixels a side, and in full once it rests.
import { matrix, scale, windowing } from "./view.js";

const PIXELATED_FROM = 4;
const SMALLEST_COPY = 256; // pixels of the longer side
const REST = 120; // ms without a frame, or twice what the last one took where that is longer

export class CanvasScreen {
  constructor(picture, size) {
    Object.assign(this, { size, copies: [{ image: picture, share: 1 }], last: -Infinity, table: new Uint8ClampedArray(256), lies: "", levels: null, shown: null });
    this.element = document.createElement("canvas");
    this.pen = this.element.getContext("2d", { willReadFrequently: true });
  }

  // Copies of half the size, a quarter and so on; until they are there the picture itself is drawn, which is slower.
  async prepare() {
    let image = this.copies[0].image, share = 1;
    const decoded = await createImageBitmap(image, { colorSpaceConversion: "none", premultiplyAlpha: "none" });
    const copies = [{ image: decoded, share }];
    for (image = decoded; share * Math.max(this.size.width, this.size.height) > 2 * SMALLEST_COPY;) {
      share /= 2;
      const [resizeWidth, resizeHeight] = [this.size.width, this.size.height].map((side) => Math.max(1, Math.round(side * share)));
      image = await createImageBitmap(image, { resizeWidth, resizeHeight, resizeQuality: "medium" });
      copies.push({ image, share });
    }
    this.copies = copies;
  }

  draw(view, box, moving) {
    const now = performance.now(), took = Math.min(1000, now - this.last);
    this.last = now;
    clearTimeout(this.resting);
    if (moving) this.resting = setTimeout(() => this.paint(view, box, 1), Math.max(REST, 2 * took));
    this.paint(view, box, moving ? 0.5 : 1);
  }

  paint(view, box, share) {
    const dense = box.dense * share;
    const width = Math.max(1, Math.round(box.width * dense)), height = Math.max(1, Math.round(box.height * dense));
    const m = matrix(view, box, this.size);
    const seen = scale(view, box, this.size) * dense;
    const copy = this.copies.findLast((each) => each.share >= seen) ?? this.copies[0];
    const { slope, intercept } = windowing(view);
    const whole = slope === 1 && Math.abs(intercept) < 1e-6 && !view.green; // nothing has to be looked up
    const lies = [copy.share, width, height, ...Object.values(m)].join();
    if (whole || lies !== this.lies) { // else only the window has changed, and the levels are still here
      this.lay(copy.image, m, dense, { width, height }, scale(view, box, this.size) * box.dense <= PIXELATED_FROM);
      this.levels = whole ? null : this.pen.getImageData(0, 0, width, height);
    }
    this.lies = whole ? "" : lies;
    if (!whole) this.window(view, slope, intercept);
  }

  lay(image, m, dense, { width, height }, smooth) {
    const { element, pen } = this;
    if (element.width !== width || element.height !== height) Object.assign(element, { width, height });
    else { pen.setTransform(1, 0, 0, 1, 0, 0); pen.clearRect(0, 0, width, height); }
    pen.imageSmoothingEnabled = smooth;
    pen.setTransform(m.a * dense, m.b * dense, m.c * dense, m.d * dense, m.e * dense, m.f * dense);
    pen.drawImage(image, 0, 0, this.size.width, this.size.height);
  }

  window(view, slope, intercept) {
    const { table, levels: { data, width, height } } = this;
    for (let level = 0; level < 256; level += 1) table[level] = 255 * (slope * (level / 255) + intercept); // clamps and rounds
    if (this.shown?.width !== width || this.shown.height !== height) this.shown = new ImageData(width, height);
    const shown = this.shown.data;
    for (let at = 0; at < data.length; at += 4) {
      const green = data[at + 1];
      shown[at] = table[view.green ? green : data[at]];
      shown[at + 1] = table[green];
      shown[at + 2] = table[view.green ? green : data[at + 2]];
      shown[at + 3] = data[at + 3]; // what is around the picture stays transparent
    }
    this.pen.putImageData(this.shown, 0, 0);
  }

  forget() {
    clearTimeout(this.resting);
    this.element.remove();
    for (const { image } of this.copies) image.close?.();
  }
}
