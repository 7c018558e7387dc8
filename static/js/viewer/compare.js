// An earlier picture of the same patient beside the one that is read. Opening it is a read like any other: the server checks and audits it.
import { Pane } from "./pane.js";

export class Compare {
  constructor(root, room) {
    Object.assign(this, { room, strip: root.querySelector("[data-compare]"), panes: root.querySelector(".panes") });
    if (!this.strip) return;
    this.button = root.querySelector('[data-do="compare"]');
    this.template = this.strip.querySelector("[data-beside]");
    this.strip.addEventListener("click", (event) => {
      const chosen = event.target.closest("[data-earlier]");
      if (chosen) this.open(chosen);
    });
  }

  toggle() {
    if (!this.strip) return;
    this.strip.hidden = !this.strip.hidden;
    this.button.setAttribute("aria-expanded", !this.strip.hidden);
    if (!this.strip.hidden) this.strip.scrollIntoView({ block: "nearest" });
    if (this.strip.hidden) this.close(); else this.strip.querySelector("[data-earlier]").focus();
  }

  async open(chosen) {
    this.close();
    const root = this.template.content.firstElementChild.cloneNode(true);
    root.dataset.name = interpolate(gettext("Earlier, %(when)s"), { when: chosen.dataset.when }, true);
    if (chosen.dataset.ofSide) root.dataset.side = chosen.dataset.ofSide;
    root.querySelector("[data-picture]").src = chosen.dataset.earlier;
    this.panes.append(root);
    this.panes.classList.add("two");
    const pane = new Pane(root);
    this.pane = pane;
    this.mark(chosen);
    this.room.add(pane, chosen.dataset.scan);
    try {
      await pane.open();
      if (!pane.closed) this.room.arrived(pane);
    } catch {
      if (pane.closed) return;
      this.room.say(gettext("The earlier picture did not come. It may be closed to you by now."));
      this.close();
    }
  }

  close() {
    if (!this.pane) return;
    const { pane } = this;
    this.pane = null;
    pane.close();
    this.panes.classList.remove("two");
    this.mark(null);
    this.room.drop(pane);
  }

  mark(chosen) {
    for (const each of this.strip.querySelectorAll("[data-earlier]")) each.setAttribute("aria-pressed", each === chosen);
    for (const each of this.strip.querySelectorAll("[data-do]")) each.disabled = !chosen;
  }
}
