// The state of the viewer: its panes, which of them is acted on, the tool, and what is told about it.
import { remember } from "./memory.js";
import * as views from "./view.js";

const QUIET = 700; // ms after the last change: a screen reader hears where it came to rest, not every step
const FOLLOWS = 100; // ms
const SAME_ACT = 100; // ms
const SHARED = Object.keys(views.geometry());

export class Room {
  constructor(root, pane) {
    Object.assign(this, { root, panes: [pane], active: pane, tool: "move", linked: true, scans: new Map([[pane, root.dataset.scan]]), shown: () => {}, listed: () => {}, record: null });
    this.live = root.querySelector("[data-said]");
    this.saidAt = -Infinity;
  }

  // The tools follow once a frame, however often something changed; while a hand moves a picture, a few times a second.
  show() {
    if (this.panes.some((pane) => pane.moving)) this.later ??= setTimeout(() => { this.later = undefined; this.shown(); }, FOLLOWS);
    else this.asked ??= requestAnimationFrame(() => { this.asked = undefined; this.shown(); });
  }

  add(pane, scan) {
    this.panes.push(pane);
    this.scans.set(pane, scan);
    this.show();
    this.listed();
  }

  drop(pane) {
    this.panes = this.panes.filter((each) => each !== pane);
    this.scans.delete(pane);
    this.activate(this.panes[0]);
    this.listed();
  }

  activate(pane) {
    if (!this.panes.includes(pane)) return;
    this.active = pane;
    this.show();
  }

  // Every change of a view goes through here: what is linked follows, a frame is asked for, the tools show it, and it is said and kept.
  change(pane, how) {
    if (!pane.screen) return;
    how(pane.view, pane.box, pane.size);
    if (this.linked) {
      for (const other of this.panes) if (other !== pane) this.follow(other, pane);
    }
    pane.redraw();
    this.show();
    this.settle(pane);
  }

  // By hand: then it is no look of the list any more.
  window(pane, centre, width) {
    pane.preset = "";
    this.change(pane, (view) => views.setWindow(view, centre, width));
  }

  follow(other, pane) {
    for (const name of SHARED) other.view[name] = pane.view[name];
    other.redraw();
  }

  link(on) {
    this.linked = on;
    const other = this.panes.find((each) => each !== this.active);
    if (on && other) this.follow(other, this.active);
    this.show();
  }

  pan(pane, dx, dy) {
    this.change(pane, (view, box, size) => views.pan(view, box, size, dx, dy));
  }

  zoom(pane, factor, at) {
    const middle = { x: pane.box.width / 2, y: pane.box.height / 2 };
    this.change(pane, (view, box, size) => views.zoom(view, box, size, factor, at ?? middle));
  }

  measured(pane, words) {
    pane.redraw();
    this.listed();
    if (pane === this.panes[0]) this.record?.write(pane.lines);
    this.settle(pane);
    if (words) this.say(words);
  }

  settle(pane) {
    clearTimeout(this.settling);
    const changed = performance.now();
    this.settling = setTimeout(() => {
      for (const [each, scan] of this.scans) remember(scan, each, each === this.panes[0] && this.record?.isKept);
      if (changed > this.saidAt + SAME_ACT) this.write(this.words(pane));
    }, QUIET);
  }

  words(pane) {
    const { degrees, flipped } = views.lie(pane.view);
    const { width, centre, invert } = pane.view;
    const seen = { name: pane.name, zoom: Math.round(pane.magnification * 100), width, centre };
    const turned = [degrees && interpolate(gettext("rotated by %(degrees)s degrees"), { degrees }, true), flipped && gettext("flipped"), invert && gettext("inverted")];
    const list = turned.filter(Boolean).join(", ");
    if (!list) return interpolate(gettext("%(name)s: zoom %(zoom)s percent, window width %(width)s, centre %(centre)s."), seen, true);
    return interpolate(gettext("%(name)s: zoom %(zoom)s percent, window width %(width)s, centre %(centre)s, %(turned)s."), { ...seen, turned: list }, true);
  }

  // At once, and not overwritten by what the view would say that the same act has changed.
  say(words) {
    this.saidAt = performance.now();
    this.write(words);
  }

  write(words) {
    if (this.live.textContent !== words) this.live.textContent = words;
  }
}
