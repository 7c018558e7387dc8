// The table beside the picture: every line with its length, for eyes and for screen readers; here lines are calibrated and removed.
import { named, removed } from "./lines.js";

export class Findings {
  constructor(root, room) {
    this.room = room;
    this.body = root.querySelector("[data-measured]");
    this.row = root.querySelector("[data-row]");
    this.none = root.querySelector("[data-none]");
    this.number = root.querySelector("[data-lines]");
    this.dialog = root.querySelector("[data-calibrate]");
    this.body.addEventListener("click", (event) => this.press(event.target.closest("[data-line]")));
    this.dialog.addEventListener("close", () => this.calibrated());
  }

  show(panes) {
    const rows = panes.flatMap((pane) => pane.lines.all.map((line) => this.filled(pane, line)));
    this.body.replaceChildren(...rows);
    this.none.hidden = rows.length > 0;
    this.number.textContent = rows.length;
  }

  filled(pane, line) {
    const row = this.row.content.firstElementChild.cloneNode(true);
    const [name, where, length] = row.children;
    name.textContent = named(line);
    where.textContent = pane.name;
    length.textContent = pane.lines.told(line);
    for (const hint of row.querySelectorAll(".visually-hidden")) hint.textContent = ` ${interpolate(gettext("line %(number)s"), { number: line.number }, true)}`;
    Object.assign(row, { pane, line });
    return row;
  }

  press(button) {
    if (!button) return;
    const { pane, line } = button.closest("tr");
    if (button.dataset.line === "remove") {
      pane.lines.remove(line.number);
      this.room.measured(pane, removed(line));
      (this.body.querySelector("[data-line=remove]") ?? pane.stage).focus(); // the button that was pressed is gone
      return;
    }
    this.asked = { pane, line };
    this.dialog.querySelector("[data-calibrated-line]").textContent = named(line);
    this.dialog.returnValue = "";
    this.dialog.showModal();
    this.dialog.querySelector("input").select();
  }

  calibrated() {
    const { pane, line } = this.asked;
    const length = Number(this.dialog.querySelector("input").value);
    if (this.dialog.returnValue === "set" && length > 0) pane.lines.calibrate(line, length);
    else if (this.dialog.returnValue === "pixels") pane.lines.calibrate(line, null);
    else return;
    this.room.measured(pane, pane.lines.sentence(line));
    this.body.querySelector("[data-line=calibrate]")?.focus();
  }
}
