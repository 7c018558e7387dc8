// What was measured in the picture that is read is part of the reading: its lines begin as they were kept, and go into the form, from where
// the draft and the signature take them.
function read(text) {
  try {
    return (text && JSON.parse(text)) || {};
  } catch {
    return {}; // what the portal refused is not drawn
  }
}

export class Record {
  constructor() {
    this.fields = [...document.querySelectorAll('input[name="measurements"]')];
    this.kept = read(this.fields[0]?.value || document.getElementById("kept-lines")?.textContent);
    this.isKept = this.fields.length > 0; // else nobody keeps it but this tab
  }

  // The lines as they were kept; `unkept` are those that this tab has from before there was a form.
  restore(lines, unkept) {
    if (this.kept.lines || this.kept.calibration) lines.load(this.kept);
    else if (unkept) this.write(lines);
  }

  write(lines) {
    const said = JSON.stringify(lines.all.length || lines.calibration ? lines.kept() : {});
    for (const field of this.fields) {
      if (field.value === said || (!field.value && said === "{}")) continue;
      field.value = said;
      field.dispatchEvent(new Event("input", { bubbles: true })); // the draft listens
    }
  }
}
