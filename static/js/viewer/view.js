// How a picture is looked at: plain numbers and what follows from them. Nothing here touches the page.
//
// `ratio` is the size over that which fits the stage. `u` and `v` are the place of the picture in the middle of the stage, from 0 to 1: so a
// view stays itself when the stage changes its size, and two pictures of different sizes can share one. `turn` is a 2 x 2 matrix of
// quarter turns and flips, by rows. `centre` and `width` are the window in grey levels. A box is the stage: its width and height, and
// `dense`, how many pixels the screen has for one of the stage.
const LEVELS = 256;
const CLOSEST = 32; // stage pixels for one of the picture

export const geometry = () => ({ ratio: 1, u: 0.5, v: 0.5, turn: [1, 0, 0, 1] });
export const fresh = () => ({ ...geometry(), centre: LEVELS / 2, width: LEVELS, green: false, invert: false });

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const onItsSide = (view) => view.turn[0] === 0;
const turnedBack = ([a, b, c, d], x, y) => [a * x + c * y, b * x + d * y]; // a turn's inverse is its transpose

export function fit(view, box, size) {
  const [width, height] = onItsSide(view) ? [size.height, size.width] : [size.width, size.height];
  return Math.min(box.width / width, box.height / height);
}

// Pixels of the stage for one pixel of the picture.
export const scale = (view, box, size) => fit(view, box, size) * view.ratio;

// From the picture's pixels to the stage's, as CSS writes it: x' = a x + c y + e, y' = b x + d y + f.
export function matrix(view, box, size) {
  const by = scale(view, box, size);
  const [a, c, b, d] = view.turn.map((each) => each * by);
  const [x, y] = [view.u * size.width, view.v * size.height];
  // One to one, or a whole multiple of it: on the screen's own pixels, else every one of them would mix two of the picture's.
  const whole = Math.abs(by * box.dense - Math.round(by * box.dense)) < 1e-6;
  const snap = (value) => (whole ? Math.round(value * box.dense) / box.dense : value);
  return { a, b, c, d, e: snap(box.width / 2 - a * x - c * y), f: snap(box.height / 2 - b * x - d * y) };
}

export function toPicture(view, box, size, point) {
  const { e, f } = matrix(view, box, size);
  const by = scale(view, box, size);
  const [x, y] = turnedBack(view.turn, point.x - e, point.y - f);
  return { x: x / by, y: y / by };
}

// The point of the picture that is nearest.
export const inside = (size, point) => ({ x: clamp(point.x, 0, size.width), y: clamp(point.y, 0, size.height) });

function centreOn(view, size, x, y) {
  view.u = clamp(x / size.width, 0, 1); // some of the picture always stays in sight
  view.v = clamp(y / size.height, 0, 1);
}

export function pan(view, box, size, dx, dy) {
  const by = scale(view, box, size);
  const [x, y] = turnedBack(view.turn, dx, dy);
  centreOn(view, size, view.u * size.width - x / by, view.v * size.height - y / by);
}

// Closer by a factor; what lies under `at` stays there.
export function zoom(view, box, size, factor, at) {
  const fits = fit(view, box, size);
  const under = toPicture(view, box, size, at);
  const farthest = Math.min(1, 1 / (fits * box.dense));
  view.ratio = clamp(view.ratio * factor, farthest, Math.max(CLOSEST / fits, 8));
  const [x, y] = turnedBack(view.turn, at.x - box.width / 2, at.y - box.height / 2);
  const by = scale(view, box, size);
  centreOn(view, size, under.x - x / by, under.y - y / by);
}

export function oneToOne(view, box, size) {
  view.ratio = 1 / (fit(view, box, size) * box.dense);
}

export function rotate(view, box, size, quarters) {
  const by = scale(view, box, size);
  for (let left = (quarters + 4) % 4; left; left -= 1) {
    const [a, b, c, d] = view.turn;
    view.turn = [0 - c, 0 - d, a, b]; // clockwise as seen: right becomes down
  }
  if (view.ratio !== 1) view.ratio = by / fit(view, box, size); // what fits goes on to fit
}

export function flip(view) {
  const [a, b, c, d] = view.turn;
  view.turn = [0 - a, 0 - b, c, d];
}

// In degrees, clockwise, before the flip; and whether it is flipped.
export function lie(view) {
  const [a, b, c, d] = view.turn;
  const flipped = a * d - b * c < 0;
  const degrees = Math.round((Math.atan2(c, flipped ? 0 - a : a) * 180) / Math.PI);
  return { degrees: (degrees + 360) % 360, flipped };
}

export function setWindow(view, centre, width) {
  view.centre = Math.round(clamp(centre, 0, LEVELS - 1));
  view.width = Math.round(clamp(width, 1, 2 * LEVELS));
}

// DICOM PS3.3 C.11.2.1.2.1, the linear function: what a level x becomes is clamp(slope x + intercept, 0, 1), x and the answer from 0 to 1.
export function windowing(view) {
  const span = Math.max(view.width - 1, 1e-3); // a width of 1 is a threshold
  const slope = (LEVELS - 1) / span;
  const intercept = 0.5 - (view.centre - 0.5) / span;
  return view.invert ? { slope: 0 - slope, intercept: 1 - intercept } : { slope, intercept };
}

export const distance = (from, to) => Math.hypot(to.x - from.x, to.y - from.y);
