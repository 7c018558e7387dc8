// Looks for each kind of picture; `name` is kept with the view, `words` are told. `from` and `to` are shares of the picture's own levels,
// because exposures differ: from 0.6 to 1 is the window over the brightest two fifths of what is not black surround. `green` shows the green
// channel in grey, as red-free light does.
const AS_IT_IS = { name: "as-it-is", words: gettext("As it is") };
const HIGH_CONTRAST = { name: "high-contrast", words: gettext("High contrast"), from: 0.02, to: 0.98 };
const BLACK = 8; // darker levels are the edge of a film or of an eye photograph

const PRESETS = {
  chest_xray: [
    AS_IT_IS,
    { name: "lungs", words: gettext("Lungs"), from: 0.01, to: 0.6 },
    { name: "soft-parts", words: gettext("Soft parts"), from: 0.35, to: 0.97 },
    { name: "bones", words: gettext("Bones"), from: 0.6, to: 0.999 },
  ],
  fundus: [
    AS_IT_IS,
    { name: "red-free", words: gettext("Red-free"), green: true },
    { name: "red-free-high-contrast", words: gettext("Red-free, high contrast"), green: true, from: 0.02, to: 0.98 },
  ],
  dermoscopy: [AS_IT_IS, HIGH_CONTRAST],
  blood_smear: [AS_IT_IS, HIGH_CONTRAST, { name: "stain-green-light", words: gettext("Stain (green light)"), green: true, from: 0.01, to: 0.99 }],
};

export const presetsOf = (modality) => PRESETS[modality] ?? [AS_IT_IS, HIGH_CONTRAST];

// How often each level occurs in a small copy of the picture: grey, and green alone.
export async function count(picture) {
  const small = await createImageBitmap(picture, { resizeWidth: 256, resizeHeight: 256, colorSpaceConversion: "none" });
  const canvas = new OffscreenCanvas(small.width, small.height);
  const pen = canvas.getContext("2d");
  pen.drawImage(small, 0, 0);
  small.close();
  const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
  const grey = new Uint32Array(256), green = new Uint32Array(256);
  for (let at = 0; at < data.length; at += 4) {
    if (Math.max(data[at], data[at + 1], data[at + 2]) < BLACK) continue;
    grey[Math.round(0.299 * data[at] + 0.587 * data[at + 1] + 0.114 * data[at + 2])] += 1;
    green[data[at + 1]] += 1;
  }
  return { grey, green };
}

export function quantile(counts, share) {
  const goal = share * counts.reduce((sum, each) => sum + each, 0);
  let passed = 0;
  for (let level = 0; level < counts.length; level += 1) {
    passed += counts[level];
    if (passed >= goal && passed > 0) return level;
  }
  return counts.length - 1;
}

// The window whose darkest level is `low` and whose brightest is `high` (DICOM PS3.3 C.11.2.1.2.1).
export const windowOver = (low, high) => ({ width: Math.max(1, high - low + 1), centre: low + Math.max(1, high - low + 1) / 2 });
