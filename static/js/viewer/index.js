// The viewer of the reading room: pictures on stages, a window in grey levels, lines that measure, and an earlier picture beside.
import { offer } from "../keys.js";
import { Compare } from "./compare.js";
import { Findings } from "./findings.js";
import { listen } from "./gestures.js";
import { listenToKeys, listenToStage } from "./keys.js";
import { recall } from "./memory.js";
import { Pane } from "./pane.js";
import { presetsOf } from "./presets.js";
import { Record } from "./record.js";
import { Room } from "./room.js";
import { actions, wire, wireStrength } from "./tools.js";

async function start(root) {
  const presets = presetsOf(root.dataset.modality);
  const pane = new Pane(root.querySelector("[data-pane]"));
  const room = new Room(root, pane);
  const findings = new Findings(root, room);
  const compare = new Compare(root, room);
  const help = root.querySelector("[data-keys]");
  const doing = actions(room, { compare, help, presets, strength: wireStrength(room) });
  const show = wire(room, doing, presets);
  room.shown = show;
  room.listed = () => findings.show(room.panes);
  const join = (each) => { listen(each, room); listenToStage(each, room); };
  room.arrived = (each) => {
    join(each);
    recall(room.scans.get(each), each);
    if (room.linked) room.follow(each, room.panes[0]);
    each.redraw();
    room.show();
    room.listed();
    room.say(interpolate(gettext("%(name)s is shown beside."), { name: each.name }, true));
  };
  offer(help);
  room.record = new Record();
  if (!room.record.isKept && root.dataset.calibrator) pane.lines.calibrator = root.dataset.calibrator;
  room.record.restore(pane.lines, recall(root.dataset.scan, pane));
  await pane.open();
  join(pane);
  listenToKeys(room, doing);
  room.show();
  room.listed();
  for (const hidden of root.querySelectorAll("[data-tools], [data-levels]")) hidden.hidden = false;
  pane.measure(); // the tools take their place beside the stage: who acts at once must not act on its size of before
  pane.draw();
  root.dataset.ready = "yes";
}

const root = document.querySelector("[data-viewer]");
if (root?.querySelector("[data-pane]")) start(root);
